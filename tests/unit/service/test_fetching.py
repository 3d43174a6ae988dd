"""Files are fetched by https from public addresses, over real TLS, and from nowhere else."""

import gzip
import ssl
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest

from models.errors import FetchFailed, FetchRefused, SightsoundError, TooLarge
from service.incoming.fetching import Fetcher, FetchRules, name_of
from service.incoming.public_addresses import Address, is_public
from tests.tiny.https_server import HOST, HttpsServer, answered, https_server, make_certificate, redirect

HERE = ip_address("127.0.0.1")
INSIDE = ip_address("127.0.0.2")
"""Where nothing may be fetched from in these tests, in which 127.0.0.1 plays the internet."""
BODY = bytes(range(256)) * 40
Make = Callable[..., Fetcher]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture
def server(certificate: Path) -> Iterator[HttpsServer]:
    with https_server(certificate) as found:
        found.answers["/clip.mp4"] = answered(BODY)
        yield found


@pytest.fixture
def fetcher(server: HttpsServer, certificate: Path) -> Make:
    """Makes one that trusts the test's certificate and finds the test's names, each at the addresses given."""

    def make(names: dict[str, tuple[Address, ...]] | None = None, **rules: Any) -> Fetcher:
        known = {HOST: (HERE,)} | (names or {})

        def resolve(host: str, port: int) -> tuple[Address, ...]:
            if host not in known:
                raise OSError("no such name")
            return known[host]

        wanted = replace(FetchRules(on=True, ports=(server.port,), limit_bytes=20_000, limit_s=30), **rules)
        tls = ssl.create_default_context(cafile=str(certificate))
        return Fetcher(wanted, resolve=resolve, allowed=lambda address: address == HERE, tls=tls)

    return make


def refused(fetcher: Fetcher, url: str, into: Path, *words: str, by: type[SightsoundError] = FetchRefused) -> None:
    """Assert that nothing is fetched, that nothing is left, and that the refusal has these words and no address."""
    with pytest.raises(by) as refusal:
        fetcher.fetch(url, into)
    assert [word for word in words if word not in str(refusal.value)] == [], str(refusal.value)
    assert "127.0.0" not in str(refusal.value) or "127.0.0" in url
    assert list(into.iterdir()) == []


def test_a_file_comes_as_it_is(server: HttpsServer, fetcher: Make, tmp_path: Path) -> None:
    path = fetcher().fetch(server.url("/clip.mp4"), tmp_path)
    assert path.read_bytes() == BODY
    assert path.parent == tmp_path
    assert b"accept-encoding: identity" in server.asked[0].lower()


def test_nothing_is_fetched_unless_it_is_turned_on(tmp_path: Path) -> None:
    refused(Fetcher(FetchRules()), f"https://{HOST}/clip.mp4", tmp_path, "fetch_urls")


@pytest.mark.parametrize(
    ("url", "word"),
    [
        ("http://{host}:{port}/clip.mp4", "https"),
        ("ftp://{host}:{port}/clip.mp4", "https"),
        ("file:///etc/passwd", "https"),
        ("//{host}/clip.mp4", "https"),
        ("https:///clip.mp4", "a host"),
        ("https://user@{host}:{port}/clip.mp4", "user name"),
        ("https://user:word@{host}:{port}/clip.mp4", "user name"),
        ("https://{host}/clip.mp4", "port 443"),
        ("https://{host}:22/clip.mp4", "port 22"),
        ("https://{host}:{port}/" + "a" * 2000, "characters"),
        ("https://exa\x00mple.org/", "expected a URL"),
        ("https://[::1", "expected a URL"),
    ],
)
def test_an_address_that_is_not_plain_https_is_refused(
    url: str, word: str, server: HttpsServer, fetcher: Make, tmp_path: Path
) -> None:
    refused(fetcher(), url.format(host=HOST, port=server.port), tmp_path, word)
    assert server.asked == []


@pytest.mark.parametrize("addresses", [(INSIDE,), (HERE, INSIDE), (INSIDE, HERE), ()])
def test_a_name_with_any_address_of_the_inside_is_refused_as_one_without_any(
    addresses: tuple[Address, ...], server: HttpsServer, fetcher: Make, tmp_path: Path
) -> None:
    refused(fetcher({HOST: addresses}), server.url("/clip.mp4"), tmp_path, "no public address")
    assert server.asked == []


