"""Adding, finding and deleting clips."""

import os
import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path
from threading import Barrier
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import numpy_helper
from sqlalchemy import URL, create_engine
from sqlalchemy.exc import DatabaseError

from index.catalog.address import parse
from index.clips import Clip
from index.galleries import Galleries
from index.gallery import Gallery
from index.metadata import Json
from index.stores import Stores
from models.bundle.store import load_manifest, save
from models.errors import (
    BundleNotFound,
    CatalogInvalid,
    ClipNotFound,
    Conflict,
    GalleryNotFound,
    InvalidInput,
    QueryInvalid,
    RouteMissing,
    SpaceMismatch,
    Unavailable,
)
from models.features.extract import ClipFeatures, WindowFeatures
from models.scoring import scores
from models.types import Modality, Sense, Window
from tests.tiny.bundles import ROUTES, tiny_bundle
from tests.unit.index.world import BOTH, add, clip_features, media_files, path_of, query, vectors

SEARCHED: dict[str, tuple[Modality, ...]] = {
    "text->audio": ("text",),
    "text->video": ("text",),
    "text->av": ("text",),
    "audio->video": ("audio",),
    "video->audio": ("video",),
}


@pytest.fixture
def gallery(galleries: Galleries) -> Gallery:
    return galleries.create("demo", "tiny")


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    (tmp_path / "scratch").mkdir()
    return tmp_path / "scratch"


@pytest.mark.parametrize("route", SEARCHED)
def test_hits_are_those_of_a_loop_over_the_features(gallery: Gallery, scratch: Path, route: str) -> None:
    names = {add(gallery, scratch, seed).id: seed for seed in range(9)}
    bundle, spec = gallery.active.bundle, ROUTES[route]
    asked = query(0, *SEARCHED[route])
    left = bundle.embed(spec.query, {name: row[None] for name, row in asked.items()})
    right = [bundle.embed(spec.gallery, {s: v[None] for s, v in vectors(seed).items()})[0] for seed in range(9)]
    by_hand = scores(left, np.array(right), spec.metric)[0]
    hits = gallery.search(route, asked, k=4)
    assert [names[hit.clip_id] for hit in hits] == np.argsort(-by_hand)[:4].tolist()
    assert [hit.score for hit in hits] == pytest.approx(np.sort(by_hand)[::-1][:4].tolist(), abs=1e-4)


def test_a_hit_tells_of_its_clip_and_window(gallery: Gallery, scratch: Path) -> None:
    clip = add(gallery, scratch, 4, windows=3)
    hits = gallery.search("text->av", query(0, "text"), k=10)
    assert sorted(hit.window.start_s for hit in hits) == [0, 2, 4]
    assert {(hit.clip_id, hit.name, hit.labels, hit.media_type) for hit in hits} == {
        (clip.id, "clip 4.mp4", ("label 1", "thing"), "video/mp4")
    }


def test_a_clip_is_kept_as_it_was_given(gallery: Gallery, scratch: Path) -> None:
    clip = add(gallery, scratch, 4, windows=2)
    assert gallery.clip(clip.id) == clip
    assert gallery.clips() == [clip]
    assert (clip.duration_s, clip.windows) == (4, (Window(0, 2), Window(2, 4)))
    assert clip.senses == frozenset(BOTH)
    assert path_of(gallery.media(clip.id)).read_bytes() == b"the bytes of clip 4"


def test_the_same_bytes_are_the_same_clip(gallery: Gallery, scratch: Path, tmp_path: Path) -> None:
    first = add(gallery, scratch, 1)
    again = gallery.add(scratch / "clip 1.mp4", name="another.mp4", labels=[], features=clip_features(2))
    assert again == first
    assert gallery.summary().clips == 1
    assert media_files(tmp_path) == [first.sha256]


