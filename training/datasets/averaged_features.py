"""Features averaged over a clip, in HDF5 files of `data` [n, width] and `video_urls` [n]. The one owner of h5py."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np

from models.errors import TrainingDataInvalid
from models.types import F32, Sense
from training.datasets.feature_files import Contents

URL = "S80"
"""The type of a sample's name in the releases."""


@dataclass(frozen=True, slots=True)
class AveragedFeatures:
    """A file a class as in the releases of AVCA and AudioSetZSL."""

    suffix: str = ".h5"

    def contents(self, path: Path, sense: Sense) -> Contents:
        """What a file holds; raises TrainingDataInvalid where it is cut, or not of that kind."""
        with _opened(path) as (features, urls):
            if features.ndim != 2 or not len(features):
                raise TrainingDataInvalid(f"{path}: data is {features.shape}; expected rows [n, width]")
            if features.dtype.kind not in "fiu":
                raise TrainingDataInvalid(f"{path}: data is {features.dtype}; expected numbers")
            if urls.shape != features.shape[:1]:
                raise TrainingDataInvalid(f"{path} has {len(features)} rows and names {urls.shape}; expected as many")
            return Contents(tuple(_text(url) for url in urls[:]), features.shape[1])

    def read_into(self, path: Path, sense: Sense, rows: F32) -> None:
        """Read a file's features to where they stay; HDF5 makes float32 of them on the way."""
        with _opened(path) as (features, _):
            features.read_direct(rows)


def write(path: Path, *, features: F32, urls: Sequence[str]) -> None:
    """A class file like those of the releases."""
    with h5py.File(path, "w") as file:
        file.create_dataset("data", data=features)
        file.create_dataset("video_urls", data=np.array(urls, URL))


@contextmanager
def _opened(path: Path) -> Iterator[tuple[h5py.Dataset, h5py.Dataset]]:
    try:
        with h5py.File(path, "r") as file:
            features, urls = file["data"], file["video_urls"]
            if not isinstance(features, h5py.Dataset) or not isinstance(urls, h5py.Dataset):
                raise ValueError("these are folders")
            yield features, urls
    except (OSError, KeyError, RuntimeError, ValueError) as error:
        raise TrainingDataInvalid(f"{path} is not a whole HDF5 file of `data` and `video_urls`: {error}") from error


def _text(url: bytes | str) -> str:
    return url.decode(errors="replace") if isinstance(url, bytes) else str(url)
