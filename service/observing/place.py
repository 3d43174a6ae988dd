"""Where metrics are answered, as a person sets it."""

from urllib.parse import urlsplit


def host_and_port(address: str) -> tuple[str, int]:
    """Of `host:port`; raises ValueError for what is none."""
    try:
        found = urlsplit(f"//{address}")
        if found.netloc == address and found.hostname and found.port is not None and "@" not in address:
            return found.hostname, found.port
    except ValueError:
        pass
    raise ValueError(f"found {address!r}, expected host:port such as 127.0.0.1:9464")