def test_two_processes_that_add_the_same_bytes_at_once_get_the_same_clip(
    galleries: Galleries, gallery: Gallery, scratch: Path, tmp_path: Path, catalog: str | None
) -> None:
    """Two libraries on one folder stand for two processes."""
    elsewhere = Galleries.open(tmp_path, catalog)
    sides, together = [gallery, elsewhere.get("demo")], Barrier(2)
    for side in range(2):
        (scratch / str(side)).mkdir()

    def add_all(side: int) -> list[Clip]:
        together.wait()
        return [add(sides[side], scratch / str(side), seed) for seed in range(12)]

    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(add_all, range(2))
    assert first == second == gallery.clips()
    assert media_files(tmp_path) == sorted(clip.sha256 for clip in first)
    elsewhere.close()


def test_metadata_is_kept_with_the_clip(gallery: Gallery, scratch: Path) -> None:
    (scratch / "a.mp4").write_bytes(b"a")
    given: dict[str, Json] = {"place": "Zürich", "taken": {"year": 2021, "sure": True, "by": None}, "size": [1.5, 2]}
    clip = gallery.add(scratch / "a.mp4", name="a.mp4", labels=[], features=clip_features(1), metadata=given)
    assert gallery.clip(clip.id).metadata == given
    assert gallery.clip(clip.id).added_at == pytest.approx(time.time(), abs=60)


