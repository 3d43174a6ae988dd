"""Metrics at an address of their own, for a Prometheus that has no key."""

from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, start_http_server

from models.errors import SettingsInvalid
from service.observing.place import host_and_port


@contextmanager
def listening(address: str, registry: CollectorRegistry) -> Iterator[int]:
    """Answers with the registry's metrics at `host:port` for as long as the block lasts; gives the port.

    Raises:
        SettingsInvalid: the address cannot be listened at.
    """
    host, port = host_and_port(address)
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


def check_free(address: str | None) -> None:
    """Refuse an address that is taken, while that still is one line for a person; raises SettingsInvalid."""
    if address is not None:
        with listening(address, CollectorRegistry()):
            pass
