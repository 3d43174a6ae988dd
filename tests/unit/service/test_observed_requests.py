"""What is told of a request that was answered, failed, or whose caller went away."""

import anyio
import pytest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.observing.requests import FAILED, LEFT, Observing, Running, Seen

SCOPE: Scope = {"type": "http", "method": "GET", "path": "/livez", "headers": [], "state": {}}


async def answers(scope: Scope, receive: Receive, send: Send) -> None:
    await receive()
    await send({"type": "http.response.start", "status": 201, "headers": []})
    await send({"type": "http.response.body", "body": b"four"})


async def leaves(scope: Scope, receive: Receive, send: Send) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def fails(scope: Scope, receive: Receive, send: Send) -> None:
    raise RuntimeError


def seen(app: ASGIApp) -> Seen:
    """What is told of one request with a body of three bytes, after which its caller goes away."""
    told: list[Seen] = []
    messages: list[Message] = [{"type": "http.request", "body": b"abc"}, {"type": "http.disconnect"}]

    async def receive() -> Message:
        return messages.pop(0)

    async def send(message: Message) -> None: ...

    async def ask() -> None:
        running = Running()
        try:
            await Observing(app, running, [told.append])(dict(SCOPE), receive, send)
        finally:
            assert running.count == 0

    anyio.run(ask)
    return told[0]


def test_an_answer_is_told_with_its_status_and_bytes() -> None:
    found = seen(answers)
    assert (found.status, found.received_bytes, found.sent_bytes) == (201, 3, 4)


def test_a_caller_who_went_away_is_no_failure_of_the_service() -> None:
    assert (seen(leaves).status, LEFT) == (499, 499)


def test_a_failure_is_told_and_goes_on() -> None:
    told: list[Seen] = []

    async def ask() -> None:
        await Observing(fails, Running(), [told.append])(dict(SCOPE), answers, answers)  # type: ignore[arg-type]

    with pytest.raises(RuntimeError):
        anyio.run(ask)
    assert told[0].status == FAILED