@pytest.mark.parametrize(
    ("metadata", "complaint"),
    [
        (["a"], "a JSON object, found list"),
        ({"a": "x" * 16_384}, "at most 16384 bytes of JSON, found 16392"),
        ({"": 1}, "1 to 64 printable characters"),
        ({"a": [{"x" * 65: 1}]}, "1 to 64 printable characters"),
        ({"a\n": 1}, "1 to 64 printable characters"),
        ({'a"': 1}, "without quotes"),
        ({1: 1}, "found '1'"),
        ({"a": float("nan")}, "holds 'nan'"),
        ({"a": [float("inf")]}, "holds 'inf'"),
        ({"a": "\0"}, "cannot keep"),
        ({"a": "\ud800"}, "cannot keep"),
        ({"a": 2**63}, "holds '9223372036854775808'"),
        ({"a": {1, 2}}, "cannot keep"),
        ({"a": [[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]}, "at most 16 levels"),
    ],
)
def test_metadata_that_cannot_be_kept_is_refused_and_leaves_nothing(
    gallery: Gallery, scratch: Path, tmp_path: Path, metadata: Any, complaint: str
) -> None:
    (scratch / "a.mp4").write_bytes(b"a")
    with pytest.raises(InvalidInput, match=complaint):
        gallery.add(scratch / "a.mp4", name="a.mp4", labels=[], features=clip_features(1), metadata=metadata)
    assert gallery.clips() == []
    assert media_files(tmp_path) == []


def test_a_window_that_lacks_a_sense_is_not_found_by_it(gallery: Gallery, scratch: Path) -> None:
    silent = add(gallery, scratch, 1, senses=("video",))
    blind = add(gallery, scratch, 2, senses=("audio",))
    found = {
        route: {hit.clip_id for hit in gallery.search(route, query(0, "text"), k=9)}
        for route in ("text->audio", "text->video", "text->av")
    }
    assert found == {"text->audio": {blind.id}, "text->video": {silent.id}, "text->av": set()}


def test_a_deleted_clip_is_gone_at_once_with_its_media(gallery: Gallery, scratch: Path, tmp_path: Path) -> None:
    kept, gone = add(gallery, scratch, 1), add(gallery, scratch, 2, windows=2)
    gallery.remove(gone.id)
    assert [hit.clip_id for hit in gallery.search("text->av", query(0, "text"), k=9)] == [kept.id]
    assert media_files(tmp_path) == [kept.sha256]
    with pytest.raises(ClipNotFound, match=gone.id):
        gallery.clip(gone.id)
    with pytest.raises(ClipNotFound, match=gone.id):
        gallery.remove(gone.id)


def test_a_deleted_clip_can_be_added_again(gallery: Gallery, scratch: Path) -> None:
    gallery.remove(add(gallery, scratch, 2).id)
    assert [hit.clip_id for hit in gallery.search("text->av", query(0, "text"), k=9)] == []
    again = add(gallery, scratch, 2)
    assert [hit.clip_id for hit in gallery.search("text->av", query(0, "text"), k=9)] == [again.id]


def test_media_that_another_gallery_has_too_stays(
    galleries: Galleries, gallery: Gallery, scratch: Path, tmp_path: Path
) -> None:
    second = galleries.create("second", "tiny")
    clip = add(gallery, scratch, 1)
    assert add(second, scratch, 1).id == clip.id
    gallery.remove(clip.id)
    assert second.media(clip.id).exists()
    second.remove(clip.id)
    assert media_files(tmp_path) == []


def test_reopening_gives_the_same_hits(
    galleries: Galleries, gallery: Gallery, scratch: Path, tmp_path: Path, catalog: str | None
) -> None:
    for seed in range(12):
        add(gallery, scratch, seed, windows=1 + seed % 3, senses=("audio",) if seed == 5 else ("audio", "video"))
    gallery.remove(gallery.clips()[3].id)
    before = {route: gallery.search(route, query(0, *asked), k=50) for route, asked in SEARCHED.items()}
    galleries.close()
    reopened = Galleries.open(tmp_path, catalog)
    for route, hits in before.items():
        after = reopened.get("demo").search(route, query(0, *SEARCHED[route]), k=50)
        assert [(hit.clip_id, hit.window) for hit in after] == [(hit.clip_id, hit.window) for hit in hits]
        assert [hit.score for hit in after] == pytest.approx([hit.score for hit in hits], abs=1e-5)
    reopened.close()


def test_summary_counts(gallery: Gallery, scratch: Path) -> None:
    for seed in range(4):
        add(gallery, scratch, seed, windows=2)
    found = gallery.summary()
    assert (found.name, found.bundle, found.generation, found.clips, found.windows) == ("demo", "tiny", 1, 4, 8)
    assert found.labels == {"label 0": 2, "label 1": 1, "label 2": 1, "thing": 4}
    assert set(found.routes) == set(SEARCHED)


def test_stored_features_come_back_in_order(gallery: Gallery, scratch: Path) -> None:
    kept = [add(gallery, scratch, seed) for seed in range(3)]
    add(gallery, scratch, 3, senses=("audio",))
    both, audio = gallery.features("audio", "video"), gallery.features("audio")
    assert both.clip_ids == tuple(clip.id for clip in kept)
    assert both.labels == tuple(clip.labels for clip in kept)
    assert both.features["video"].tolist() == [vectors(seed)["video"].tolist() for seed in range(3)]
    assert audio.features["audio"].tolist() == [vectors(seed)["audio"].tolist() for seed in range(4)]


def test_an_empty_gallery_answers_with_nothing(gallery: Gallery) -> None:
    assert gallery.search("text->av", query(0, "text"), k=5) == []
    assert gallery.features("audio").clip_ids == ()


@pytest.mark.parametrize("k", [0, -1, 1001])
def test_a_k_out_of_range_is_refused_naming_the_range(gallery: Gallery, k: int) -> None:
    with pytest.raises(QueryInvalid, match=f"from 1 to 1000, found {k}"):
        gallery.search("text->av", query(0, "text"), k=k)


@pytest.mark.parametrize("route", ["text->smell", "audio->text"])
def test_a_route_that_does_not_lead_to_clips_is_refused_naming_those_that_do(gallery: Gallery, route: str) -> None:
    with pytest.raises(RouteMissing, match=rf"no route '{route}'; it has .*text->av"):
        gallery.search(route, query(0, "text", "audio"), k=5)


def test_a_query_without_the_feature_the_route_reads_is_refused(gallery: Gallery) -> None:
    with pytest.raises(InvalidInput, match="no audio feature"):
        gallery.search("audio->video", query(0, "text"), k=5)


def test_unknown_things_are_named_with_those_there_are(galleries: Galleries, gallery: Gallery) -> None:
    with pytest.raises(GalleryNotFound, match="no gallery 'x'") as raised:
        galleries.get("x")
    assert raised.value.known == ("demo",)
    with pytest.raises(BundleNotFound, match=r"no bundle '\.\./tiny'; there are: other, tiny"):
        galleries.bundle("../tiny")
    with pytest.raises(ClipNotFound, match="'x'"):
        gallery.media("x")
    assert (galleries.names(), galleries.bundle_names()) == (["demo"], ["other", "tiny"])


def test_a_gallery_is_created_once_and_under_a_plain_name(galleries: Galleries, gallery: Gallery) -> None:
    with pytest.raises(Conflict, match="'demo' already"):
        galleries.create("demo", "tiny")
    with pytest.raises(InvalidInput, match=r"found '\.\./x'"):
        galleries.create("../x", "tiny")
    assert galleries.get("demo") is gallery


def windows_of(*features: dict[Sense, np.ndarray]) -> ClipFeatures:
    return ClipFeatures(2, tuple(WindowFeatures(Window(i, i + 1), each) for i, each in enumerate(features)))


@pytest.mark.parametrize(
    ("features", "complaint"),
    [
        (windows_of(), "no sound and no pictures"),
        (windows_of({}), "no sound and no pictures"),
        (windows_of(vectors(1), {"audio": np.zeros(7, np.float32)}), r"width 8, found float32 \[7\]"),
        (windows_of(vectors(1), {"video": np.full(8, np.nan, np.float32)}), "NaN"),
        (windows_of(vectors(1), {"video": np.full(8, 1e6, np.float32)}), "beyond 65504"),
    ],
)
def test_features_that_do_not_fit_are_refused_and_leave_nothing(
    gallery: Gallery, scratch: Path, tmp_path: Path, features: ClipFeatures, complaint: str
) -> None:
    (scratch / "a.mp4").write_bytes(b"a")
    with pytest.raises(InvalidInput, match=complaint):
        gallery.add(scratch / "a.mp4", name="a.mp4", labels=[], features=features)
    assert gallery.clips() == []
    assert media_files(tmp_path) == []


def steep(folder: Path) -> None:
    """Write the bundle "steep": "tiny" with a head for sound that leaves the range of float32."""
    tiny = load_manifest(folder / "tiny")
    graphs = {head: (folder / "tiny" / spec.file).read_bytes() for head, spec in tiny.heads.items()}
    model = onnx.load_from_string(graphs["audio"])
    weights = next(each for each in model.graph.initializer if each.name == "audio_map")
    weights.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(weights) * np.float32(1e38), "audio_map"))
    graphs["audio"] = model.SerializeToString()
    changed = tiny.heads["audio"].model_copy(update={"sha256": sha256(graphs["audio"]).hexdigest()})
    update = {"name": "steep", "heads": {**tiny.heads, "audio": changed}}
    save(folder / "steep", tiny.model_copy(update=update), graphs, "# steep")


