"""Snapshots: read back with the same answers, or refused."""

import json
import sys
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from index.vectors.base import VectorIndex
from index.vectors.building import build
from index.vectors.exact import ExactIndex
from index.vectors.faiss_store import FaissIndex
from index.vectors.kinds import IndexOptions
from index.vectors.snapshot import Identity, Kept, read, write
from models.errors import InvalidInput, SnapshotInvalid
from models.types import F32, Metric

DIM, SIZE = 8, 600
OURS = Identity(space="a" * 64, gallery="birds", generation=3)
KINDS: tuple[str, ...] = ("exact", "flat", "hnsw", "ivfpq")


def rows(n: int, seed: int = 0) -> F32:
    return np.random.default_rng(seed).normal(size=(n, DIM)).astype(np.float32)


def table(kind: str, metric: Metric = Metric.COSINE) -> VectorIndex:
    """A table with a sealed and a fresh part, of both of which some are removed and some replaced."""
    ids = np.arange(SIZE, dtype=np.int64)
    if kind == "exact":
        index: VectorIndex = ExactIndex(DIM, metric)
        index.add(ids, rows(SIZE))
    else:
        options = IndexOptions.model_validate({"kind": kind, "recall": 0.5})
        index = build(ids, rows(SIZE), metric=metric, options=options).index
        assert index.kind == kind
    index.add(ids[:90] + 1000, rows(90, 1))
    index.replace(np.array([1050, 20, 599, 1000, 10], np.int64), rows(5, 2))
    index.remove(np.array([3, 7, 1005, 1009], np.int64))
    return index


def kept(folder: Path, kind: str = "ivfpq") -> Path:
    write(table(kind), folder, identity=OURS, position=42, attached={"bank": rows(30, 3), "bank-ids": np.arange(30)})
    return folder


def same(first: VectorIndex, second: VectorIndex) -> None:
    for queries in (rows(1, 5), rows(30, 6)):
        left, right = first.search(queries, 10), second.search(queries, 10)
        assert left.ids.tolist() == right.ids.tolist()
        assert left.scores == pytest.approx(right.scores, abs=1e-6)
    assert first.ids().tolist() == second.ids().tolist()
    assert (first.vectors(first.ids()) == second.vectors(first.ids())).all()
    assert (first.kind, first.dim, first.metric) == (second.kind, second.dim, second.metric)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("metric", list(Metric))
def test_a_table_reads_back_with_the_same_answers_and_goes_on_changing(
    tmp_path: Path, kind: str, metric: Metric
) -> None:
    index = table(kind, metric)
    write(index, tmp_path / "table", identity=OURS, position=42)
    found = read(tmp_path / "table", OURS)
    assert (found.position, found.report) == (42, None)
    same(found.index, index)
    for each in (found.index, index):
        each.add(np.array([5000, 3, 900], np.int64), rows(3, 8))
        assert each.remove(np.array([1006, 11, 5000, 7], np.int64)) == 3
        each.replace(np.array([900, 20, 1007, 40], np.int64), rows(4, 9))
    same(found.index, index)


@pytest.mark.parametrize("empty", [ExactIndex(DIM, Metric.INNER), FaissIndex(DIM, Metric.INNER)])
def test_an_empty_table_reads_back_empty(tmp_path: Path, empty: VectorIndex) -> None:
    write(empty, tmp_path, identity=OURS, position=0)
    index = read(tmp_path, OURS).index
    assert len(index) == 0
    index.add(np.array([4], np.int64), rows(1))
    assert index.ids().tolist() == [4]


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_being_written_stays_as_it_was_while_vectors_are_replaced(kind: str) -> None:
    index = table(kind)
    assert isinstance(index, Kept)
    arrays = index.contents().arrays
    before = {name: array.copy() for name, array in arrays.items()}
    index.replace(np.array([20, 21, 1050, 1060], np.int64), rows(4, 7))
    index.remove(np.array([1061, 22], np.int64))
    assert all((arrays[name] == before[name]).all() for name in before)


def test_the_report_of_the_building_comes_back(tmp_path: Path) -> None:
    built = build(np.arange(SIZE), rows(SIZE), metric=Metric.INNER, options=IndexOptions(kind="hnsw", recall=0.5))
    write(built.index, tmp_path, identity=OURS, position=1, report=built.report)
    assert read(tmp_path, OURS).report == built.report


def test_the_sealed_part_is_mapped_and_not_read(tmp_path: Path) -> None:
    index = read(kept(tmp_path), OURS).index
    assert isinstance(index, FaissIndex)
    sealed = index.parts[0]
    for rows_ in (sealed.ids, sealed.vectors):
        assert isinstance(rows_.base, np.memmap)


