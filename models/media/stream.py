"""Windows as they are decoded, of one file after another."""

from dataclasses import dataclass

from models.errors import SightsoundError
from models.media.media import Media
from models.types import Window


@dataclass(frozen=True, slots=True)
class Decoded:
    """A window of the file of this number, in order, and what was decoded of it alone."""

    file: int
    window: Window
    media: Media


@dataclass(frozen=True, slots=True)
class Ended:
    """The end of a file: the clip's length in seconds, or why its windows, also those that came, do not count."""

    file: int
    outcome: float | SightsoundError