def test_a_clip_whose_vectors_are_no_numbers_is_refused_and_the_gallery_goes_on(
    galleries: Galleries, scratch: Path, tmp_path: Path
) -> None:
    steep(tmp_path / "bundles")
    gallery = galleries.create("steep", "steep")
    (scratch / "a.mp4").write_bytes(b"a")
    with pytest.raises(InvalidInput, match="the head 'audio' of the bundle 'steep' makes NaN, infinity"):
        gallery.add(scratch / "a.mp4", name="a.mp4", labels=[], features=clip_features(1))
    assert media_files(tmp_path) == []
    silent = gallery.add(scratch / "a.mp4", name="a.mp4", labels=[], features=clip_features(1, senses=("video",)))
    assert [hit.clip_id for hit in gallery.search("text->video", query(0, "text"), k=5)] == [silent.id]


@pytest.mark.parametrize(("name", "labels"), [(" ", ["x"]), ("x" * 256, ["x"]), ("a.mp4", [""]), ("a\n.mp4", [])])
def test_empty_long_or_unprintable_names_and_labels_are_refused(
    gallery: Gallery, scratch: Path, name: str, labels: list[str]
) -> None:
    (scratch / "a.mp4").write_bytes(b"a")
    with pytest.raises(InvalidInput, match="1 to 255 printable characters"):
        gallery.add(scratch / "a.mp4", name=name, labels=labels, features=clip_features(1))


