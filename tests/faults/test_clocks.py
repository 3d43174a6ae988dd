"""A clock that jumps: nothing is ordered by it, and no sweep takes what is being added."""

import os
import time
from collections.abc import Callable

import pytest

from index import generations
from index.media.scratch import Draft
from index.media.store import MediaStore
from index.stores import Stores
from tests.faults.home import QUERY, Home, clip_id
from tests.faults.life import RULES
from tests.unit.index.world import path_of

DAY_S = 86_400.0


@pytest.fixture
def jump(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Sets the clock so many seconds ahead of what it is."""
    true = time.time

    def jump(seconds: float) -> None:
        monkeypatch.setattr(time, "time", lambda: true() + seconds)

    return jump


def test_clips_are_in_the_order_they_were_added_whatever_the_clock_said(
    home: Home, jump: Callable[[float], None]
) -> None:
    with home.opened() as galleries:
        gallery = galleries.get("demo")
        for seed, seconds in enumerate([0, 30 * DAY_S, -30 * DAY_S, 5.0, -3600.0], start=10):
            jump(seconds)
            home.add(gallery, seed)
            if seed == 12:
                gallery.remove(clip_id(3))
        wanted = [clip_id(each) for each in (0, 1, 2, 4, 5, 10, 11, 12, 13, 14)]
        assert [clip.id for clip in gallery.clips()] == wanted
        moments = [clip.added_at for clip in gallery.clips()]
        assert moments != sorted(moments)
        windows = {hit.clip_id: hit.window_id for hit in gallery.search("text->av", QUERY, k=100)}
        assert sorted(windows, key=lambda each: windows[each]) == wanted
        assert gallery.active.position == 12
    there = {0, 1, 2, 4, 5, *range(10, 15)}
    home.check(at_least=there, at_most=there)


@pytest.mark.parametrize("seconds", [2 * 3600.0, 400 * DAY_S])
def test_a_start_after_the_clock_jumped_leaves_what_is_being_added(
    home: Home, jump: Callable[[float], None], monkeypatch: pytest.MonkeyPatch, seconds: float
) -> None:
    """Another process starts at every moment of an add: before its media are kept, and before its row is committed."""
    keep, started = MediaStore.keep, []

    def start() -> None:
        jump(seconds)
        _started(home)
        started.append(True)

    def keep_between_starts(self: MediaStore, draft: Draft) -> bool:
        start()
        found = keep(self, draft)
        start()
        return found

    monkeypatch.setattr(MediaStore, "keep", keep_between_starts)
    with home.opened() as galleries:
        home.add(galleries.get("demo"), 20)
    assert len(started) == 4
    home.check(at_least={*range(6), 20}, at_most={*range(6), 20})


def test_a_draft_whose_process_is_no_more_is_swept_once_it_is_old(home: Home) -> None:
    left = home.folder / "media" / ".draft-left"
    left.write_bytes(b"half a file")
    _started(home)
    assert left.exists()
    os.utime(left, (0, 0))
    _started(home)
    assert not left.exists()


def test_media_that_a_killed_process_had_put_aside_go_back_if_they_are_used(home: Home) -> None:
    with home.opened() as galleries:
        place = path_of(galleries.get("demo").media(clip_id(2)))
    place.rename(home.folder / "media" / f".dropped-{place.name}.0123abcd")
    unused = home.folder / "media" / f".dropped-{'ab' * 32}.0123abcd"
    unused.write_bytes(b"of a clip that is gone")
    with home.opened():
        assert (place.exists(), unused.exists()) == (True, False)
    home.check(at_least=set(range(6)), at_most=set(range(6)))


def test_snapshots_and_generations_outlive_a_jump(
    home: Home, jump: Callable[[float], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(generations, "WORTH", 1)
    with home.opened() as galleries:
        galleries.get("demo").reindex("other", rules=RULES)
        jump(-400 * DAY_S)
        galleries.get("demo").reindex("tiny", rules=RULES)
        jump(400 * DAY_S)
    _started(home)
    assert {each.name for each in (home.folder / "vectors").glob("*/*")} == {"2", "3"}
    with home.opened() as galleries:
        assert [each.number for each in galleries.get("demo").generations()] == [2, 3]
        assert galleries.get("demo").roll_back().number == 2
    home.check(at_least=set(range(6)), at_most=set(range(6)))


def _started(home: Home) -> None:
    """Another process, until it has swept."""
    stores = Stores.open(home.folder, home.catalog)
    stores.sweeping.wait()
    stores.close()
