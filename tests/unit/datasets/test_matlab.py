"""Matrices out of MATLAB files, as another writer writes them."""

from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from scipy.io import savemat

from models.errors import TrainingDataInvalid
from tests.real_data import real
from training.datasets.matlab import matrix

KINDS = ("f8", "f4", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "made.mat"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("compressed", [False, True])
def test_numbers_of_every_kind_are_read_as_they_were_written(path: Path, kind: str, compressed: bool) -> None:
    numbers = np.arange(15).reshape(5, 3).astype(kind)
    savemat(path, {"before": np.eye(2), "x": numbers}, do_compression=compressed)
    found = matrix(path, "x", width=3)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, numbers)


def test_a_matrix_that_matlab_itself_wrote_is_read() -> None:
    found = matrix(real("wikipedia/raw_features.mat"), "T_te", width=10)
    assert found.shape == (693, 10)
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-5)  # shares of topics


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (np.ones((4, 2)), r"of shape \(4, 2\); expected numbers of shape \(rows, 3\)"),
        (np.ones((4, 3, 2)), r"of shape \(4, 3, 2\)"),
        (np.ones((0, 3)), r"of shape \(0, 3\)"),
        (np.ones((2, 3)) * 1j, "no array of real numbers"),
        ("abc", "no array of real numbers"),
        (np.array([[1, "two", "three"]], dtype=object), "no array of real numbers"),
        ({"nested": np.ones((2, 3))}, "no array of real numbers"),
    ],
)
def test_what_is_no_matrix_of_that_width_is_refused_naming_what_it_is(path: Path, value: object, message: str) -> None:
    savemat(path, {"x": value})
    with pytest.raises(TrainingDataInvalid, match=f"made.mat: x is {message}"):
        matrix(path, "x", width=3)


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e39])
def test_a_number_that_float32_does_not_have_is_refused_naming_its_row(path: Path, value: float) -> None:
    numbers = np.ones((4, 3))
    numbers[2, 1] = value
    savemat(path, {"x": numbers})
    with pytest.raises(TrainingDataInvalid, match=r"made.mat: x must be finite in float32, row 2 is not"):
        matrix(path, "x", width=3)


def test_a_missing_matrix_is_refused_naming_those_there_are(path: Path) -> None:
    savemat(path, {"y": np.eye(3), "z": np.eye(3)})
    with pytest.raises(TrainingDataInvalid, match=r"made.mat has no x; it has y, z"):
        matrix(path, "x", width=3)


@pytest.mark.parametrize("content", [b"", b"<!DOCTYPE html>" * 20, b"\x89HDF\r\n" + bytes(200)])
def test_another_kind_of_file_is_refused(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(TrainingDataInvalid, match=r"made.mat is no MATLAB file of versions 5 to 7.2"):
        matrix(path, "x", width=3)


@pytest.mark.parametrize("compressed", [False, True])
def test_a_file_that_is_cut_off_is_refused(path: Path, compressed: bool) -> None:
    savemat(path, {"x": np.random.default_rng(0).normal(size=(50, 3))}, do_compression=compressed)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(TrainingDataInvalid, match=r"made.mat is damaged"):
        matrix(path, "x", width=3)


def test_no_damage_raises_anything_but_the_one_error(path: Path) -> None:
    numbers = np.random.default_rng(0)
    for compressed in (False, True):
        savemat(path, {"x": np.ones((5, 3)), "c": np.array([1, "a"], dtype=object)}, do_compression=compressed)
        whole = path.read_bytes()
        for _ in range(300):
            damaged = bytearray(whole)
            for place in numbers.integers(0, len(damaged), 2):
                damaged[place] = numbers.integers(0, 256)
            path.write_bytes(bytes(damaged))
            with suppress(TrainingDataInvalid):
                assert matrix(path, "x", width=3).shape[1] == 3
