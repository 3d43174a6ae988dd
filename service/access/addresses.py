"""Where a request comes from."""

from functools import lru_cache
from ipaddress import IPv6Network, ip_address

from starlette.types import Scope as Connection

from service.http.fields import field
from service.settings.topic import is_address


def client_address(scope: Connection, *, is_behind_proxy: bool) -> str:
    """The address of whoever asks: the peer's, or where the peer is the proxy, the one that it says it was asked by.

    A proxy appends it to X-Forwarded-For; what stands before was written by whoever asked, and means nothing.
    """
    peer = scope.get("client")
    found = peer[0] if peer else ""
    if is_behind_proxy:
        last = (field(scope, b"x-forwarded-for") or "").rpartition(",")[2].strip()
        found = last if is_address(last) else found
    return found


@lru_cache(maxsize=4096)
def counted_as(address: str) -> str:
    """By what requests from an address are counted: of IPv6 its network, of which one caller may have all 2^64."""
    if not is_address(address) or (found := ip_address(address)).version == 4:
        return address
    return str(IPv6Network((int(found), 64), strict=False))
