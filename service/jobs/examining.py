"""What of a gallery a generation is evaluated on."""

from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np

from index.clips import StoredFeatures
from index.evaluation import Examined, examined
from index.filters import Filter
from index.gallery import Gallery
from index.generations import Generation
from models.bundle.classification import Classifier
from models.bundle.words import key
from models.errors import InvalidInput
from service.encoding.encoders import Encoders


@dataclass(frozen=True, slots=True)
class Subject:
    """A generation, the classes that compete, and the windows [n] whose first label is one of them."""

    generation: Generation
    classes: list[str]
    stored: StoredFeatures

    def examined(self, encoders: Encoders) -> Examined:
        """Embedded, ready to be scored."""
        bundle = self.generation.bundle
        return examined(Classifier(bundle, encoders.text(bundle.manifest)), self.stored, self.classes)

    def only(self, clip_ids: Collection[str]) -> "Subject":
        """Of these clips alone; raises InvalidInput where none is left."""
        rows = [row for row, each in enumerate(self.stored.clip_ids) if each in clip_ids]
        if not rows:
            raise InvalidInput("no clip has what both generations read and a label that both understand")
        return Subject(self.generation, self.classes, self.stored.only(rows))


def subject(gallery: Gallery, generation: Generation, among: Filter | None = None) -> Subject:
    """All that the generation can be evaluated on, of some clips if a filter is given; InvalidInput for nothing."""
    manifest = generation.bundle.manifest
    stored = _narrowed(gallery, gallery.features(*manifest.backbones, generation=generation), among)
    classes = {key(each): each for each in manifest.vocabulary}
    if manifest.words == "any":
        classes = {key(each[0]): each[0] for each in stored.labels if each} | classes
    rows = [row for row, each in enumerate(stored.labels) if each and key(each[0]) in classes]
    if not rows:
        whose = "no clip" if among is None else "no clip that passes the filter"
        raise InvalidInput(f"{whose} has all the senses that the bundle reads and a label that it understands")
    chosen = stored.only(rows)
    labels = tuple((classes[key(each[0])],) for each in chosen.labels)
    return Subject(generation, list(classes.values()), replace(chosen, labels=labels))


def _narrowed(gallery: Gallery, stored: StoredFeatures, among: Filter | None) -> StoredFeatures:
    if among is None:
        return stored
    return stored.only(np.flatnonzero(np.isin(stored.windows, gallery.allowed(among))).tolist())
