"""Files that a request names by their address: fetched from the internet, and from nowhere else."""

import os
import ssl
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Self
from urllib.parse import unquote

import httpcore
import httpx

from models.errors import FetchFailed, FetchRefused, TooLarge
from service.incoming.pinned import Deadline, Pinned
from service.incoming.public_addresses import Address, Resolve, is_public, resolved
from service.settings import Settings

REDIRECTS = 3
REDIRECTED = (301, 302, 303, 307, 308)
LONGEST_URL = 2000
RESOLVERS = 4
"""How many names are looked up at once; a name server that is slow delays no more than these."""


@dataclass(frozen=True, slots=True)
class FetchRules:
    """What may be fetched: `hosts` are names, or `.name` for all below it, and none are all; by default nothing is."""

    on: bool = False
    hosts: tuple[str, ...] = ()
    ports: tuple[int, ...] = (443,)
    limit_bytes: int = 100 * 2**20
    limit_s: float = 300.0

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """As the service is set."""
        return cls(
            on=settings.fetch_urls,
            hosts=settings.fetch_hosts,
            limit_bytes=settings.upload_limit_bytes,
            limit_s=settings.fetch_wall_s,
        )

    def allows(self, host: str) -> bool:
        """Whether anything may be fetched from the host of this name."""
        return not self.hosts or any(
            host == each or (each.startswith(".") and host.endswith(each)) for each in self.hosts
        )