FILL = {
    "sqlite": "CREATE TRIGGER full_disk BEFORE INSERT ON features BEGIN SELECT RAISE(ABORT, 'disk full'); END",
    "postgresql": """
        CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''disk full''; END';
        CREATE TRIGGER full_disk BEFORE INSERT ON features EXECUTE FUNCTION fail()
    """,
}
FREE = {"sqlite": "DROP TRIGGER full_disk", "postgresql": "DROP TRIGGER full_disk ON features"}


def test_an_add_whose_commit_fails_leaves_no_row_no_vector_and_no_media(
    gallery: Gallery, scratch: Path, tmp_path: Path, catalog: str | None
) -> None:
    kept = add(gallery, scratch, 1)
    database = parse(catalog or f"sqlite:///{tmp_path / 'catalog.sqlite'}")
    execute(database, FILL)
    with pytest.raises((DatabaseError, Unavailable), match="disk full"):
        add(gallery, scratch, 2)
    assert gallery.clips() == [kept]
    assert media_files(tmp_path) == [kept.sha256]
    assert len(gallery.search("text->av", query(0, "text"), k=9)) == 1
    execute(database, FREE)
    add(gallery, scratch, 2)
    assert len(gallery.search("text->av", query(0, "text"), k=9)) == 2


def execute(database: URL, statements: dict[str, str]) -> None:
    engine = create_engine(database)
    with engine.begin() as connection:
        connection.exec_driver_sql(statements[engine.dialect.name])
    engine.dispose()


def test_what_a_killed_process_left_in_media_is_swept_at_the_next_start(
    galleries: Galleries, gallery: Gallery, scratch: Path, tmp_path: Path, catalog: str | None
) -> None:
    clip = add(gallery, scratch, 1)
    galleries.close()
    strays = [tmp_path / "media" / ".draft-old", tmp_path / "media" / "ab" / "abcd", tmp_path / "media" / ".draft-new"]
    strays[1].parent.mkdir()
    for each in strays:
        each.write_bytes(b"x")
    for old in [*strays[:2], tmp_path / "media" / clip.sha256[:2] / clip.sha256]:
        os.utime(old, (0, 0))
    stores = Stores.open(tmp_path, catalog)
    stores.sweeping.wait()
    stores.close()
    assert media_files(tmp_path) == sorted([".draft-new", clip.sha256])


def other_version(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.commit()
    connection.close()


def other_tables(path: Path) -> None:
    path.unlink()
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE somebody_elses (x)")
    connection.close()


def no_database(path: Path) -> None:
    path.write_bytes(b"something else " * 100)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (other_version, "revision 9999, this version reads 0001, 0002, 0003, 0004, 0005, 0006, 0007"),
        (other_tables, "unknown"),
        (no_database, "not a database"),
    ],
)
def test_a_catalog_that_cannot_be_read_is_refused(
    tmp_path: Path, change: Callable[[Path], None], complaint: str
) -> None:
    Galleries.open(tmp_path).close()
    change(tmp_path / "catalog.sqlite")
    with pytest.raises(CatalogInvalid, match=complaint):
        Galleries.open(tmp_path)


def test_a_bundle_that_was_replaced_under_its_name_is_refused(
    galleries: Galleries, gallery: Gallery, tmp_path: Path, catalog: str | None
) -> None:
    galleries.close()
    (tmp_path / "bundles" / "tiny").rename(tmp_path / "elsewhere")
    tiny_bundle(tmp_path / "bundles" / "tiny", name="tiny", seed=7)
    reopened = Galleries.open(tmp_path, catalog)
    with pytest.raises(SpaceMismatch, match="generation 1 was embedded by the bundle 'tiny' of sha256"):
        reopened.get("demo")
    reopened.close()
