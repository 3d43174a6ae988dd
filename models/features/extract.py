"""From a file to the features of its windows."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from models.errors import SightsoundError
from models.features.backbone import Backbone
from models.media.cage import Cage
from models.media.media import FrameSpec, Media, SoundSpec
from models.media.windows import windows
from models.types import F32, Sense, Window

# What is decoded of a sense that no backbone reads: as little as there is.
NO_SOUND = SoundSpec(rate=8000)
NO_PICTURES = FrameSpec(rate=0.1, size=16, shorter_side=16)


@dataclass(frozen=True, slots=True)
class WindowFeatures:
    """A window and its features [width] by sense; a sense that is missing there is absent."""

    window: Window
    features: Mapping[Sense, F32]


@dataclass(frozen=True, slots=True)
class ClipFeatures:
    """A clip's length and the features of its windows, in order."""

    duration_s: float
    windows: tuple[WindowFeatures, ...]


class Extractor:
    """Files decoded in a cage, once for both senses, and their windows run through the backbones."""

    def __init__(self, backbones: Mapping[Sense, Backbone], cage: Cage) -> None:
        for sense, backbone in backbones.items():
            if backbone.card.sense != sense:
                raise ValueError(f"{backbone.card.ref} reads {backbone.card.sense}, found as the backbone of {sense}")
        self._backbones, self._cage = dict(backbones), cage
        takes = {sense: backbone.card.takes for sense, backbone in backbones.items()}
        sound, pictures = takes.get("audio", NO_SOUND), takes.get("video", NO_PICTURES)
        assert isinstance(sound, SoundSpec)
        assert isinstance(pictures, FrameSpec)
        self._sound, self._pictures = sound, pictures

    def extract(self, path: Path) -> ClipFeatures:
        """The features of one file; raises MediaInvalid, TooLarge, DecodeOverrun."""
        return self._features(self._cage.decode(path, sound=self._sound, pictures=self._pictures))

    def extract_all(self, paths: Iterable[Path]) -> Iterator[ClipFeatures | SightsoundError]:
        """The files in order; one that cannot be decoded is an error value. Decodes ahead while backbones run."""
        for media in self._cage.decode_all(paths, sound=self._sound, pictures=self._pictures):
            yield media if isinstance(media, SightsoundError) else self._features(media)

    def _features(self, media: Media) -> ClipFeatures:
        found = (WindowFeatures(window, self._of(media.cut(window))) for window in windows(media.duration_s))
        return ClipFeatures(media.duration_s, tuple(found))

    def _of(self, part: Media) -> dict[Sense, F32]:
        readable = {sense: backbone for sense, backbone in self._backbones.items() if sense in part.senses}
        return {sense: backbone.feature(part) for sense, backbone in readable.items()}
