"""Corrected routes: a gallery answers as if every bias were computed anew for each search, whatever came and went."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from index import archive, choosing, generations, route_bank
from index.choosing import Wanted
from index.corrections import Corrections
from index.galleries import Galleries
from index.gallery import Gallery
from index.labelled import labelled
from index.reindexing import Rules
from index.stores import Stores
from models.errors import RouteMissing
from models.features.extract import ClipFeatures, WindowFeatures
from models.hubness import RouteBias, is_sampled
from models.types import F32, F64, Sense, Window
from tests.tiny.bundles import AUDIO, TEXT, VIDEO, tiny_maps
from tests.tiny.tables import own_tables
from tests.unit.index.corrected import ASKED, MIXED, STRONG, check
from tests.unit.index.world import add, clip_features, query

ANY = Rules(tolerance=None)


def test_a_gallery_answers_by_the_biases_that_it_was_reindexed_with(many: Gallery) -> None:
    before = {route: many.search(route, query(7, ASKED[route]), k=100) for route in ASKED}
    many.reindex("tiny", rules=ANY, biases=MIXED)
    assert dict(many.active.biases) == MIXED
    check(many)
    for route, hits in before.items():
        again = many.search(route, query(7, ASKED[route]), k=100)
        assert ([each.score for each in again] == pytest.approx([each.score for each in hits], abs=2e-3)) == (
            route not in MIXED
        )


def test_biases_stay_true_as_clips_come_and_go(many: Gallery, tmp_path: Path) -> None:
    many.reindex("tiny", rules=ANY, biases=MIXED)
    numbers = np.random.default_rng(0)
    for seed in range(30, 42):
        add(many, tmp_path, seed, senses=(("audio", "video"), ("audio",), ("video",))[seed % 3])
        for each in numbers.choice([clip.id for clip in many.clips()], size=seed % 3, replace=False).tolist():
            many.remove(each)
        check(many)


def test_what_another_process_adds_and_deletes_changes_the_biases_here(
    many: Gallery, tmp_path: Path, catalog: str | None
) -> None:
    many.reindex("tiny", rules=ANY, biases=MIXED)
    beside = Galleries.open(tmp_path, catalog)
    theirs = beside.get("demo")
    check(theirs)
    add(many, tmp_path, 40)
    many.remove(many.clips()[0].id)
    check(theirs)
    beside.close()


def test_a_start_reads_biases_from_a_snapshot_and_keeps_them_true(
    many: Gallery, galleries: Galleries, tmp_path: Path, catalog: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(generations, "WORTH", 1)
    many.reindex("tiny", rules=ANY, biases=MIXED)
    add(many, tmp_path, 40)
    galleries.close()
    with monkeypatch.context() as patched:
        patched.setattr(generations, "_built", never)
        reopened = Galleries.open(tmp_path, catalog)
        again = reopened.get("demo")
    check(again)
    add(again, tmp_path, 41)
    again.remove(again.clips()[3].id)
    again.keep()
    check(again)
    reopened.close()
    last = Galleries.open(tmp_path, catalog)
    check(last.get("demo"))
    last.close()


def never(*_: object) -> None:
    raise AssertionError("the vectors were made anew")


def test_a_compaction_keeps_the_biases(many: Gallery, tmp_path: Path) -> None:
    many.reindex("tiny", rules=ANY, biases=MIXED)
    add(many, tmp_path, 40)
    many.compact()
    assert dict(many.active.biases) == MIXED
    check(many)


def test_a_reindex_keeps_the_biases_unless_others_are_asked_for(many: Gallery) -> None:
    many.reindex("tiny", rules=ANY, biases=MIXED)
    assert dict(many.reindex("other", rules=ANY).biases) == MIXED
    check(many)
    assert dict(many.reindex("other", rules=ANY, biases={"audio->video": STRONG}).biases) == {"audio->video": STRONG}
    assert dict(many.reindex("other", rules=ANY, biases={}).biases) == {}
    check(many)


def test_a_rollback_brings_back_the_biases_of_its_generation(
    many: Gallery, galleries: Galleries, tmp_path: Path, catalog: str | None
) -> None:
    many.reindex("tiny", rules=ANY, biases=MIXED)
    many.reindex("tiny", rules=ANY, biases={})
    assert dict(many.roll_back().biases) == MIXED
    check(many)
    galleries.close()
    reopened = Galleries.open(tmp_path, catalog)
    assert dict(reopened.get("demo").active.biases) == MIXED
    reopened.close()


def test_a_stepwise_reindexing_keeps_what_it_settled_when_it_is_taken_up_again(many: Gallery) -> None:
    first = many.stepwise("tiny", "a job", MIXED)
    assert dict(first.build().biases) == MIXED
    again = many.stepwise("tiny", "a job", {"audio->video": "chosen"})
    fresh = again.build()
    assert dict(fresh.biases) == MIXED
    again.switch(fresh, expected=1, rules=ANY)
    check(many)


def test_a_bank_is_of_a_share_of_the_windows_where_there_are_many(
    many: Gallery, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(choosing, "shift_for", lambda count: 2)
    many.reindex("tiny", rules=ANY, biases={"audio->video": STRONG})
    for seed in range(30, 40):
        add(many, tmp_path, seed)
    assert many.active.corrections.shift == 2
    table = own_tables(many.active)[many.active.table("audio->video").embedding.space]
    assert table.biasing is not None
    asked = table.biasing.state()["bank-0-queries"]
    assert 0 < len(asked) < 28
    assert is_sampled(asked, 2).all()


def test_a_route_that_is_not_there_cannot_be_corrected(many: Gallery) -> None:
    with pytest.raises(RouteMissing, match="has no route 'audio->text' to clips that could be corrected"):
        many.reindex("tiny", rules=ANY, biases={"audio->text": STRONG})
    assert many.active.number == 1
    assert len(many.generations()) == 1


def test_a_bias_that_is_off_is_none(many: Gallery) -> None:
    assert many.reindex("tiny", rules=ANY, biases={"audio->video": RouteBias()}).corrections == Corrections()


def test_too_few_clips_choose_no_bias(gallery: Gallery) -> None:
    assert dict(gallery.reindex("tiny", rules=ANY, biases={"audio->video": "chosen"}).biases) == {}


@pytest.fixture
def with_hubs(galleries: Galleries, tmp_path: Path) -> Gallery:
    """Sixty clips of four labels, and six others whose pictures lie in the midst of all sounds."""
    numbers = np.random.default_rng(0)
    gallery, middles = galleries.create("hubs", "tiny"), 2 * np.eye(4)
    for seed in range(66):
        label, is_hub = seed % 4, seed >= 60
        sound = middles[label] + numbers.normal(scale=0.3, size=4)
        pictures = np.full(4, 0.5) if is_hub else middles[label] + numbers.normal(scale=1.2, size=4)
        path = tmp_path / f"hub {seed}"
        path.write_bytes(f"hub {seed}".encode())
        gallery.add(
            path, name=path.name, labels=["hub" if is_hub else f"label {label}"], features=seen(sound, pictures)
        )
    return gallery


def seen(sound: F64, pictures: F64) -> ClipFeatures:
    """A clip that the bundle "tiny" embeds like this."""
    maps = tiny_maps({"audio": AUDIO, "video": VIDEO, "text": TEXT}, 0)
    rows: dict[Sense, F32] = {
        "audio": (sound @ np.linalg.pinv(maps["audio"])).astype(np.float32),
        "video": (pictures @ np.linalg.pinv(maps["video"])).astype(np.float32),
    }
    return ClipFeatures(2.0, (WindowFeatures(Window(0.0, 2.0), rows),))


def test_a_bias_is_chosen_where_it_helps_also_clips_that_it_was_not_chosen_on(with_hubs: Gallery) -> None:
    wanted: Wanted = {"audio->video": "chosen"}
    fresh = with_hubs.reindex("tiny", rules=Rules(tolerance=0.0), biases=wanted)
    assert fresh.biases["audio->video"].alpha > 0
    comparison: Any = with_hubs.generations()[-1].report["comparison"]
    assert comparison["after"]["audio->video"] > comparison["before"]["audio->video"]
    check(with_hubs, "audio->video")


def test_labels_are_read_in_portions(many: Gallery, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(route_bank, "PLACES", 3)
    monkeypatch.setattr(route_bank, "BLOCK", 5)
    many.reindex("tiny", rules=ANY, biases=MIXED)
    check(many)


def test_an_archive_keeps_biases(many: Gallery, galleries: Galleries, tmp_path: Path, catalog: str | None) -> None:
    many.reindex("tiny", rules=ANY, biases=MIXED)
    stores = Stores.open(tmp_path, catalog)
    archive.export(stores, "demo", tmp_path / "demo.tar")
    archive.import_(stores, tmp_path / "demo.tar", name="again")
    archive.export(stores, "again", tmp_path / "again.tar")
    stores.database.close()
    again = galleries.get("again")
    assert dict(again.active.biases) == MIXED
    check(again)


def test_the_halves_that_a_choice_is_made_and_held_to_share_no_clip_and_have_all_classes(
    with_hubs: Gallery, tmp_path: Path, catalog: str | None
) -> None:
    for seed in range(100, 106):
        path = tmp_path / f"long {seed}"
        path.write_bytes(str(seed).encode())
        with_hubs.add(path, name=path.name, labels=["label 1"], features=clip_features(seed, windows=3))
    stores = Stores.open(tmp_path, catalog)
    with stores.database.reading() as connection:
        sample = labelled(connection, with_hubs.key, with_hubs.active.bundle.manifest)
    stores.close()
    first, second = sample.halves()
    assert len(sample.windows) == len(first.windows) + len(second.windows) == 84
    assert not set(first.clips.tolist()) & set(second.clips.tolist())
    assert set(first.labels.tolist()) == set(second.labels.tolist()) == set(range(len(sample.classes)))
    assert abs(len(set(first.clips.tolist())) - len(set(second.clips.tolist()))) <= 5
