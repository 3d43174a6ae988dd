"""How many requests a caller may make: in a while, by a clock of the test, and at once."""

import asyncio
from collections.abc import Callable

import pytest

from models.errors import RateLimited
from service.access.rates import Rates, Standing, Turns

NOON = 1_800_000_000.0


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Sets what time it is, in seconds after noon."""

    def at(seconds: float) -> None:
        monkeypatch.setattr("time.time", lambda: NOON + seconds)

    at(0)
    return at


def _taken(rates: Rates, count: int, *, who: str = "ada", rate: str = "6/minute") -> list[Standing]:
    async def take() -> list[Standing]:
        return [await rates.take(who, rate) for _ in range(count)]

    return asyncio.run(take())


def test_as_many_are_taken_as_a_rate_says(clock: Callable[[float], None]) -> None:
    standings = _taken(Rates(), 8)
    assert [each.is_over for each in standings] == [False] * 6 + [True] * 2
    assert [each.left for each in standings] == [5, 4, 3, 2, 1, 0, 0, 0]


def test_callers_are_counted_apart(clock: Callable[[float], None]) -> None:
    rates = Rates()
    assert _taken(rates, 7)[-1].is_over
    assert not _taken(rates, 6, who="bob")[-1].is_over


@pytest.mark.parametrize("begun", [0.0, 7.0, 59.5])
@pytest.mark.parametrize("rate", ["6/minute", "1/second", "100/hour"])
def test_who_waits_as_long_as_they_are_told_is_taken(clock: Callable[[float], None], begun: float, rate: str) -> None:
    rates, now = Rates(), begun
    clock(now)
    for _ in range(5):
        over = next(each for each in iter(lambda: _taken(rates, 1, rate=rate)[0], None) if each.is_over)
        assert over.reset_s >= 1
        assert over.refusal.retry_after_s == over.reset_s
        now += over.reset_s
        clock(now)
        assert not _taken(rates, 1, rate=rate)[0].is_over


def test_no_stretch_has_twice_as_many(clock: Callable[[float], None]) -> None:
    rates, taken = Rates(), []
    for tick in range(600):
        clock(tick / 2)
        if not _taken(rates, 1)[0].is_over:
            taken.append(tick / 2)
    most = max(sum(start <= each < start + 60 for each in taken) for start in taken)
    assert 6 <= most <= 7  # a sliding window takes requests before it for evenly spread
    assert len(taken) >= 25


def test_headers_are_those_of_the_draft() -> None:
    standing = Standing(600, 60, left=599, reset_s=34, is_over=False)
    assert standing.headers == [
        (b"ratelimit-policy", b'"default";q=600;w=60'),
        (b"ratelimit", b'"default";r=599;t=34'),
    ]


def test_so_many_turns_are_had_at_once() -> None:
    turns = Turns()
    with (
        turns.one("ada", at_once=2),
        turns.one("ada", at_once=2),
        turns.one("bob", at_once=2),
        pytest.raises(RateLimited, match="more than 2 requests at once"),
        turns.one("ada", at_once=2),
    ):
        raise AssertionError("one too many")
    with turns.one("ada", at_once=1):
        pass
    assert not turns._running
