"""Pickles are read as data: what they hold comes out, what they would run does not."""

import os
import pickle
from collections import OrderedDict
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.errors import TrainingDataInvalid
from training.datasets import pickled

HELD: dict[str, Any] = {
    "features": [np.arange(6, dtype=np.float32).reshape(2, 3), np.asfortranarray(np.eye(3))],
    "backwards": np.arange(3, dtype=">i2"),
    "empty": np.zeros((0, 4), np.float32),
    "names": [np.bytes_(b"one"), b"two", "three", b""],
    "words": np.array([b"one", b"three"], "S80"),
    "objects": np.array([np.ones(2), {"a": 1}, None], dtype=object),
    "fps": [25, 29.97, np.float32(0.5), True],
    "sets": {1, 2},
    "ordered": OrderedDict(a=np.ones(1)),
}


class Asks:
    """Pickled as a call of a function."""

    def __init__(self, function: Any, *arguments: object) -> None:
        self._call = (function, arguments)

    def __reduce__(self) -> Any:
        return self._call


def written(folder: Path, value: object, protocol: int = pickle.DEFAULT_PROTOCOL) -> Path:
    path = folder / "held.pkl"
    path.write_bytes(pickle.dumps(value, protocol))
    return path


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_what_every_protocol_writes_is_read_as_it_was(tmp_path: Path, protocol: int) -> None:
    found = pickled.load(written(tmp_path, HELD, protocol))
    assert found.keys() == HELD.keys()
    for ours, theirs in zip(found["features"], HELD["features"], strict=True):
        np.testing.assert_array_equal(ours, theirs)
        assert ours.dtype == theirs.dtype
    for key in ("backwards", "empty", "words"):
        np.testing.assert_array_equal(found[key], HELD[key])
        assert found[key].dtype == HELD[key].dtype
    np.testing.assert_array_equal(found["objects"][0], np.ones(2))
    np.testing.assert_array_equal(found["ordered"]["a"], np.ones(1))
    assert found["objects"][1:] == [{"a": 1}, None]
    assert {key: found[key] for key in ("names", "fps", "sets")} == {key: HELD[key] for key in ("names", "fps", "sets")}


def test_an_array_that_python_2_wrote_is_read(tmp_path: Path) -> None:
    path = tmp_path / "held.pkl"
    # By hand: Python 2 wrote the bytes 1.0 as float32, 00 00 80 3f, as text.
    path.write_bytes(
        b"\x80\x02cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R"
        b"(K\x01K\x01\x85cnumpy\ndtype\nU\x02f4K\x00K\x01\x87R(K\x03U\x01<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
        b"\x89U\x04\x00\x00\x80\x3ftb."
    )
    np.testing.assert_array_equal(pickled.load(path), np.ones(1, np.float32))


@pytest.mark.parametrize(
    ("function", "arguments", "name"),
    [
        (os.system, ("touch {canary}",), "system"),
        (eval, ("open('{canary}', 'w')",), "builtins.eval"),
        (getattr, ("", "join"), "builtins.getattr"),
        (np.fromfile, ("{canary}",), "numpy.fromfile"),
        (np.memmap, ("{canary}", "u1", "w+", 0, 1), "numpy.memmap"),
        (Path, ("{canary}",), "pathlib"),
    ],
)
def test_a_function_that_is_no_part_of_an_array_is_refused_by_name_and_not_run(
    tmp_path: Path, function: Any, arguments: tuple[object, ...], name: str
) -> None:
    canary = tmp_path / "canary"
    asked = [each.format(canary=canary) if isinstance(each, str) else each for each in arguments]
    with pytest.raises(TrainingDataInvalid, match=f"held.pkl cannot be read as plain data: it asks for .*{name}"):
        pickled.load(written(tmp_path, [1, Asks(function, *asked)]))
    assert not canary.exists()


def test_an_array_of_objects_cannot_be_made_of_bytes(tmp_path: Path) -> None:
    # numpy itself takes the bytes for addresses where the dtype's flags say so.
    content = pickle.dumps(np.zeros(1, np.int64), 2).replace(b"\x02\x00\x00\x00i8", b"\x02\x00\x00\x00O8")
    assert b"O8" in content
    path = tmp_path / "held.pkl"
    path.write_bytes(content)
    with pytest.raises(TrainingDataInvalid, match=r"an array \(1,\) has 8 items"):
        pickled.load(path)


def test_no_pickle_changes_what_the_next_is_read_with(tmp_path: Path) -> None:
    path = tmp_path / "held.pkl"
    # numpy.dtype's state is set to (None, {"build": 1}).
    path.write_bytes(b"\x80\x04cnumpy\ndtype\nN}\x8c\x05buildK\x01s\x86b.")
    with pytest.raises(TrainingDataInvalid, match="can't set attribute"):
        pickled.load(path)
    np.testing.assert_array_equal(pickled.load(written(tmp_path, np.ones(2))), np.ones(2))


def test_a_pickle_that_holds_itself_many_times_over_is_read_at_once(tmp_path: Path) -> None:
    nested: list[Any] = [np.ones(1)]
    for _ in range(60):
        nested = [nested, nested]
    nested.append(nested)
    found = pickled.load(written(tmp_path, nested))
    for _ in range(60):
        found = found[0]
    np.testing.assert_array_equal(found[0], np.ones(1))


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_damaged_pickle_is_read_or_refused_and_nothing_else(tmp_path: Path, data: st.DataObject) -> None:
    protocol = data.draw(st.sampled_from([2, 3, 5]))
    content = bytearray(pickle.dumps({"features": HELD["features"], "video_names": HELD["names"]}, protocol))
    for _ in range(data.draw(st.integers(0, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path / "held.pkl"
    path.write_bytes(content[: data.draw(st.integers(0, len(content)))])
    with suppress(TrainingDataInvalid):
        pickled.load(path)


def test_a_dictionary_that_numpy_saved_is_the_one_item_of_its_file(tmp_path: Path) -> None:
    path = tmp_path / "vectors.npy"
    np.save(path, np.array({"dog": np.ones(2, np.float32)}, dtype=object))
    (found,) = pickled.load_array(path)
    np.testing.assert_array_equal(found["dog"], np.ones(2))


def test_a_npy_file_of_numbers_or_of_nothing_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "vectors.npy"
    np.save(path, np.ones(2))
    with pytest.raises(TrainingDataInvalid, match="holds float64 numbers; expected a dictionary"):
        pickled.load_array(path)
    path.write_bytes(b"\x93NUM")
    with pytest.raises(TrainingDataInvalid, match=r"is not a whole \.npy file"):
        pickled.load_array(path)
