"""One data folder open in two processes: here, opened twice; and once in two that are really two."""

import multiprocessing
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import monotonic, sleep

import pytest

from index import active, generations
from index.galleries import Galleries
from index.gallery import Gallery
from index.generations import Generation
from index.reindexing import Rules
from models.errors import GalleryNotFound
from tests.tiny.copies import lay
from tests.tiny.tables import own_tables
from tests.unit.index.world import add, eight_clips, path_of, query

QUERY = query(0, "text")
ANY = Rules(tolerance=None)
PATIENCE_S = 60.0


@pytest.fixture
def here(tmp_path: Path, catalog: str | None) -> Iterator[Gallery]:
    """A gallery of eight clips."""
    lay(eight_clips, tmp_path / "data", catalog)
    galleries = Galleries.open(tmp_path / "data", catalog)
    yield galleries.get("demo")
    galleries.close()


@pytest.fixture
def there(here: Gallery, tmp_path: Path, catalog: str | None) -> Iterator[Gallery]:
    """The same gallery, in what could be another process."""
    galleries = Galleries.open(tmp_path / "data", catalog)
    yield galleries.get("demo")
    galleries.close()


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[Generation]:
    """Every generation that is opened from its snapshots from now on, in any of the two; all are worth one."""
    made: list[Generation] = []

    def noted(*given: object, **named: object) -> Generation:
        made.append(really(*given, **named))
        return made[-1]

    really: Callable[..., Generation] = generations.opened
    monkeypatch.setattr(generations, "opened", noted)
    monkeypatch.setattr(generations, "WORTH", 1)
    return made


def ask_until(gallery: Gallery, holds: Callable[[], bool]) -> None:
    """Search until something holds, with one answer all the while."""
    before, until = gallery.search("text->av", QUERY, k=100), monotonic() + PATIENCE_S
    while not holds():
        assert gallery.search("text->av", QUERY, k=100) == before
        assert monotonic() < until
        sleep(0.01)


def fresh_vectors(gallery: Gallery) -> int:
    """How many vectors lie in the parts that came after the tables were built, of all tables."""
    return sum(each.unwritten for each in own_tables(gallery.active).values())


def found(gallery: Gallery) -> set[str]:
    return {hit.clip_id for hit in gallery.search("text->av", QUERY, k=100)}


def test_what_one_process_adds_the_other_finds_at_once(here: Gallery, there: Gallery, tmp_path: Path) -> None:
    before = found(there)
    clip = add(here, tmp_path, 100)

    assert found(there) == before | {clip.id}


def test_what_one_process_deletes_the_other_has_no_more_in_any_answer(here: Gallery, there: Gallery) -> None:
    gone = sorted(found(there))[0]
    here.remove(gone)

    assert gone not in found(there)
    assert gone not in {each.id for each in there.clips()}
    assert there.summary().clips == 7
    assert gone not in there.features("audio", "video").clip_ids


def test_a_search_still_has_as_many_hits_as_there_are_after_the_other_process_deleted(
    here: Gallery, there: Gallery
) -> None:
    best = [hit.clip_id for hit in there.search("text->av", QUERY, k=3)]
    here.remove(best[0])

    assert [hit.clip_id for hit in there.search("text->av", QUERY, k=3)][:2] == best[1:]
    assert len(there.search("text->av", QUERY, k=3)) == 3


def test_what_one_process_switches_to_the_other_follows_without_a_mixed_answer(here: Gallery, there: Gallery) -> None:
    old = there.search("text->av", QUERY, k=8)
    here.reindex("other", rules=ANY)
    new = here.search("text->av", QUERY, k=8)
    until = monotonic() + PATIENCE_S
    while (answer := there.search("text->av", QUERY, k=8)) != new:
        assert answer == old
        assert monotonic() < until
        sleep(0.01)
    assert there.summary().generation == 2


def test_a_switch_is_followed_by_who_only_asks_for_the_gallery(
    here: Gallery, tmp_path: Path, catalog: str | None
) -> None:
    galleries = Galleries.open(tmp_path / "data", catalog)
    try:
        there = galleries.get("demo")
        here.reindex("other", rules=ANY)
        until = monotonic() + PATIENCE_S
        while galleries.get("demo").active.number != 2:
            assert monotonic() < until
            sleep(0.01)
        assert galleries.get("demo") is there
    finally:
        galleries.close()


