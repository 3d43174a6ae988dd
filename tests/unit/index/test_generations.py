"""Generations: verified before they are switched to, kept for a while, and kept on the disk."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from index import generations
from index.clips import Clip
from index.galleries import Galleries
from index.gallery import Gallery
from index.reindexing import Rules, forget
from index.stores import Stores
from index.vectors.faiss_store import FaissIndex
from index.vectors.gpu_device import missing
from index.vectors.gpu_opening import _say
from index.vectors.kinds import IndexOptions
from models.errors import BundleNotFound, Conflict, GenerationNotFound, GenerationWorse, MediaInvalid, SpaceMismatch
from models.features.extract import ClipFeatures, WindowFeatures
from models.types import F32, Window
from tests.tiny.bundles import AUDIO, TEXT, VIDEO, tiny_bundle, tiny_maps
from tests.tiny.tables import own_tables
from tests.unit.index.world import add, clip_features, path_of, query

QUERY = query(0, "text")
ANY = Rules(tolerance=None)
"""Bundles of random weights find no better than chance: one may well be worse."""
BETTER = VIDEO.model_copy(update={"name": "better-video@2", "sha256": "d" * 64})


@pytest.fixture
def better(tmp_path: Path) -> str:
    """The name of a bundle over another backbone for pictures."""
    tiny_bundle(tmp_path / "bundles" / "better", name="better", video=BETTER, seed=2)
    return "better"


@pytest.fixture
def always_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """However few vectors there are, they are worth a snapshot."""
    monkeypatch.setattr(generations, "WORTH", 1)


def numbers(gallery: Gallery) -> list[int]:
    return [each.number for each in gallery.generations()]


def scores(gallery: Gallery, route: str = "text->av") -> dict[str, float]:
    return {hit.clip_id: hit.score for hit in gallery.search(route, QUERY, k=100)}


def extract_by_seed(media: Path) -> ClipFeatures:
    """What the better backbone sees in a file of `world.add`: other pictures, the same sound."""
    seed = int(media.read_bytes().split()[-1])
    return replaced(clip_features(seed), clip_features(seed + 5000))


def replaced(features: ClipFeatures, pictures: ClipFeatures) -> ClipFeatures:
    """The first's sound with the second's pictures."""
    pairs = zip(features.windows, pictures.windows, strict=True)
    cuts = [
        replace(each, features={"audio": each.features["audio"], "video": other.features["video"]})
        for each, other in pairs
    ]
    return replace(features, windows=tuple(cuts))


def test_a_rollback_answers_as_before_with_what_came_and_went_since(gallery: Gallery, tmp_path: Path) -> None:
    before = scores(gallery)
    gallery.reindex("other", rules=ANY)
    gone, new = sorted(before)[0], add(gallery, tmp_path, 30)
    gallery.remove(gone)
    assert gallery.roll_back().number == 1
    after = scores(gallery)
    assert after.keys() == before.keys() - {gone} | {new.id}
    assert all(after[each] == pytest.approx(before[each], abs=2e-3) for each in after.keys() & before.keys())
    assert gallery.summary().generation == 1


def test_one_can_go_forward_again_to_a_generation_of_ones_choice(gallery: Gallery) -> None:
    gallery.reindex("other", rules=ANY)
    gallery.roll_back()
    assert gallery.roll_back(2).number == 2
    assert gallery.active.bundle.name == "other"


def test_a_reindexing_after_a_rollback_gets_a_number_of_its_own(gallery: Gallery) -> None:
    gallery.reindex("other", rules=ANY)
    gallery.roll_back()
    assert gallery.reindex("other", rules=ANY).number == 3
    assert numbers(gallery) == [1, 2, 3]
    assert gallery.roll_back().number == 2


def test_as_many_generations_are_kept_as_the_rules_say(gallery: Gallery) -> None:
    for bundle in ("other", "tiny", "other"):
        gallery.reindex(bundle, rules=Rules(tolerance=None, kept=1))
    assert numbers(gallery) == [3, 4]
    with pytest.raises(GenerationNotFound, match="no generation 1; there are: 3, 4"):
        gallery.roll_back(1)


def test_none_is_kept_where_the_rules_say_so(gallery: Gallery) -> None:
    gallery.reindex("other", rules=Rules(tolerance=None, kept=0))
    assert numbers(gallery) == [2]


def test_there_is_nothing_before_the_first_generation(gallery: Gallery) -> None:
    with pytest.raises(GenerationNotFound, match="before 1"):
        gallery.roll_back()


def test_a_rollback_to_a_bundle_that_is_gone_is_refused_and_nothing_changes(gallery: Gallery, tmp_path: Path) -> None:
    gallery.reindex("other", rules=ANY)
    before = scores(gallery)
    (tmp_path / "bundles" / "tiny" / "bundle.json").unlink()
    with pytest.raises(BundleNotFound, match="'tiny'"):
        gallery.roll_back()
    assert (gallery.active.number, scores(gallery)) == (2, before)


def separated(gallery: Gallery, folder: Path) -> None:
    """Six clips of 20 windows, of three labels that the bundle "tiny" tells apart, and others do not."""
    maps = tiny_maps({"audio": AUDIO, "video": VIDEO, "text": TEXT}, 0)
    noise = np.random.default_rng(0)

    def near(map_: F32, label: int) -> F32:
        target = 3 * np.eye(4, dtype=np.float32)[label] + noise.normal(0, 0.1, 4)
        found: F32 = (target @ np.linalg.pinv(map_)).astype(np.float32)
        return found

    for number in range(6):
        path = folder / f"separated {number}.mp4"
        path.write_bytes(path.name.encode())
        cuts = [
            WindowFeatures(
                Window(2.0 * i, 2.0 * i + 2),
                {"audio": near(maps["audio"], number % 3), "video": near(maps["video"], number % 3)},
            )
            for i in range(20)
        ]
        features = ClipFeatures(40.0, tuple(cuts))
        gallery.add(path, name=path.name, labels=[f"label {number % 3}"], features=features)


@pytest.fixture
def labelled(galleries: Galleries, tmp_path: Path) -> Gallery:
    """A gallery in which the bundle "tiny" finds all, and "other" little."""
    found = galleries.create("labelled", "tiny")
    separated(found, tmp_path)
    return found


def test_a_worse_bundle_is_refused_with_its_figures_and_nothing_changes(labelled: Gallery, tmp_path: Path) -> None:
    before = scores(labelled)
    with pytest.raises(GenerationWorse, match=r"of audio->video would fall from 1\.000 to 0\.\d{3} on 120 windows"):
        labelled.reindex("other")
    assert (labelled.active.number, numbers(labelled), scores(labelled)) == (1, [1], before)
    assert labelled.reindex("tiny").number == 2


def test_a_worse_bundle_is_switched_to_where_the_rules_allow_it_and_its_figures_are_kept(labelled: Gallery) -> None:
    labelled.reindex("other", rules=ANY)
    report: Any = labelled.generations()[-1].report
    assert report["tolerance"] is None
    assert report["comparison"]["windows"] == 120
    for route in ("audio->video", "video->audio"):
        assert report["comparison"]["before"][route] == pytest.approx(1.0)
        assert report["comparison"]["after"][route] < 0.9
    assert {each["vectors"] for each in report["tables"].values()} == {120}
    assert all(each["recall"] == 1.0 for each in report["tables"].values())


def test_a_fall_within_the_tolerance_is_allowed(labelled: Gallery) -> None:
    assert labelled.reindex("other", rules=Rules(tolerance=1.0)).number == 2
    assert labelled.generations()[-1].report["tolerance"] == 1.0


def test_too_few_windows_to_tell_are_compared_but_never_refused(gallery: Gallery) -> None:
    gallery.reindex("other", rules=Rules(tolerance=0.0))
    report: Any = gallery.generations()[-1].report
    assert report["comparison"]["windows"] == 8


def test_other_backbones_are_taken_from_the_media_and_the_features_that_were_there_stay(
    gallery: Gallery, better: str
) -> None:
    before = scores(gallery)
    found = gallery.reindex(better, rules=ANY, extract=extract_by_seed)
    assert (found.number, found.bundle.name) == (2, "better")
    after = scores(gallery)
    assert after.keys() == before.keys()
    assert after != before
    assert gallery.roll_back().number == 1
    assert scores(gallery) == pytest.approx(before, abs=2e-3)


def test_features_from_the_media_are_those_of_a_gallery_that_was_made_with_them(
    galleries: Galleries, gallery: Gallery, better: str, tmp_path: Path
) -> None:
    fresh = galleries.create("fresh", better)
    for clip in gallery.clips():
        media = path_of(gallery.media(clip.id))
        fresh.add(media, name=clip.name, labels=clip.labels, features=extract_by_seed(media))
    gallery.reindex(better, rules=ANY, extract=extract_by_seed)
    for route in ("text->audio", "text->video", "text->av"):
        assert scores(gallery, route) == pytest.approx(scores(fresh, route), abs=2e-3)


def test_a_clip_that_comes_while_others_are_decoded_is_found_after_the_switch(
    gallery: Gallery, better: str, tmp_path: Path
) -> None:
    def extract(media: Path) -> ClipFeatures:
        add(gallery, tmp_path, 40)  # with features of the backbones that there were
        return extract_by_seed(media)

    gallery.reindex(better, rules=ANY, extract=extract)
    assert scores(gallery).keys() == {clip.id for clip in gallery.clips()}
    assert len(gallery.clips()) == 9


def test_a_switch_that_would_lose_a_clip_is_refused_and_nothing_changes(
    gallery: Gallery, better: str, tmp_path: Path
) -> None:
    before = scores(gallery)

    def extract(media: Path) -> ClipFeatures:
        seed = int(media.read_bytes().split()[-1])
        add(gallery, tmp_path, 40 if seed < 40 else seed + 1)  # there is always one that was not decoded yet
        return extract_by_seed(media)

    with pytest.raises(Conflict, match="1 clips lack the features that generation 2 is made from"):
        gallery.reindex(better, rules=ANY, extract=extract)
    assert (gallery.active.number, numbers(gallery)) == (1, [1])
    assert before.keys() < scores(gallery).keys()


def test_a_generation_that_answers_is_not_forgotten(gallery: Gallery, tmp_path: Path, catalog: str | None) -> None:
    """As when a server went away while it committed the switch: whoever switched believes that it failed."""
    gallery.reindex("other", rules=ANY)
    stores = Stores.open(tmp_path, catalog)
    forget(stores, gallery.active.gallery, 2)
    assert numbers(gallery) == [1, 2]
    forget(stores, gallery.active.gallery, 1)
    assert numbers(gallery) == [2]
    stores.close()


def fail_at(seed: int) -> Callable[[Path], ClipFeatures]:
    def extract(media: Path) -> ClipFeatures:
        if media.read_bytes().endswith(f" {seed}".encode()):
            raise MediaInvalid("a damaged file")
        return extract_by_seed(media)

    return extract


def test_a_reindexing_that_fails_at_a_file_changes_nothing_and_goes_on_where_it_was(
    gallery: Gallery, better: str
) -> None:
    before, asked = scores(gallery), []
    with pytest.raises(MediaInvalid):
        gallery.reindex(better, rules=ANY, extract=fail_at(gallery_seed(gallery)))
    assert (numbers(gallery), scores(gallery)) == ([1], before)

    def counting(media: Path) -> ClipFeatures:
        asked.append(media)
        return extract_by_seed(media)

    assert gallery.reindex(better, rules=ANY, extract=counting).number == 2
    assert 0 < len(asked) < 8


def gallery_seed(gallery: Gallery) -> int:
    """Of the clip that comes in the middle of those in order of their ids."""
    name = sorted((clip.id, clip.name) for clip in gallery.clips())[4][1]
    return int(name.removeprefix("clip ").removesuffix(".mp4"))


def test_a_file_that_would_be_cut_into_other_windows_is_refused_and_nothing_changes(
    gallery: Gallery, better: str
) -> None:
    with pytest.raises(SpaceMismatch, match="has 1 windows, 'better' would cut it into others"):
        gallery.reindex(better, extract=lambda media: clip_features(0, windows=2))
    assert numbers(gallery) == [1]


def add_with_better_features(gallery: Gallery, folder: Path, seed: int) -> Clip:
    path = folder / f"clip {seed}.mp4"
    path.write_bytes(f"the bytes of clip {seed}".encode())
    return gallery.add(path, name=path.name, labels=["thing"], features=extract_by_seed(path))


def test_a_rollback_that_would_lose_a_clip_is_refused_and_nothing_changes(
    gallery: Gallery, better: str, tmp_path: Path
) -> None:
    gallery.reindex(better, rules=ANY, extract=extract_by_seed)
    new = add_with_better_features(gallery, tmp_path, 40)
    before = scores(gallery)
    with pytest.raises(SpaceMismatch, match=r"1 clips lack the features.*'clip 40\.mp4'.*reindex to its bundle 'tiny'"):
        gallery.roll_back()
    assert (gallery.active.number, scores(gallery)) == (2, before)
    assert new.id in before


def test_a_refused_rollback_works_once_the_clip_is_complete(
    gallery: Gallery, better: str, tmp_path: Path, always_kept: None
) -> None:
    gallery.reindex(better, rules=ANY, extract=extract_by_seed)
    new = add_with_better_features(gallery, tmp_path, 40)
    with pytest.raises(SpaceMismatch):
        gallery.roll_back()
    gallery.reindex("tiny", rules=ANY, extract=lambda media: clip_features(40))
    assert gallery.roll_back(1).number == 1
    assert new.id in scores(gallery)


def tables_are_mapped(gallery: Gallery) -> bool:
    """Whether they come from a snapshot."""
    indexes = [table.index for table in own_tables(gallery.active).values()]
    return all(isinstance(each, FaissIndex) and isinstance(each.parts[0].ids.base, np.memmap) for each in indexes)


def fresh_rows(gallery: Gallery) -> set[int]:
    found = [table.index for table in own_tables(gallery.active).values()]
    return {len(each.parts[1]) for each in found if isinstance(each, FaissIndex)}


def restarted(galleries: Galleries, folder: Path, catalog: str | None) -> Galleries:
    galleries.close()
    return Galleries.open(folder, catalog)


@pytest.mark.usefixtures("always_kept")
def test_a_start_reads_a_snapshot_and_takes_in_what_came_and_went_since(
    galleries: Galleries, gallery: Gallery, tmp_path: Path, catalog: str | None
) -> None:
    gallery.reindex("other", rules=ANY)
    add(gallery, tmp_path, 30)
    gallery.remove(gallery.clips()[0].id)
    before = {route: scores(gallery, route) for route in ("text->audio", "text->video", "text->av")}
    reopened = restarted(galleries, tmp_path, catalog)
    again = reopened.get("demo")
    assert tables_are_mapped(again)
    for route, found in before.items():
        assert scores(again, route) == pytest.approx(found, abs=2e-3)
    reopened.close()


@pytest.mark.usefixtures("always_kept")
def test_vectors_that_changed_are_written_and_the_next_start_has_them_in_place(
    galleries: Galleries, gallery: Gallery, tmp_path: Path, catalog: str | None
) -> None:
    gallery.reindex("other", rules=ANY)
    add(gallery, tmp_path, 30)
    gallery.remove(gallery.clips()[0].id)
    gallery.keep()
    before, position = scores(gallery), gallery.active.position
    reopened = restarted(galleries, tmp_path, catalog)
    again = reopened.get("demo")
    assert {each.unwritten for each in own_tables(again.active).values()} == {0}
    assert again.active.position == position
    assert scores(again) == pytest.approx(before, abs=2e-3)
    reopened.close()


@pytest.mark.usefixtures("always_kept")
def test_vectors_that_did_not_change_are_not_written_again(gallery: Gallery, tmp_path: Path) -> None:
    add(gallery, tmp_path, 30)
    gallery.keep()
    heads = list((tmp_path / "vectors").rglob("snapshot.json"))
    written = [each.stat().st_ino for each in heads]
    gallery.keep()
    assert [each.stat().st_ino for each in heads] == written
    assert len(heads) == 3


def test_few_vectors_are_not_written(gallery: Gallery, tmp_path: Path) -> None:
    gallery.reindex("other", rules=ANY)
    gallery.keep()
    assert not list((tmp_path / "vectors").glob("*/*/*"))


@pytest.mark.usefixtures("always_kept")
def test_the_snapshots_of_forgotten_generations_are_gone(gallery: Gallery, tmp_path: Path) -> None:
    for bundle in ("other", "tiny", "other", "tiny"):
        gallery.reindex(bundle, rules=ANY)
    assert {each.name for each in (tmp_path / "vectors").glob("*/*")} == {"3", "4", "5"}


@pytest.mark.usefixtures("always_kept")
def test_a_refused_reindexing_leaves_no_vectors(labelled: Gallery, tmp_path: Path) -> None:
    with pytest.raises(GenerationWorse):
        labelled.reindex("other")
    assert not list((tmp_path / "vectors").glob("*/2/*"))


@pytest.mark.usefixtures("always_kept")
def test_a_compaction_takes_fresh_rows_in_and_answers_the_same(
    galleries: Galleries, gallery: Gallery, tmp_path: Path, catalog: str | None
) -> None:
    for seed in range(30, 36):
        add(gallery, tmp_path, seed)
    gallery.remove(gallery.clips()[9].id)
    before = scores(gallery)
    assert fresh_rows(gallery) != {0}
    gallery.compact()
    assert fresh_rows(gallery) == {0}
    assert scores(gallery) == pytest.approx(before, abs=2e-3)
    new = add(gallery, tmp_path, 50)
    assert scores(gallery).keys() == before.keys() | {new.id}
    reopened = restarted(galleries, tmp_path, catalog)
    assert tables_are_mapped(reopened.get("demo"))
    assert scores(reopened.get("demo")).keys() == before.keys() | {new.id}
    reopened.close()


def test_where_there_is_no_gpu_a_gallery_for_one_is_searched_on_the_cpu(
    galleries: Galleries, gallery: Gallery, tmp_path: Path, catalog: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    if not missing():
        pytest.skip("there is a GPU")
    before = gallery.search("text->av", QUERY, k=9)
    galleries.close()
    _say.cache_clear()
    reopened = Galleries.open(tmp_path, catalog, IndexOptions(device="gpu"))
    assert reopened.get("demo").search("text->av", QUERY, k=9) == before
    reopened.close()
    _say.cache_clear()
    said = [each.message.split(":")[0] for each in caplog.records if each.name.startswith("index.vectors")]
    assert said == ["vectors are searched on the CPU"]
