"""Switches that race, and searches through a hundred of them."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event
from time import monotonic, sleep

import pytest

from index.gallery import Gallery
from index.reindexing import Rules
from models.errors import Conflict
from tests.faults.home import BUNDLES, QUERY, Home, expected
from tests.faults.life import RULES

ASKERS = 4
RATE = 50.0
"""Queries a second, of all askers together."""
SWITCHES = {(True, False): 100, (True, True): 40, (False, False): 40, (False, True): 20}
"""On SQLite, beside another process: fewer where each takes long."""


def test_of_two_switches_that_race_one_wins_and_the_other_is_told(home: Home) -> None:
    with home.opened() as first, home.opened() as second:
        for _ in range(5):
            outcomes = _race([first.get("demo"), second.get("demo")])
            assert sorted(outcomes) == ["conflict", "switched"]
            numbers = {each.get("demo").summary().generation for each in (first, second)}
            _settle([first.get("demo"), second.get("demo")], max(numbers))
    home.check(at_least=set(range(6)), at_most=set(range(6)))


def _race(galleries: list[Gallery]) -> list[str]:
    """What becomes of a reindexing in each of these, which begin at the same moment."""
    barrier = Barrier(len(galleries))

    def reindex(gallery: Gallery) -> str:
        barrier.wait()
        try:
            gallery.reindex("other", rules=Rules(tolerance=None, kept=20))
        except Conflict:
            return "conflict"
        return "switched"

    with ThreadPoolExecutor(len(galleries)) as pool:
        return list(pool.map(reindex, galleries))


def _settle(galleries: list[Gallery], number: int) -> None:
    """Wait until all of them have noticed who won."""
    until = monotonic() + 20
    while any(each.active.number != number for each in galleries):
        assert monotonic() < until
        for each in galleries:
            each.search("text->av", QUERY, k=1)
        sleep(0.01)


def _is_of_one(found: dict[str, float], whole: list[dict[str, float]]) -> bool:
    """Whether all scores are those of one bundle."""
    return any(all(abs(score - scores[clip]) < 2e-3 for clip, score in found.items()) for scores in whole)


def _ask_at_a_rate(ask: Callable[[], None], done: Event) -> int:
    """How often was asked, so many times a second."""
    count, begun = 0, monotonic()
    while not done.is_set():
        ask()
        count += 1
        sleep(max(0.0, begun + count * ASKERS / RATE - monotonic()))
    return count


@pytest.mark.parametrize("elsewhere", [False, True], ids=["in one process", "beside another"])
def test_searches_through_a_hundred_switches_never_fail_and_never_mix(home: Home, elsewhere: bool) -> None:
    """Four threads at 50 queries a second, while clips come and go, as do generations."""
    done, seeds = Event(), frozenset({*range(6), *range(500, 540)})
    with home.opened() as galleries, home.opened() as others:
        gallery, switched = galleries.get("demo"), (others if elsewhere else galleries).get("demo")
        whole = [expected(galleries.bundle(each), "text->av", seeds) for each in BUNDLES]

        def ask() -> None:
            found = {hit.clip_id: hit.score for hit in gallery.search("text->av", QUERY, k=1000)}
            assert len(found) >= 6
            assert _is_of_one(found, whole)

        def change() -> None:
            turn = 0
            while not done.is_set():
                clip = home.add(gallery, 500 + turn % 40)
                assert clip.id in {hit.clip_id for hit in gallery.search("text->av", QUERY, k=1000)}
                gallery.remove(clip.id)
                assert clip.id not in {hit.clip_id for hit in gallery.search("text->av", QUERY, k=1000)}
                turn += 1
                sleep(0.02)

        with ThreadPoolExecutor(5) as pool:
            asking = [pool.submit(_ask_at_a_rate, ask, done) for _ in range(ASKERS)]
            changing = pool.submit(change)
            try:
                for turn in range(SWITCHES[home.catalog is None, elsewhere]):
                    switched.reindex(BUNDLES[(turn + 1) % 2], rules=RULES)
            finally:
                done.set()
            assert all(each.result() > 0 for each in asking)
            changing.result()
    home.check(at_least=set(range(6)), at_most=set(range(6)))
