"""Metrics at an address of their own, for a Prometheus that has no key."""

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from prometheus_client import CollectorRegistry, start_http_server

from models.errors import SettingsInvalid


@contextmanager
def listening(address: str, registry: CollectorRegistry) -> Iterator[int]:
    """Answers with the registry's metrics at `host:port` for as long as the block lasts; gives the port.

    Raises:
        SettingsInvalid: the address is none, or cannot be listened at.
    """
    host, port = _parts(address)
    try:
        server, thread = start_http_server(port, host, registry)
    except OSError as error:
        raise SettingsInvalid(f"cannot answer metrics at {address}: {error.strerror}; expected a free port") from error
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _parts(address: str) -> tuple[str, int]:
    try:
        found = urlsplit(f"//{address}")
        host, port = found.hostname, found.port
    except ValueError:
        host = port = None
    if host is None or port is None:
        raise SettingsInvalid(f"metrics_address is {address!r}, expected host:port such as 127.0.0.1:9464")
    return host, port
