"""Where the catalog's database is, and how to speak of it without its password."""

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


def parse(address: str | URL) -> URL:
    """The address with the driver that is used here; raises CatalogInvalid for another kind of database."""
    try:
        url = make_url(address)
    except (ArgumentError, ValueError):
        raise CatalogInvalid("the catalog's address is not one, expected postgresql://user@host/database") from None
    if url.drivername not in DRIVERS:
        raise CatalogInvalid(f"a catalog is in SQLite or at postgresql://…, found {url.drivername}://")
    return url.set(drivername=DRIVERS[url.drivername])


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
