"""A data folder that faults happen to, and what must be true of it after each of them."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

from index.clips import Clip
from index.galleries import Galleries
from index.gallery import Gallery
from index.stores import Stores
from index.verifying import verify
from models.bundle.runtime import Bundle
from tests.unit.index.world import clip_features, path_of, query, vectors

QUERY = query(0, "text")
ROUTES = ("text->audio", "text->video", "text->av")
BUNDLES = ("tiny", "other")


def content(seed: int) -> bytes:
    """The bytes of the clip of that seed."""
    return f"the bytes of clip {seed}".encode()


def clip_id(seed: int) -> str:
    """The id that it gets."""
    return sha256(content(seed)).hexdigest()[:16]


@dataclass(frozen=True)
class Home:
    """A data folder and the address of its catalog; picklable, for processes that are to die in it."""

    folder: Path
    catalog: str | None

    @contextmanager
    def opened(self) -> Iterator[Galleries]:
        """As a process that starts now finds it."""
        galleries = Galleries(Stores.open(self.folder, self.catalog))
        try:
            yield galleries
        finally:
            galleries.close()

    def add(self, gallery: Gallery, seed: int) -> Clip:
        """Put the clip of that seed into the gallery."""
        path = self.folder / "scratch" / f"clip {seed}.mp4"
        path.write_bytes(content(seed))
        labels = [f"label {seed % 3}"]
        return gallery.add(path, name=path.name, labels=labels, features=clip_features(seed), metadata={"seed": seed})

    def seeds(self, gallery: Gallery) -> set[int]:
        """Of the clips that the catalog has."""
        return {int(str(clip.metadata["seed"])) for clip in gallery.clips()}

    def check(self, *, at_least: set[int], at_most: set[int]) -> set[int]:
        """Refuse a gallery "demo" that is not whole, that lacks clips or has others; gives the seeds that there are.

        Nothing may be found by `verify` but strays, and these are gone once they are old and somebody starts.
        """
        with self._verified(strays=True):
            pass
        self._grow_old()
        with self._verified(strays=False) as galleries:
            gallery = galleries.get("demo")
            found = self.seeds(gallery)
            assert at_least <= found <= at_most, (at_least - found, found - at_most)
            for clip in gallery.clips():
                seed = int(str(clip.metadata["seed"]))
                assert path_of(gallery.media(clip.id)).read_bytes() == content(seed)
                assert (clip.id, len(clip.windows), clip.labels) == (clip_id(seed), 1, (f"label {seed % 3}",))
            check_answers(gallery, found)
        return found

    @contextmanager
    def _verified(self, *, strays: bool) -> Iterator[Galleries]:
        """As `opened`, after a verification that may find strays or not."""
        stores = Stores.open(self.folder, self.catalog)
        galleries = Galleries(stores)
        try:
            odd = [each for each in verify(stores, galleries) if not (strays and each.what == "stray")]
            assert odd == [], odd
            yield galleries
        finally:
            galleries.close()

    def _grow_old(self) -> None:
        for path in (self.folder / "media").rglob("*"):
            if path.is_file():
                os.utime(path, (0, 0))


def check_answers(gallery: Gallery, seeds: set[int]) -> None:
    """All routes find just these clips, each with the score that the active bundle gives it."""
    active = gallery.active
    for route in ROUTES:
        found = {hit.clip_id: hit.score for hit in gallery.search(route, QUERY, k=1000)}
        assert found == pytest.approx(expected(active.bundle, route, frozenset(seeds)), abs=2e-3)


def expected(bundle: Bundle, route: str, seeds: frozenset[int]) -> dict[str, float]:
    """The scores of clips by their ids."""
    return {clip_id(seed): _score(bundle, route, seed) for seed in seeds}


KNOWN: dict[tuple[str, str, int], float] = {}
"""Scores that were worked out, by the bundle's sha256, the route and the seed."""


def _score(bundle: Bundle, route: str, seed: int) -> float:
    key = (bundle.sha256, route, seed)
    if key not in KNOWN:
        KNOWN[key] = _worked_out(bundle, route, seed)
    return KNOWN[key]


def _worked_out(bundle: Bundle, route: str, seed: int) -> float:
    """The query's vector against that of the clip."""
    spec = bundle.manifest.routes[route]
    asked = bundle.embed(spec.query, {"text": QUERY["text"][None]})[0]
    reads, rows = bundle.manifest.heads[spec.gallery].inputs, vectors(seed)
    found = bundle.embed(spec.gallery, {each: rows[each][None] for each in reads if each != "text"})[0]
    if spec.metric.value == "inner":
        return float(asked @ found)
    return float(-np.linalg.norm(asked - found))
