"""The word vectors of classes, and which class gets which."""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import numpy as np

from models.errors import TrainingDataInvalid
from models.types import F32
from training.datasets import pickled
from training.datasets.class_lists import ClassNames

W2VOrder = Literal["corrected", "legacy"]
"""Which vector a class gets: that of its name, or the one that the published loaders give it (see `assigned`)."""


def read_vectors(path: Path) -> dict[str, F32]:
    """The vectors of a .npy file with a pickled dictionary of them, by what they are vectors of; all of one width.

    Raises:
        TrainingDataInvalid: another content, a vector that is not finite or of another width, which is named.
    """
    held = pickled.load_array(path)
    if len(held) != 1 or not isinstance(held[0], dict) or not held[0]:
        raise TrainingDataInvalid(f"{path} does not hold a dictionary of word vectors")
    vectors = {str(name): np.asarray(vector) for name, vector in held[0].items()}
    width = next(iter(vectors.values())).shape
    for name, vector in vectors.items():
        if vector.ndim != 1 or vector.shape != width or vector.dtype.kind != "f":
            raise TrainingDataInvalid(f"{path}: {name!r} is {vector.dtype} {vector.shape}; expected floats {width}")
        if not np.isfinite(vector).all():
            raise TrainingDataInvalid(f"{path}: the vector of {name!r} is not finite")
    return {name: vector.astype(np.float32) for name, vector in vectors.items()}


def assigned(
    vectors: Mapping[str, F32], classes: ClassNames, *, written: Mapping[str, str], order: W2VOrder, source: Path
) -> F32:
    """The vector of every class: [c, width], in the order of `classes`.

    The published loaders of the AVCA and TCAF releases stack the vectors sorted by the names as people write them,
    and take row i for the i-th class sorted by the names in the release. The two orders differ, so that 79 of UCF's
    101 classes, 205 of VGGSound's 309 and 8 of ActivityNet's 200 get the vector of another class. `legacy` does just
    that, for figures that can stand beside published ones; `corrected` gives every class its own.

    Args:
        vectors: by written name.
        written: how people write a class's name, by its name in the release in lower case.
        source: the file of the vectors, for errors.

    Raises:
        TrainingDataInvalid: a class has no vector, or no written name.
    """
    keys = sorted(vectors) if order == "legacy" else [written.get(name.lower(), "") for name in classes.names]
    for name, key in zip(classes.names, keys, strict=False):
        if not key:
            raise TrainingDataInvalid(f"the csv of class names does not say how the class {name!r} is written")
        if key not in vectors:
            raise TrainingDataInvalid(f"{source} has no vector for the class {name!r}, written {key!r}")
    if len(keys) < len(classes.names):
        raise TrainingDataInvalid(f"{source} has {len(keys)} vectors for {len(classes.names)} classes")
    return np.stack([vectors[key] for key in keys[: len(classes.names)]])
