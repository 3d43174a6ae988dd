"""Where the catalog's database is, and how to speak of it without its password."""

from urllib.parse import parse_qsl, quote, urlencode

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError, DatabaseError

from models.errors import CatalogInvalid

DRIVERS = {
    "sqlite": "sqlite",
    "postgres": "postgresql+psycopg",
    "postgresql": "postgresql+psycopg",
    "postgresql+psycopg": "postgresql+psycopg",
}
"""By what an address begins with."""
HEARD = {
    "connect_timeout": "10",
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "25000",
}
"""What makes us give up a PostgreSQL that greets nobody within 10 s, or whose machine is lost, after 25 s."""
HEARS = "-c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3 -c tcp_user_timeout=25000"
"""What makes it give us up likewise, with all locks that we hold; by itself it waits for two hours."""


def parse(address: str | URL) -> URL:
    """The address with the driver that is used here; raises CatalogInvalid for another kind of database."""
    try:
        url = make_url(address)
    except (ArgumentError, ValueError):
        raise CatalogInvalid("the catalog's address is not one, expected postgresql://user@host/database") from None
    if url.drivername not in DRIVERS:
        raise CatalogInvalid(f"a catalog is in SQLite or at postgresql://…, found {url.drivername}://")
    return url.set(drivername=DRIVERS[url.drivername])


def watched(address: str) -> str:
    """The address of a PostgreSQL, for connections that are given up at either end once the other is lost."""
    place, _, query = address.partition("?")
    said = {**HEARD, **dict(parse_qsl(query, keep_blank_values=True))}
    said["options"] = f"{HEARS} {said.get('options', '')}".strip()  # of two, the last counts
    return f"{place}?{urlencode(said, quote_via=quote)}"


def shown(url: URL) -> str:
    """Host and database, or the file."""
    if url.get_backend_name() == "sqlite":
        return repr(url.database)
    host = url.host or url.query.get("host") or "this machine"
    return f"{url.database!r} at {host}" + (f":{url.port}" if url.port else "")


def reason(url: URL, error: Exception) -> str:
    """What the database's own library says, without the password if it has it."""
    words = " ".join(str(error.orig if isinstance(error, DatabaseError) else error).split())
    secrets = [url.password, *[url.query[key] for key in url.query if "password" in key]]
    for secret in secrets:
        words = words.replace(str(secret), "***") if secret else words
    return words