def test_a_newer_snapshot_takes_the_place_of_the_older_and_leaves_nothing_of_it(tmp_path: Path) -> None:
    older = read(kept(tmp_path), OURS)
    index = table("flat")
    write(index, tmp_path, identity=OURS, position=43)
    assert read(tmp_path, OURS).position == 43
    assert len(list(tmp_path.iterdir())) == 6
    same(older.index, table("ivfpq"))  # whoever has the older one mapped goes on with it


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_cut_at_every_tenth_of_its_length_is_refused(tmp_path: Path, kind: str) -> None:
    for path in sorted(kept(tmp_path, kind).iterdir()):
        whole = path.read_bytes()
        for tenth in range(10):
            path.write_bytes(whole[: len(whole) * tenth // 10])
            with pytest.raises(SnapshotInvalid, match=path.name):
                read(tmp_path, OURS)
        path.write_bytes(whole)
    assert read(tmp_path, OURS).position == 42


@pytest.mark.parametrize("kind", KINDS)
def test_a_flipped_byte_in_any_file_is_refused(tmp_path: Path, kind: str) -> None:
    for path in sorted(kept(tmp_path, kind).iterdir()):
        whole = path.read_bytes()
        for at in np.random.default_rng(0).integers(0, len(whole), 12).tolist():
            path.write_bytes(whole[:at] + bytes([whole[at] ^ 4]) + whole[at + 1 :])
            with pytest.raises(SnapshotInvalid):
                read(tmp_path, OURS)
        path.write_bytes(whole)
    assert read(tmp_path, OURS).position == 42


def test_every_third_byte_of_the_head_counts(tmp_path: Path) -> None:
    path = kept(tmp_path, "flat") / "snapshot.json"
    whole = path.read_bytes()
    for at in range(0, len(whole), 3):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        with pytest.raises(SnapshotInvalid):
            read(tmp_path, OURS)


def test_a_missing_file_or_folder_is_refused(tmp_path: Path) -> None:
    for path in sorted(kept(tmp_path).iterdir()):
        path.rename(elsewhere := tmp_path.with_name("elsewhere"))
        with pytest.raises(SnapshotInvalid, match=path.name):
            read(tmp_path, OURS)
        elsewhere.rename(path)
    with pytest.raises(SnapshotInvalid, match="no snapshot"):
        read(tmp_path / "nowhere", OURS)


@pytest.mark.parametrize("other", [{"space": "b" * 64}, {"gallery": "cats"}, {"generation": 4}])
def test_a_snapshot_of_something_else_is_refused(tmp_path: Path, other: dict[str, object]) -> None:
    with pytest.raises(SnapshotInvalid, match="holds generation 3 of 'birds'"):
        read(kept(tmp_path), OURS.model_copy(update=other))


def test_a_future_format_is_refused_by_its_number(tmp_path: Path) -> None:
    path = kept(tmp_path) / "snapshot.json"
    known = json.loads(path.read_text())
    known["head"]["format"] = 3
    path.write_text(json.dumps(known))
    with pytest.raises(SnapshotInvalid, match="of format 3, expected 2"):
        read(tmp_path, OURS)


def test_what_a_killed_write_left_does_no_harm_and_is_cleared_by_the_next(tmp_path: Path) -> None:
    kept(tmp_path)
    (left := tmp_path / "vectors.npy.writing").write_bytes(b"half")
    (also := tmp_path / "ids-0123456789abcdef.npy").write_bytes(b"placed, but named by no head")
    assert read(tmp_path, OURS).position == 42
    write(table("flat"), tmp_path, identity=OURS, position=44)
    assert read(tmp_path, OURS).position == 44
    assert not left.exists()
    assert not also.exists()


@pytest.mark.parametrize("stop_at", ["ids", "fresh-vectors", "structure.faiss"])
def test_a_write_that_fails_leaves_the_last_snapshot_as_it_was(tmp_path: Path, stop_at: str) -> None:
    """A folder that lies where a temporary file must go stands for a disk that takes no more."""
    kept(tmp_path)
    name = stop_at if "." in stop_at else f"{stop_at}.npy"
    (tmp_path / f"{name}.writing").mkdir()
    raised: tuple[type[Exception], ...] = (OSError, RuntimeError)
    with pytest.raises(raised):
        write(table("ivfpq"), tmp_path, identity=OURS, position=45)
    found = read(tmp_path, OURS)
    assert found.position == 42
    same(found.index, table("ivfpq"))


@pytest.mark.parametrize("kind", KINDS)
def test_without_faiss_every_snapshot_is_read_and_searched_exactly(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = table(kind, Metric.INNER)
    write(index, tmp_path, identity=OURS, position=42)
    monkeypatch.setitem(sys.modules, "faiss", None)  # as where it is not installed
    found = read(tmp_path, OURS).index
    assert isinstance(found, ExactIndex)
    assert found.ids().tolist() == index.ids().tolist()
    assert (found.vectors(found.ids()) == index.vectors(found.ids())).all()
    write(found, tmp_path, identity=OURS, position=43)
    same(read(tmp_path, OURS).index, found)


def test_a_table_that_cannot_be_kept_is_refused(tmp_path: Path) -> None:
    class Elsewhere(ExactIndex):
        kind = "elsewhere"
        contents = None  # type: ignore[assignment]

    with pytest.raises(InvalidInput, match="cannot be kept"):
        write(Elsewhere(DIM, Metric.INNER), tmp_path, identity=OURS, position=1)


def test_attached_arrays_come_back_and_what_is_written_to_them_stays_in_memory(tmp_path: Path) -> None:
    given: dict[str, NDArray[Any]] = {"bank": rows(30, 3), "text-audio-2": np.arange(7), "none": rows(0)}
    write(table("flat"), tmp_path, identity=OURS, position=1, attached=given)
    found = read(tmp_path, OURS).attached
    assert found.keys() == given.keys()
    for name, array in given.items():
        assert (found[name].dtype, found[name].tolist()) == (array.dtype, array.tolist())
    assert isinstance(found["bank"].base, np.memmap)
    found["bank"][3] = 9
    assert (found["bank"][3] == 9).all()
    assert read(tmp_path, OURS).attached["bank"].tolist() == given["bank"].tolist()


def test_a_snapshot_without_attached_arrays_gives_none(tmp_path: Path) -> None:
    write(table("flat"), tmp_path, identity=OURS, position=1)
    assert read(tmp_path, OURS).attached == {}


@pytest.mark.parametrize("name", ["", "Bank", "a_b", "../bank", "a.npy"])
def test_an_attached_array_of_an_odd_name_is_refused_and_nothing_written(tmp_path: Path, name: str) -> None:
    with pytest.raises(InvalidInput, match="attached array must be named"):
        write(table("flat"), tmp_path / "new", identity=OURS, position=1, attached={name: rows(1)})
    assert not (tmp_path / "new").exists()


def test_a_snapshot_of_an_earlier_format_is_made_anew_and_not_read(tmp_path: Path) -> None:
    place = kept(tmp_path, "flat") / "snapshot.json"
    told = json.loads(place.read_text())
    told["head"]["format"] = 1
    place.write_text(json.dumps(told))
    with pytest.raises(SnapshotInvalid, match="format 1, expected 2"):
        read(place.parent, OURS)


def resealed(folder: Path, change: Any) -> None:
    """Change what the snapshot says of its files, and put a checksum on it that fits."""
    head = json.loads((folder / "snapshot.json").read_text())["head"]
    change(head["files"])
    digest = sha256(json.dumps(head, sort_keys=True).encode()).hexdigest()
    sealed = json.dumps({"head": head, "sha256": digest}, sort_keys=True, indent=2)
    (folder / "snapshot.json").write_text(sealed)


@pytest.mark.parametrize("name", ["../outside.npy", "/etc/hostname", "a/b.npy", "..", ".hidden.npy", ""])
def test_a_file_that_lies_elsewhere_is_refused_whatever_the_checksums_say(name: str, tmp_path: Path) -> None:
    folder = kept(tmp_path / "snapshot", "exact")

    def lead_away(files: dict[str, Any]) -> None:
        (folder / files["ids.npy"]["name"]).rename(tmp_path / "outside.npy")
        files["ids.npy"]["name"] = name

    resealed(folder, lead_away)
    with pytest.raises(SnapshotInvalid, match="damaged"):
        read(folder, OURS)


def test_an_array_that_would_run_something_is_refused_and_does_not_run(tmp_path: Path) -> None:
    folder = kept(tmp_path / "snapshot", "exact")
    trap = np.array([Trap(tmp_path / "sprung")], object)

    def lay(files: dict[str, Any]) -> None:
        path = folder / files["ids.npy"]["name"]
        np.save(path, trap, allow_pickle=True)
        content = path.read_bytes()
        files["ids.npy"] |= {"size_bytes": len(content), "sha256": sha256(content).hexdigest()}

    resealed(folder, lay)
    with pytest.raises(SnapshotInvalid, match="cannot be read"):
        read(folder, OURS)
    assert not (tmp_path / "sprung").exists()


class Trap:
    """A file is made when this is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.path,)
