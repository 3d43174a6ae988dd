"""Which addresses of the internet anybody's machine may be asked at, and none that only this machine can reach."""

import socket
from collections.abc import Callable, Sequence
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Resolve = Callable[[str, int], Sequence[Address]]
"""The addresses of a host at a port; raises OSError where there are none."""

UNICAST = IPv6Network("2000::/3")
"""All that is given out of IPv6; the rest is local, multicast, IPv4 in disguise (mapped, NAT64) or reserved."""
SPECIAL = tuple(
    ip_network(each)
    for each in (
        "192.0.0.0/24",  # IETF protocols
        "192.88.99.0/24",  # relays to 6to4
        "2001::/23",  # IETF protocols: Teredo, benchmarks, ORCHID
        "2001:db8::/32",  # documents
        "2002::/16",  # 6to4: IPv4 in disguise
        "2620:4f:8000::/48",  # AS112
        "3fff::/20",  # documents
        "5f00::/16",  # segment routing
    )
)
"""Of what Python's `is_global` lets pass, what is nobody's machine; from the IANA registries of special addresses."""


def is_public(address: Address) -> bool:
    """Whether an address is a machine of the internet: global unicast, and no IPv4 address within an IPv6 one."""
    if isinstance(address, IPv6Address) and (address not in UNICAST or address.scope_id is not None):
        return False
    if address.is_multicast or address.is_reserved or not address.is_global:
        return False
    return not any(address in network for network in SPECIAL if network.version == address.version)


def resolved(host: str, port: int) -> tuple[Address, ...]:
    """The addresses of a host as the system knows them, the one to try first at the front."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    return tuple(dict.fromkeys(ip_address(address[0]) for *_, address in found))