def test_the_address_that_was_checked_is_the_one_connected_to(
    server: HttpsServer, certificate: Path, tmp_path: Path
) -> None:
    """A name server that tells another address the second time, as in DNS rebinding, is asked only once."""
    told = iter([(HERE,), (INSIDE,)])
    fetcher = Fetcher(
        FetchRules(on=True, ports=(server.port,)),
        resolve=lambda host, port: next(told),
        allowed=lambda address: address == HERE,
        tls=ssl.create_default_context(cafile=str(certificate)),
    )
    assert fetcher.fetch(server.url("/clip.mp4"), tmp_path).read_bytes() == BODY
    assert next(told) == (INSIDE,)


def test_a_host_must_prove_its_own_name(server: HttpsServer, fetcher: Make, tmp_path: Path) -> None:
    other = fetcher({"other.example.org": (HERE,)})
    refused(other, server.url("/clip.mp4", host="other.example.org"), tmp_path, "name by TLS", by=FetchFailed)
    assert server.asked == []


def test_redirects_are_followed(server: HttpsServer, fetcher: Make, tmp_path: Path) -> None:
    server.answers |= {"/a": redirect("/b"), "/b": redirect(server.url("/c")), "/c": redirect("clip.mp4")}
    assert fetcher().fetch(server.url("/a"), tmp_path).read_bytes() == BODY


def test_a_fourth_redirect_is_not_followed(server: HttpsServer, fetcher: Make, tmp_path: Path) -> None:
    server.answers["/round"] = redirect("/round")
    refused(fetcher(), server.url("/round"), tmp_path, "3 redirects", by=FetchFailed)
    assert len(server.asked) == 4


@pytest.mark.parametrize(
    ("to", "word"),
    [
        ("http://{host}:{port}/clip.mp4", "https"),
        ("https://inside.example.org:{port}/clip.mp4", "no public address"),
        ("https://127.0.0.2:{port}/clip.mp4", "no public address"),
        ("https://{host}:1/clip.mp4", "port 1"),
        ("https://u:p@{host}:{port}/clip.mp4", "user name"),
        ("file:///etc/passwd", "https"),
    ],
)
def test_a_redirect_is_checked_as_the_first_address(
    to: str, word: str, server: HttpsServer, fetcher: Make, tmp_path: Path
) -> None:
    server.answers["/a"] = redirect(to.format(host=HOST, port=server.port))
    names: dict[str, tuple[Address, ...]] = {"inside.example.org": (INSIDE,), "127.0.0.2": (INSIDE,)}
    with pytest.raises(FetchRefused, match=word):
        fetcher(names).fetch(server.url("/a"), tmp_path)
    assert len(server.asked) == 1


def test_only_listed_hosts_are_asked_where_there_is_a_list(server: HttpsServer, fetcher: Make, tmp_path: Path) -> None:
    refused(fetcher(hosts=("example.com", ".host.example.org")), server.url("/clip.mp4"), tmp_path, "fetch_hosts")
    for hosts in ((HOST,), (".example.org",)):
        assert fetcher(hosts=hosts).fetch(server.url("/clip.mp4"), tmp_path).read_bytes() == BODY


@pytest.mark.parametrize("declared", [True, False])
def test_a_file_over_the_limit_is_not_kept(declared: bool, server: HttpsServer, fetcher: Make, tmp_path: Path) -> None:
    whole = answered(bytes(20_001))
    server.answers["/large"] = whole if declared else whole.replace(b"Content-Length", b"X-Length")
    refused(fetcher(), server.url("/large"), tmp_path, "20000", by=TooLarge)


def test_a_compressed_answer_is_refused_and_never_inflated(server: HttpsServer, fetcher: Make, tmp_path: Path) -> None:
    bomb = gzip.compress(bytes(10**6))
    server.answers["/bomb"] = answered(bomb, headers="Content-Encoding: gzip\r\n")
    refused(fetcher(), server.url("/bomb"), tmp_path, "gzip", by=FetchFailed)


