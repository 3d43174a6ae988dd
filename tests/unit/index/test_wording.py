"""What is said of clips, said anew: other searches, counts and biases from that moment, and the same vectors."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from index.catalog import changes
from index.clips import Clip
from index.filters import Condition, Filter
from index.galleries import Galleries
from index.gallery import Gallery
from index.metadata import Json
from index.reindexing import Rules
from index.wording import Wording
from models.errors import ClipNotFound, InvalidInput, PreconditionFailed
from models.hubness import RouteBias
from tests.tiny.bundles import SEEN
from tests.unit.index.corrected import check
from tests.unit.index.world import media_files, query

ANY = Rules(tolerance=None)


def saying(labels: Sequence[str] | None = None, name: str | None = None, **metadata: Json) -> Callable[[Clip], Wording]:
    return lambda clip: Wording.of(name or clip.name, clip.labels if labels is None else labels, metadata)


def test_a_clip_is_as_it_was_but_for_what_is_said_of_it(gallery: Gallery) -> None:
    every = gallery.clips()
    before = every[3]
    after = gallery.reword(before.id, saying(["bell", " bell ", "brass"], "a bell", year=1999))
    assert after == replace(before, labels=("bell", "brass"), name="a bell", metadata={"year": 1999})
    assert gallery.clip(before.id) == after
    assert gallery.clips() == [*every[:3], after, *every[4:]]


def test_filters_hits_and_counts_of_another_process_have_it_at_once(
    gallery: Gallery, tmp_path: Path, catalog: str | None
) -> None:
    elsewhere = Galleries.open(tmp_path, catalog)
    theirs = elsewhere.get("demo")
    theirs.search("audio->video", query(0, "audio"), k=8)
    chosen = gallery.clips()[3]
    gallery.reword(chosen.id, saying(["bell"], "a bell", year=1999))
    for among in (Filter(labels_any=("bell",)), Filter(metadata=(Condition(("year",), "eq", 1999),))):
        found = theirs.search("audio->video", query(0, "audio"), k=8, among=among)
        assert [(hit.clip_id, hit.name, hit.labels) for hit in found] == [(chosen.id, "a bell", ("bell",))]
        assert [clip.id for _, clip in theirs.page(among, limit=9)] == [chosen.id]
    assert theirs.summary().labels == gallery.summary().labels
    assert gallery.summary().labels["bell"] == 1
    elsewhere.close()


def test_vectors_stay_to_the_bit(gallery: Gallery) -> None:
    table = gallery.active.table("audio->video")
    before = table.vectors(table.ids())
    gallery.reword(gallery.clips()[0].id, saying(["bell"]))
    np.testing.assert_array_equal(table.vectors(table.ids()), before)


def test_biases_of_seen_classes_go_with_the_labels(many: Gallery) -> None:
    many.reindex("tiny", rules=ANY, biases={"text->video": RouteBias(alpha=0.5, neighbours=2, seen=0.4)})
    other, seen = many.clips()[0], many.clips()[-1]
    many.reword(other.id, saying([SEEN[1]]))
    check(many, "text->video")
    many.reword(seen.id, saying(["nothing known"]))
    check(many, "text->video")
    many.reword(seen.id, saying([]))
    check(many, "text->video")


def test_names_and_labels_are_changes_that_followers_take_in_and_metadata_is_none(gallery: Gallery) -> None:
    def position() -> int:
        with gallery._stores.database.reading() as connection:
            return changes.position(connection, gallery.key)

    clip, before = gallery.clips()[0], position()
    gallery.reword(clip.id, saying(year=1))
    assert position() == before
    gallery.reword(clip.id, saying(["bell"]))
    assert position() == before + len(clip.windows)
    gallery.reword(clip.id, saying(name="another"))
    assert position() == before + 2 * len(clip.windows)


@pytest.mark.parametrize("odd", [saying(["", "bell"]), saying(["x" * 256]), saying(name=" "), saying(text="\0")])
def test_what_cannot_be_kept_changes_nothing(gallery: Gallery, odd: Callable[[Clip], Wording]) -> None:
    before = gallery.clips()
    with pytest.raises(InvalidInput):
        gallery.reword(before[0].id, odd)
    assert gallery.clips() == before


def test_who_decides_sees_the_clip_and_may_refuse(gallery: Gallery) -> None:
    def refuse(clip: Clip) -> Wording:
        raise PreconditionFailed(clip.name)

    before = gallery.clips()
    with pytest.raises(PreconditionFailed, match=before[2].name):
        gallery.reword(before[2].id, refuse)
    with pytest.raises(ClipNotFound):
        gallery.reword("0" * 16, saying(["bell"]))
    assert gallery.clips() == before


def test_clips_go_together_with_their_media_and_others_are_passed_over(gallery: Gallery, tmp_path: Path) -> None:
    ids = [each.id for each in gallery.clips()]
    assert gallery.remove_all([*ids[:5], "0" * 16, ids[0]]) == ids[:5]
    assert [each.id for each in gallery.clips()] == ids[5:]
    assert len(media_files(tmp_path)) == 3
    found = gallery.search("audio->video", query(0, "audio"), k=9)
    assert {hit.clip_id for hit in found} == set(ids[5:])
    assert gallery.remove_all([]) == []
