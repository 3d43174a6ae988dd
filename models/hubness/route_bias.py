"""What a route takes off the scores of its gallery items, and which of a gallery's windows are its bank."""

from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from models.bundle.manifest import Frozen
from models.hubness.correction import Normalisation
from models.types import I64, Bool

MOST = 4096
"""Queries of a bank: where there are more to choose from, a share of them will do."""


class RouteBias(Frozen):
    """Hubness correction and seen-class bias of one route; both are off where it says nothing.

    `alpha` and `neighbours` are those of a `Normalisation`; `seen` is the beta that `seen_biases` takes off items of
    seen classes, in units of the score, for `EUCLIDEAN` of the squared distance. Both end where biases could leave
    float32.
    """

    alpha: Annotated[float, Field(ge=0, le=1000)] = 0.0
    neighbours: Annotated[int, Field(ge=1, le=1000)] = 10
    seen: Annotated[float, Field(ge=0, le=1e12)] = 0.0

    @property
    def normalisation(self) -> Normalisation:
        """The part that a bank's queries decide."""
        return Normalisation(self.alpha, self.neighbours)

    @property
    def is_off(self) -> bool:
        """Whether all scores stay as they are."""
        return not (self.alpha or self.seen)


def is_sampled(ids: I64, shift: int) -> Bool:
    """Whether windows [n] are queries of a bank: about one in 2**shift, whoever asks, and all where `shift` is 0.

    Those whose mixed ids begin with `shift` zero bits, so that a smaller share is a part of every larger one.
    """
    return mixed(ids) <= np.uint64((2**64 - 1) >> shift)


def shift_for(count: int, most: int = MOST) -> int:
    """The smallest shift that leaves at most so many of so many queries, on average."""
    return max((count - 1) // most, 0).bit_length()


def mixed(ids: I64) -> NDArray[np.uint64]:
    """64 bits of each id [n], each bit of it moving half of them.

    Source: splitmix64 (Sebastiano Vigna, 2015, prng.di.unimi.it/splitmix64.c), its first output for the id as seed.
    """
    bits = ids.astype(np.uint64) + np.uint64(0x9E3779B97F4A7C15)
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return bits ^ (bits >> np.uint64(31))
