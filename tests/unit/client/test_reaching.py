"""Which service a client asks, by which key, and what it says where nobody is there."""

import asyncio
from typing import Any

import httpx
import pytest

from sightsound import AsyncClient, Client, Retries

ONCE = Retries(attempts=1)


def echo(asked: list[httpx.Request]) -> httpx.MockTransport:
    """A service without galleries that keeps what it was asked."""

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, json={"galleries": []})

    return httpx.MockTransport(answer)


def asked(*address: str, **named: Any) -> tuple[str, str | None]:
    """Whom a client asks, and as whom; both clients do alike."""
    found: list[httpx.Request] = []
    with Client(*address, transport=echo(found), **named) as client:
        client.galleries()

    async def awaited() -> None:
        async with AsyncClient(*address, transport=echo(found), **named) as client:
            await client.galleries()

    asyncio.run(awaited())
    first, second = [(str(each.url.join("/")), each.headers.get("authorization")) for each in found]
    assert first == second
    return first


def test_a_service_and_a_key_are_those_that_are_said_else_those_of_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("SIGHTSOUND_SERVER", "SIGHTSOUND_KEY"):
        monkeypatch.delenv(name, raising=False)
    assert asked() == ("http://127.0.0.1:8765/", None)
    monkeypatch.setenv("SIGHTSOUND_SERVER", "https://search.example")
    monkeypatch.setenv("SIGHTSOUND_KEY", "theirs")
    assert asked() == ("https://search.example/", "Bearer theirs")
    assert asked("http://other.example:1", key="own") == ("http://other.example:1/", "Bearer own")
    assert asked(key="") == ("https://search.example/", None)


@pytest.mark.parametrize("odd", ["127.0.0.1:8765", "localhost", "http://", "ftp://a.example", "http://a:b"])
@pytest.mark.parametrize("kind", [Client, AsyncClient])
def test_what_is_no_address_is_refused_at_once(kind: type[Client] | type[AsyncClient], odd: str) -> None:
    with pytest.raises(httpx.InvalidURL, match="expected one such as http://127") as refused:
        kind(odd)
    assert repr(odd) in str(refused.value)


def test_silence_names_who_is_silent_and_what_helps() -> None:
    with (
        Client("http://127.0.0.1:9", retries=ONCE) as client,
        pytest.raises(httpx.ConnectError, match=r"no service answers at http://127.0.0.1:9: .*sightsound serve"),
    ):
        client.galleries()


def test_a_silence_elsewhere_has_nothing_to_do_with_this_machine() -> None:
    def silent(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("")

    with (
        Client("https://search.example", transport=httpx.MockTransport(silent), retries=ONCE) as client,
        pytest.raises(httpx.ReadTimeout, match=r"no service answers at https://search.example: ReadTimeout$"),
    ):
        client.galleries()
