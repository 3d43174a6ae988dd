"""Where the service is, and who asks: as it is said, or else as the environment says, as for the command line."""

import os
from collections.abc import Mapping

import httpx

HERE = "http://127.0.0.1:8765"
SERVER, KEY = "SIGHTSOUND_SERVER", "SIGHTSOUND_KEY"
OWN_HOSTS = ("127.0.0.1", "localhost", "::1")


def address_of(base_url: str | None) -> str:
    """The address of the service; raises httpx.InvalidURL where what was found is none."""
    found = base_url or os.environ.get(SERVER) or HERE
    try:
        url = httpx.URL(found)
    except httpx.InvalidURL as error:
        raise _odd(found) from error
    if url.scheme not in ("http", "https") or not url.host:
        raise _odd(found)
    return found


def headers_of(key: str | None) -> Mapping[str, str]:
    """What goes with every request; an empty key is none, whatever the environment says."""
    sent = os.environ.get(KEY) if key is None else key
    return {"Authorization": f"Bearer {sent}"} if sent else {}


def lost(error: httpx.TransportError) -> httpx.TransportError:
    """The same error of a request, which says whom that was for, and what helps."""
    url = error.request.url
    place = f"{url.scheme}://{url.netloc.decode('ascii')}"
    said = f"no service answers at {place}: {str(error) or type(error).__name__}{_remedy(url, error)}"
    return type(error)(said, request=error.request)


def _remedy(url: httpx.URL, error: httpx.TransportError) -> str:
    if "CERTIFICATE" in str(error):
        return "; SSL_CERT_FILE names a file of certificates to trust"
    is_here = isinstance(error, httpx.ConnectError) and url.host in OWN_HOSTS
    return "; `sightsound serve` starts one" if is_here else ""


def _odd(found: str) -> httpx.InvalidURL:
    return httpx.InvalidURL(f"found the address {found!r}, expected one such as {HERE}")