def test_whoever_asks_for_an_open_gallery_does_not_wait_for_who_writes(gallery: Gallery, galleries: Galleries) -> None:
    with ThreadPoolExecutor() as threads, gallery._stores.writing:
        assert threads.submit(galleries.get, "demo").result(PATIENCE_S) is gallery


def test_the_same_bytes_added_by_both_are_one_clip(here: Gallery, there: Gallery, tmp_path: Path) -> None:
    first, second = add(here, tmp_path, 50), add(there, tmp_path, 50)

    assert first == second
    assert here.summary().clips == there.summary().clips == 9


def test_media_that_one_process_deletes_while_another_adds_them_are_there(
    here: Gallery, there: Gallery, tmp_path: Path
) -> None:
    for seed in range(60, 70):
        clip = add(here, tmp_path, seed)
        here.remove(clip.id)
        again = add(there, tmp_path, seed)
        assert path_of(there.media(again.id)).read_bytes() == f"the bytes of clip {seed}".encode()


def test_a_switch_that_cannot_be_followed_leaves_the_old_answers_and_is_tried_again_only_after_a_while(
    here: Gallery,
    there: Gallery,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(active, "RETRY_S", 1000.0)  # twenty searches may take longer than it is
    before = there.search("text->av", QUERY, k=8)
    here.reindex("other", rules=ANY)
    bundle = next(tmp_path.rglob("other/bundle.json")).parent
    bundle.rename(tmp_path / "elsewhere")
    for _ in range(20):
        assert there.search("text->av", QUERY, k=8) == before
        there.close()  # which waits for what was begun beside
    assert len([each for each in caplog.records if "cannot be opened here" in each.message]) == 1


def test_what_one_process_builds_anew_the_other_opens_once_beside_and_then_answers_with(
    here: Gallery, there: Gallery, tmp_path: Path, opened: list[Generation]
) -> None:
    here.compact()
    add(here, tmp_path, 100)
    ask_until(there, lambda: len(opened) == 1)
    there.close()
    before, known = there.active, len(opened)
    here.compact()
    ask_until(there, lambda: there.active is not before)
    for _ in range(20):
        there.search("text->av", QUERY, k=8)
        here.search("text->av", QUERY, k=8)
        there.close()  # which waits for what was begun beside
        here.close()
    assert len(opened) == known + 1, "the one that built it has it"
    assert there.active is opened[-1]
    assert fresh_vectors(there) == 0
    assert len(found(there)) == 9


def test_searches_that_noticed_before_it_was_opened_do_not_open_it_again(
    here: Gallery, there: Gallery, opened: list[Generation]
) -> None:
    late = there._active._state()
    here.compact()
    ask_until(there, lambda: bool(opened))
    there.close()
    there._active.notice(late)
    there.close()
    assert len(opened) == 1


def test_tables_too_small_for_a_snapshot_are_built_anew_by_both(here: Gallery, there: Gallery) -> None:
    before, answers = there.active, there.search("text->av", QUERY, k=100)
    here.compact()
    ask_until(there, lambda: there.active is not before)
    assert there.search("text->av", QUERY, k=100) == answers


def test_what_is_built_while_it_is_opened_is_opened_after_it(
    here: Gallery, there: Gallery, opened: list[Generation], monkeypatch: pytest.MonkeyPatch
) -> None:
    noted: Callable[..., Generation] = generations.opened

    def overtaken(*given: object, **named: object) -> Generation:
        found = noted(*given, **named)
        if len(opened) == 1:
            here.compact()
        return found

    monkeypatch.setattr(generations, "opened", overtaken)
    here.compact()
    ask_until(there, lambda: len(opened) == 2)
    there.close()
    assert there.active is opened[1]


def test_a_gallery_that_was_deleted_while_it_was_built_is_not_there(here: Gallery) -> None:
    with here._stores.database.writing() as connection:
        connection.exec_driver_sql("DELETE FROM galleries")
    with pytest.raises(GalleryNotFound):
        here.compact()


def compact(folder: Path, catalog: str | None) -> None:
    """What another process does."""
    galleries = Galleries.open(folder, catalog)
    galleries.get("demo").compact()
    galleries.close()


def test_a_process_that_ends_after_it_has_built_is_noticed(here: Gallery, tmp_path: Path, catalog: str | None) -> None:
    before = here.active
    process = multiprocessing.get_context("forkserver").Process(target=compact, args=(tmp_path / "data", catalog))
    process.start()
    process.join()
    assert process.exitcode == 0
    ask_until(here, lambda: here.active is not before)
    assert here.active.number == before.number