class Fetcher:
    """Fetches files by https, each from an address that was checked; safe to use from several threads.

    Proxies and credentials of the environment are not used, nothing is decompressed, and every redirect is checked as
    the first address was. `resolve`, `allowed` and `tls` are for tests, whose servers are on no public address.
    """

    def __init__(
        self,
        rules: FetchRules,
        *,
        resolve: Resolve = resolved,
        allowed: Callable[[Address], bool] = is_public,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._rules, self._resolve, self._allowed = rules, resolve, allowed
        self._tls = tls or httpx.create_ssl_context(trust_env=False)
        self._resolvers = ThreadPoolExecutor(RESOLVERS, "resolving")

    def fetch(self, url: str, into: Path) -> Path:
        """The file at an address, as a new file in the folder `into`, of a name of ours; see `name_of` for its own.

        Raises:
            FetchRefused: fetching is off, or the address is not one that may be fetched from.
            FetchFailed: the host does not answer, not in time, or not with a file.
            TooLarge: more bytes than an upload may have.
        """
        target, deadline = self.checked(url), Deadline(self._rules.limit_s)
        for _ in range(1 + REDIRECTS):
            with self._answer(target, deadline) as answer, _explained(target, deadline):
                if answer.status not in REDIRECTED:
                    return self._stored(answer, target, into)
                target = self._redirected(answer, target)
        raise FetchFailed(f"{target.host} redirects again after {REDIRECTS} redirects, the most that are followed")

    def checked(self, url: str) -> httpx.URL:
        """An address that may be fetched, as far as that shows in it; raises FetchRefused."""
        if not self._rules.on:
            raise FetchRefused("fetching by URL is off; `fetch_urls` turns it on")
        return self._permitted(_parsed(url))

    def _permitted(self, url: httpx.URL) -> httpx.URL:
        host, port = _host(url), url.port or 443
        if url.scheme != "https" or not host:
            raise FetchRefused(f"found a URL of scheme {url.scheme!r} and host {host!r}; expected https and a host")
        if url.userinfo:
            raise FetchRefused(f"the URL of {host} has a user name or password; expected one without")
        if port not in self._rules.ports:
            raise FetchRefused(f"{host}: found port {port}; expected {', '.join(map(str, self._rules.ports))}")
        if not self._rules.allows(host):
            raise FetchRefused(f"nothing may be fetched from {host}; `fetch_hosts` says from where")
        return url

    def _addresses(self, url: httpx.URL, deadline: Deadline) -> tuple[Address, ...]:
        """The addresses of the host, all public; which they are is told nobody: names of the inside lead to them."""
        host = _host(url)
        with _explained(url, deadline):
            looking = self._resolvers.submit(self._resolve, host, url.port or 443)
            try:
                found = tuple(looking.result(timeout=deadline.left_s()))
            except (OSError, UnicodeError) as error:
                if isinstance(error, TimeoutError):
                    raise httpcore.ConnectTimeout from error
                found = ()
        if not found or not all(map(self._allowed, found)):
            raise FetchRefused(f"the name {host} leads to no public address of the internet")
        return found

    @contextmanager
    def _answer(self, url: httpx.URL, deadline: Deadline) -> Iterator[httpcore.Response]:
        pinned = Pinned(self._addresses(url, deadline), deadline)
        place = httpcore.URL(scheme=b"https", host=_host(url).encode(), port=url.port, target=url.raw_path)
        headers: dict[bytes | str, bytes | str] = {
            "Host": url.netloc.decode(),
            "User-Agent": "sightsound",
            "Accept": "*/*",
            "Accept-Encoding": "identity",
            "Connection": "close",
        }
        with httpcore.ConnectionPool(self._tls, network_backend=pinned) as pool:
            with _explained(url, deadline):
                answer = pool.handle_request(httpcore.Request("GET", place, headers=headers))
            try:
                yield answer
            finally:
                answer.close()

    def _redirected(self, answer: httpcore.Response, url: httpx.URL) -> httpx.URL:
        place = _header(answer, b"location")
        if not place:
            raise FetchFailed(f"{url.host} redirects (status {answer.status}) without saying where to")
        try:
            return self._permitted(url.join(_parsed(place)))
        except httpx.InvalidURL as error:
            raise FetchRefused(f"{url.host} redirects to what is not a URL") from error

    def _stored(self, answer: httpcore.Response, url: httpx.URL, into: Path) -> Path:
        if answer.status != 200:
            raise FetchFailed(f"{url.host} answers with status {answer.status}, expected 200 and a file")
        if (coding := _header(answer, b"content-encoding")) not in ("", "identity"):
            raise FetchFailed(f"{url.host} answers with the content encoding {coding[:40]!r}, expected none")
        declared = _header(answer, b"content-length")
        if declared.isdecimal() and int(declared) > self._rules.limit_bytes:
            raise TooLarge(f"the file of {url.host} has {declared} bytes, the limit is {self._rules.limit_bytes}")
        descriptor, name = tempfile.mkstemp(prefix="fetched-", dir=into)
        with _kept_if_whole(Path(name)), os.fdopen(descriptor, "wb") as file:
            self._copy(answer, file, url.host)
        return Path(name)

    def _copy(self, answer: httpcore.Response, file: BinaryIO, host: str) -> None:
        left = self._rules.limit_bytes
        for portion in answer.iter_stream():
            left -= len(portion)
            if left < 0:
                raise TooLarge(f"the file of {host} has more than {self._rules.limit_bytes} bytes, the limit")
            file.write(portion)


def name_of(url: str) -> str:
    """What the file at an address is called: the last part of its path, for people and never for a path of ours."""
    last = unquote(PurePosixPath(_parsed(url).path).name).replace("\\", "/").rpartition("/")[2]
    return "".join(each for each in last if each.isprintable())[:200] or "clip"


def _parsed(url: str) -> httpx.URL:
    if len(url) > LONGEST_URL:
        raise FetchRefused(f"the URL has {len(url)} characters, expected at most {LONGEST_URL}")
    try:
        return httpx.URL(url)
    except (httpx.InvalidURL, UnicodeError) as error:
        raise FetchRefused(f"found {url[:80]!r}, expected a URL such as https://example.org/clip.mp4") from error


def _host(url: httpx.URL) -> str:
    """The host as it is looked up and asked for: in ASCII, without the dot at the end of a complete name."""
    return url.raw_host.decode("ascii").rstrip(".").lower()


def _header(answer: httpcore.Response, name: bytes) -> str:
    return next((value.decode("latin-1").strip() for key, value in answer.headers if key.lower() == name), "")


@contextmanager
def _kept_if_whole(path: Path) -> Iterator[None]:
    try:
        yield
    except BaseException:
        path.unlink(missing_ok=True)
        raise


@contextmanager
def _explained(url: httpx.URL, deadline: Deadline) -> Iterator[None]:
    """What goes wrong on the way, in words that say nothing of this side of it."""
    try:
        yield
    except httpcore.TimeoutException as error:
        raise FetchFailed(f"{url.host} took over {deadline.limit_s:g} s, the limit") from error
    except (httpcore.ConnectError, ssl.SSLError) as error:
        raise FetchFailed(f"{url.host} cannot be connected to, or does not prove its name by TLS") from error
    except (httpcore.NetworkError, httpcore.ProtocolError) as error:
        raise FetchFailed(f"{url.host} broke off, or answers what is not HTTP") from error
