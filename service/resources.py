"""Everything that the routes work with, opened once."""

import logging
import os
from collections.abc import Iterator
from contextlib import ExitStack
from types import TracebackType
from typing import Annotated, Literal, Self

import numpy as np
from fastapi import Depends, Request

from index.galleries import Galleries
from index.gallery import Gallery
from models.bundle.manifest import Manifest
from models.bundle.runtime import Bundle
from models.errors import SettingsInvalid, VectorsUnavailable
from models.media.cage import Cage
from models.types import F32, Modality
from service.access.guard import check_keys
from service.encoding.classifiers import Classifiers
from service.encoding.encoders import Encoders
from service.encoding.recollection import Recollection
from service.jobs.board import Board
from service.jobs.opening import open_board
from service.load.batching import Batching
from service.looking import Looking
from service.observing.probe import Probe
from service.search.explaining import Explainer
from service.search.questions import Questions
from service.settings import Settings

log = logging.getLogger(__name__)

Ready = Literal["at once", "when asked"]
"""When backbones are opened and decoders started: before the first request, or as one needs them."""


class Resources:
    """The galleries and jobs of a data folder, and the encoders that bundles name; close it, or use a `with` block.

    `kept` is how many generations before the active one a gallery keeps.
    """

    def __init__(
        self,
        galleries: Galleries,
        encoders: Encoders,
        board: Board,
        looking: Looking,
        *,
        probe: Probe,
        kept: int,
        closing: ExitStack,
    ) -> None:
        self.galleries, self.encoders, self.board, self.kept = galleries, encoders, board, kept
        self.looking, self.batching, self.questions = looking, Batching(), Questions(encoders)
        self.explainer = Explainer(encoders)
        self.probe, self.classifiers = probe, Classifiers(encoders)
        self._closing = closing

    @classmethod
    def open(cls, settings: Settings, *, ready: Ready = "at once") -> Self:
        """From a data folder; `ready` at once, every gallery is searched once, so that no request meets a gap.

        Raises:
            SettingsInvalid: there is no such data folder, or no key where keys are asked for.
            DependencyMissing, BundleInvalid: a bundle, backbone or text encoder is not there or not the one named.
            Unavailable: the database of the catalog or of the jobs cannot be reached.
        """
        check_folder(settings)
        with ExitStack() as closing:
            galleries = open_galleries(settings)
            closing.callback(galleries.close)
            check_keys(settings, galleries.keys)
            closing.callback(galleries.keep)
            cage = closing.enter_context(Cage(settings.limits, settings.decode_workers))
            board = open_board(settings)
            closing.callback(board.close)
            if ready == "at once":
                board.open()
            recollection = Recollection(galleries.extracted, limit_bytes=settings.remembered_bytes)
            encoders = Encoders(settings.data / "backbones", cage, running=settings.running, recollection=recollection)
            previews = closing.enter_context(Cage(settings.preview_limits, settings.preview_workers))
            looking = Looking(
                galleries.derived,
                cage,
                previews,
                limit_bytes=settings.derived_limit_bytes,
                views_at_once=max(settings.decode_workers - 1, 1),  # so that one is left for what is uploaded
                previews_at_once=settings.preview_workers,
            )
            probe = Probe(settings.probe_share)
            closing.callback(probe.close)
            resources = cls(
                galleries, encoders, board, looking, probe=probe, kept=settings.kept_generations, closing=closing
            )
            closing.callback(resources.batching.close)
            if ready == "at once":
                resources._make_ready()
                cage.warm_up()
            resources._closing = closing.pop_all()
        return resources

    def _make_ready(self) -> None:
        for each in self.all_galleries():
            self.prepare(each.active.bundle.manifest)
            _rehearse_what_can_be(each, self.encoders)

    def prepare(self, manifest: Manifest) -> None:
        """Open and run what a bundle names, so that whatever is missing is known now; raises as `open` does."""
        self.encoders.text(manifest)
        for each in self.encoders.backbones(manifest):
            each.rehearse()

    def all_galleries(self) -> Iterator[Gallery]:
        """The galleries in the order of their names."""
        return (self.galleries.get(name) for name in sorted(self.galleries.names()))

    def all_bundles(self) -> Iterator[Bundle]:
        """The bundles in the order of their names."""
        return (self.galleries.bundle(name) for name in sorted(self.galleries.bundle_names()))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._closing.close()


def _rehearse(gallery: Gallery, encoders: Encoders) -> None:
    """Search with a word, and with features as of a clip that is silent and black."""
    generation = gallery.active
    text = encoders.text(generation.bundle.manifest)
    features: dict[Modality, F32] = {"text": text.encode([text.example])}
    features |= {sense: np.zeros(ref.width, np.float32) for sense, ref in generation.bundle.manifest.backbones.items()}
    for route in generation.routes:
        gallery.search(route, features, k=1, generation=generation)


def _rehearse_what_can_be(gallery: Gallery, encoders: Encoders) -> None:
    """Vectors in a Milvus that is away keep nobody from starting: other galleries answer, and this one does later."""
    try:
        _rehearse(gallery, encoders)
    except VectorsUnavailable as error:
        log.error("the gallery %r cannot be searched for now: %s", gallery.name, error)


def check_folder(settings: Settings) -> None:
    """Refuse what is no data folder, or cannot be written; raises SettingsInvalid."""
    data = settings.data
    if not (data / "catalog.sqlite").is_file() and (settings.catalog is None or not data.is_dir()):
        raise SettingsInvalid(
            f"{data} holds no catalog.sqlite; expected a data folder (--data): `sightsound demo` makes one, "
            "`sightsound gallery create` begins one for clips of your own"
        )
    if not os.access(data, os.W_OK, effective_ids=True):
        raise SettingsInvalid(f"{data} is read-only; expected a data folder that this user can write")


def open_galleries(settings: Settings) -> Galleries:
    """The galleries of a data folder; raises CatalogInvalid, Unavailable, InvalidInput, DependencyMissing."""
    return Galleries.open(settings.data, settings.catalog, settings.vectors, settings.media_at)


async def _opened(request: Request) -> Resources:
    resources = request.app.state.resources
    assert isinstance(resources, Resources)
    return resources


Opened = Annotated[Resources, Depends(_opened)]
