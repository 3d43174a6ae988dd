"""One data folder open in two processes: here, opened twice."""

from collections.abc import Iterator
from pathlib import Path
from time import monotonic, sleep

import pytest

from index.galleries import Galleries
from index.gallery import Gallery
from index.reindexing import Rules
from tests.unit.index.world import add, library, query

QUERY = query(0, "text")
ANY = Rules(tolerance=None)
PATIENCE_S = 10.0


@pytest.fixture
def here(tmp_path: Path, catalog: str | None) -> Iterator[Gallery]:
    """A gallery of eight clips."""
    galleries = library(tmp_path / "data", catalog)
    found = galleries.create("demo", "tiny")
    for seed in range(8):
        add(found, tmp_path, seed)
    yield found
    galleries.close()


@pytest.fixture
def there(here: Gallery, tmp_path: Path, catalog: str | None) -> Iterator[Gallery]:
    """The same gallery, in what could be another process."""
    galleries = Galleries.open(tmp_path / "data", catalog)
    yield galleries.get("demo")
    galleries.close()


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
        assert there.media(again.id).read_bytes() == f"the bytes of clip {seed}".encode()


def test_a_switch_that_cannot_be_followed_leaves_the_old_answers_and_is_tried_again_only_after_a_while(
    here: Gallery, there: Gallery, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    before = there.search("text->av", QUERY, k=8)
    here.reindex("other", rules=ANY)
    bundle = next(tmp_path.rglob("other/bundle.json")).parent
    bundle.rename(tmp_path / "elsewhere")
    for _ in range(20):
        assert there.search("text->av", QUERY, k=8) == before
        there.close()  # which waits for what was begun beside
    assert len([each for each in caplog.records if "cannot be opened here" in each.message]) == 1
