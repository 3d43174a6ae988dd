"""The features of queries."""

import numpy as np

from models.bundle.manifest import Channel
from models.bundle.senses import SENSES, said, said_lacking
from models.errors import SenseMissing
from models.features.extract import ClipFeatures
from models.types import F32, Sense


def of_clip(clip: ClipFeatures) -> dict[Sense, F32]:
    """[width] of each sense a clip has: the mean over those of its windows that have it."""
    rows = {sense: [each.features[sense] for each in clip.windows if sense in each.features] for sense in SENSES["av"]}
    return {sense: np.mean(found, axis=0, dtype=np.float32) for sense, found in rows.items() if found}


def of_query(clip: ClipFeatures, source: Channel) -> dict[Sense, F32]:
    """[width] of the senses that a query by `source` reads; raises SenseMissing naming what the clip has."""
    found = of_clip(clip)
    if missing := [sense for sense in SENSES[source] if sense not in found]:
        lacking = said_lacking(missing, [each.absent for each in clip.windows])
        raise SenseMissing(f"the clip has {said(found)} and {lacking}; from={source} expects it")
    return {sense: found[sense] for sense in SENSES[source]}
