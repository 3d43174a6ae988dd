"""What fails for the moment is tried again, and nothing else."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from ssl import SSLCertVerificationError
from typing import Any

import httpx
import pytest

from sightsound import Client, Retries, ServiceRefused
from sightsound.client.retrying import Attempts

QUICK = Retries(attempts=4, first_wait_s=0.001)
BUSY = {"type": "/problems/overloaded", "title": "t.", "status": 503, "detail": "d", "instance": "/"}
NONE: dict[str, list[str]] = {"galleries": []}


def answers(*given: httpx.Response | Exception) -> tuple[list[httpx.Request], httpx.MockTransport]:
    """A service that gives these answers one after the other, and what it was asked."""
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        found = given[len(asked) - 1]
        if isinstance(found, Exception):
            raise found
        return found

    return asked, httpx.MockTransport(answer)


def busy(status: int = 503, **headers: str) -> httpx.Response:
    """A refusal of the service."""
    told = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.Response(status, json={**BUSY, "status": status}, headers=told)


FOR_THE_MOMENT: list[Callable[[], httpx.Response | Exception]] = [
    lambda: busy(retry_after="0"),
    lambda: busy(429, retry_after="0"),
    lambda: busy(409, retry_after="0"),
    lambda: busy(retry_after=format_datetime(datetime.now(UTC) - timedelta(seconds=5), usegmt=True)),
    lambda: httpx.Response(502, text="<html>"),
    lambda: httpx.Response(503, text="<html>"),
    lambda: httpx.Response(503, text="{", headers={"content-type": "application/json"}),
    lambda: httpx.ConnectError("no"),
    lambda: httpx.ReadTimeout("no"),
]


@pytest.mark.parametrize("failure", FOR_THE_MOMENT)
def test_what_fails_for_the_moment_is_tried_again(failure: Callable[[], httpx.Response | Exception]) -> None:
    asked, service = answers(failure(), failure(), httpx.Response(200, json=NONE))
    with Client(transport=service, retries=QUICK) as client:
        assert client.galleries() == ()
    assert len(asked) == 3


@pytest.mark.parametrize("failure", [busy(), busy(409), busy(429), busy(422), busy(500), httpx.Response(500, text="")])
def test_what_would_fail_again_is_final(failure: httpx.Response) -> None:
    asked, service = answers(failure, httpx.Response(200, json=NONE))
    with Client(transport=service, retries=QUICK) as client, pytest.raises(ServiceRefused) as refused:
        client.galleries()
    assert (len(asked), refused.value.problem.status) == (1, failure.status_code)


def distrust() -> httpx.ConnectError:
    """What comes of a certificate that nobody vouches for."""
    error = httpx.ConnectError("no")
    error.__cause__ = SSLCertVerificationError("self-signed")
    return error


@pytest.mark.parametrize("error", [distrust(), httpx.UnsupportedProtocol("no address")])
def test_what_stays_as_it_is_is_not_tried_again(error: httpx.TransportError) -> None:
    asked, service = answers(error, httpx.Response(200, json=NONE))
    with Client(transport=service, retries=QUICK) as client, pytest.raises(type(error)):
        client.galleries()
    assert len(asked) == 1


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (httpx.Response(200, text="<html>"), "said 200, in other words"),
        (httpx.Response(200, json={"galleries": "none"}), "said 200, in other words"),
        (httpx.Response(301, headers={"location": "https://a.example/"}), "said 301, to https://a.example/"),
        (httpx.Response(404, text="nginx"), "said 404"),
    ],
)
def test_what_something_else_answers_is_a_refusal_that_tells_it(answer: httpx.Response, words: str) -> None:
    _, service = answers(answer)
    with Client(transport=service) as client, pytest.raises(ServiceRefused, match=words):
        client.galleries()


def test_patience_has_an_end() -> None:
    asked, service = answers(*[busy(retry_after="0") for _ in range(9)])
    with Client(transport=service, retries=QUICK) as client, pytest.raises(ServiceRefused):
        client.galleries()
    assert len(asked) == QUICK.attempts
    asked, service = answers(*[httpx.ConnectError("no") for _ in range(9)])
    with Client(transport=service, retries=Retries(attempts=1)) as client, pytest.raises(httpx.ConnectError):
        client.galleries()
    assert len(asked) == 1


def test_waits_are_as_long_as_the_service_says_and_no_longer_than_patience() -> None:
    attempts = Attempts(Retries(attempts=9, first_wait_s=0.0, longest_wait_s=30))
    assert attempts.after(busy(retry_after="7")) == 7
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=20), usegmt=True)
    assert 15 < (attempts.after(busy(retry_after=soon)) or 0) <= 20
    assert attempts.after(busy(retry_after="31")) is None
    assert attempts.after(busy(retry_after="soon")) is None


def test_waits_double_up_to_the_longest_and_are_drawn_below_that() -> None:
    drawn = []
    for _ in range(200):
        attempts = Attempts(Retries(attempts=6, first_wait_s=1.0, longest_wait_s=4.0))
        drawn.append([attempts.after(None) or 0.0 for _ in range(5)])
        assert attempts.after(None) is None
    longest = [max(waits[turn] for waits in drawn) for turn in range(5)]
    assert all(most * 0.9 < found <= most for found, most in zip(longest, (1, 2, 4, 4, 4), strict=True))
    assert min(waits[0] for waits in drawn) < 0.1


def test_a_change_has_one_key_for_all_its_attempts_and_another_one_for_the_next() -> None:
    job: dict[str, Any] = {
        "id": "1",
        "kind": "compact",
        "gallery": "demo",
        "state": "queued",
        "request": {},
        "progress": {},
    }
    job |= {"errors": [], "error_count": 0, "made_at": 0, "started_at": None, "heartbeat_at": None, "ended_at": None}
    done = [httpx.Response(202, json={**job, "failure": None, "result": None}) for _ in range(2)]
    asked, service = answers(httpx.ReadTimeout("no"), done[0], done[1])
    with Client(transport=service, retries=QUICK) as client:
        client.jobs.compact("demo")
        client.jobs.compact("demo")
    first, again, other = [each.headers["idempotency-key"] for each in asked]
    assert first == again != other


def test_a_key_goes_with_every_request() -> None:
    asked, service = answers(httpx.Response(200, json=NONE), httpx.Response(200, json=NONE))
    with Client(transport=service, key="secret") as client:
        client.galleries()
    with Client(transport=service) as client:
        client.galleries()
    assert [each.headers.get("authorization") for each in asked] == ["Bearer secret", None]
