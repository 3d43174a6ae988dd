"""The backbones and text encoders of a data folder, opened once each, when a bundle first names them."""

from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Lock

from models.bundle.manifest import EncoderRef, Manifest
from models.errors import BundleInvalid, DependencyMissing
from models.features.backbone import Backbone
from models.features.extract import ClipFeatures, Decoder, Extractor
from models.features.joined import Part
from models.features.running import Running
from models.features.text import TextEncoder
from service.encoding.extracting import Extracting
from service.encoding.recollection import FORGETFUL, Recollection
from service.observing.counts import Counts
from service.observing.extraction import Extractions


class Encoders:
    """What turns clips and words into the features that bundles read; safe to use from several threads.

    Of clips, nothing is made again that is in the `recollection`; `outcomes` counts how decoding the others ended.
    """

    def __init__(
        self, folder: Path, cage: Decoder, *, running: Running | None = None, recollection: Recollection = FORGETFUL
    ) -> None:
        self._folder, self._cage, self._running = folder, cage, running or Running()
        self.recollection, self.outcomes = recollection, Counts()
        self._opening = Lock()
        self._texts: dict[EncoderRef, TextEncoder] = {}
        self._backbones: dict[EncoderRef, Backbone] = {}

    def text(self, manifest: Manifest) -> TextEncoder:
        """The text encoder that a bundle names.

        Raises:
            DependencyMissing: it is not in the folder.
            BundleInvalid: one of its name is there, but is not the one that the bundle was trained with.
        """
        with self._opening:
            return self._text(manifest.text_encoder)

    def extractor(self, manifest: Manifest) -> Extracting:
        """The features of clips by the backbones that a bundle names; raises as `text` does."""
        with self._opening:
            backbones = {sense: self._backbone(ref) for sense, ref in manifest.backbones.items()}
        refs = {sense: backbone.card.sha256 for sense, backbone in backbones.items()}
        seen = Extractions(self._cage, self.outcomes)
        extractor = Extractor(backbones, seen, threads=self._running.calls)
        return Extracting(extractor, refs, self.recollection, seen=seen)

    def backbones(self, manifest: Manifest) -> tuple[Backbone, ...]:
        """The backbones that a bundle names; raises as `text` does."""
        with self._opening:
            return tuple(self._backbone(ref) for ref in manifest.backbones.values())

    def extracting(self, manifest: Manifest) -> Callable[[Path], ClipFeatures]:
        """As `extractor`, for one file at a time."""
        return self.extractor(manifest).extract

    def _text(self, ref: EncoderRef) -> TextEncoder:
        if ref not in self._texts:
            encoder = TextEncoder.open(self._find(ref, "text encoder"), device=self._running.device, part=self._part)
            _check(ref, encoder.card.sha256)
            self._texts[ref] = encoder
        return self._texts[ref]

    def _part(self, part: Part) -> TextEncoder:
        """A part of a joined encoder, which other bundles may name alone."""
        return self._text(EncoderRef(name=part.name, sha256=part.sha256, width=part.width))

    def _backbone(self, ref: EncoderRef) -> Backbone:
        if ref not in self._backbones:
            backbone = Backbone.open(
                self._find(ref, "backbone"), device=self._running.device, batch=self._running.batch
            )
            _check(ref, backbone.card.sha256)
            self._backbones[ref] = backbone
        return self._backbones[ref]

    def _find(self, ref: EncoderRef, what: str) -> Path:
        folder = self._folder / ref.name
        if not folder.is_dir():
            found = ", ".join(sorted(self._names())) or "nothing"
            raise DependencyMissing(
                f"the {what} {ref.name} is missing: looked in the data folder's {self._folder.name}, found {found}"
            )
        return folder

    def _names(self) -> Iterator[str]:
        return (each.name for each in self._folder.glob("*@*") if each.is_dir())


def _check(ref: EncoderRef, found: str) -> None:
    if found != ref.sha256:
        raise BundleInvalid(f"{ref.name} has sha256 {found[:12]}…, expected {ref.sha256[:12]}… as the bundle names it")
