"""What a verification found."""

from dataclasses import dataclass
from typing import Literal

Part = Literal["catalog", "media", "bundle", "features", "index", "snapshot", "stray"]


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it should be: in which part of the data folder, where, what is there and what should."""

    what: Part
    where: str
    found: str
    expected: str