@pytest.mark.parametrize("said", ["head", "body"])
def test_a_host_that_trickles_is_left_when_the_time_is_up(
    said: str, server: HttpsServer, fetcher: Make, tmp_path: Path
) -> None:
    def trickle(connection: ssl.SSLSocket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n" + (b"" if said == "head" else b"\r\n"))
        for _ in range(1000):
            connection.sendall(b"X-Slow: 1\r\n")
            time.sleep(0.05)

    server.answers["/slow"] = trickle
    began = time.monotonic()
    refused(fetcher(limit_s=0.5), server.url("/slow"), tmp_path, "0.5 s", by=FetchFailed)
    assert time.monotonic() - began < 20


def test_a_slow_name_server_ends_with_the_same_time(tmp_path: Path) -> None:
    def resolve(host: str, port: int) -> tuple[Address, ...]:
        time.sleep(1)
        return (HERE,)

    fetcher = Fetcher(FetchRules(on=True, limit_s=0.2), resolve=resolve)
    refused(fetcher, f"https://{HOST}/clip.mp4", tmp_path, "0.2 s", by=FetchFailed)


@pytest.mark.parametrize(
    "answer",
    [
        answered(b"gone", status=404),
        answered(b"", status=204),
        answered(b"part", status=206),
        answered(b"", status=302),
        answered(b"short").replace(b"Content-Length: 5", b"Content-Length: 50"),
        b"no HTTP at all\r\n\r\n",
        b"",
    ],
)
def test_what_is_no_whole_file_is_not_kept(answer: bytes, server: HttpsServer, fetcher: Make, tmp_path: Path) -> None:
    server.answers["/bad"] = answer
    refused(fetcher(), server.url("/bad"), tmp_path, HOST, by=FetchFailed)


def test_a_second_address_is_tried_where_the_first_does_not_answer(
    server: HttpsServer, certificate: Path, tmp_path: Path
) -> None:
    fetcher = Fetcher(
        FetchRules(on=True, ports=(server.port,)),
        resolve=lambda host, port: (INSIDE, HERE),
        allowed=lambda address: True,
        tls=ssl.create_default_context(cafile=str(certificate)),
    )
    assert fetcher.fetch(server.url("/clip.mp4"), tmp_path).read_bytes() == BODY


def test_proxies_of_the_environment_are_not_used(
    server: HttpsServer, fetcher: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    assert fetcher().fetch(server.url("/clip.mp4"), tmp_path).read_bytes() == BODY


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0x7f.1", "2130706433", "[::1]", "[::ffff:127.0.0.1]"])
def test_this_machine_is_refused_however_it_is_written(host: str, tmp_path: Path) -> None:
    refused(Fetcher(FetchRules(on=True)), f"https://{host}/clip.mp4", tmp_path, "no public address")


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",
        "10.0.0.1",
        "100.64.0.1",
        "127.0.0.1",
        "169.254.169.254",
        "172.16.0.1",
        "192.0.0.8",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.0.1",
        "198.18.0.1",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.1",
        "239.255.255.250",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::ffff:8.8.8.8",
        "::8.8.8.8",
        "64:ff9b::808:808",
        "64:ff9b:1::808:808",
        "100::1",
        "2001::1",
        "2001:db8::1",
        "2002:808:808::1",
        "3fff::1",
        "fc00::1",
        "fd00::1",
        "fe80::1",
        "fe80::1%eth0",
        "fec0::1",
        "ff02::1",
        "4000::1",
    ],
)
def test_an_address_that_is_no_machine_of_the_internet_is_not_public(address: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "2606:4700::1111", "2a00:1450:4001::1"])
def test_an_address_of_the_internet_is_public(address: str) -> None:
    assert is_public(ip_address(address))


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://example.org/a/knock.mp4?x=1#y", "knock.mp4"),
        ("https://example.org/a%2Fb.mp4", "b.mp4"),
        ("https://example.org/..%2f..%5cpasswd", "passwd"),
        ("https://example.org/%00%0aa.mp4", "a.mp4"),
        ("https://example.org/", "clip"),
    ],
)
def test_a_file_is_called_as_the_end_of_its_path(url: str, name: str) -> None:
    assert name_of(url) == name
