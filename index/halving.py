"""A bundle whose heads multiply in float16, made where it finds in a gallery what the bundle it is made of finds."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from index import agreement
from index.catalog import galleries
from index.catalog.database import Connection
from index.embedding import Embedding, embeddings, spread
from index.stores import Stores
from index.vectors.exact import ExactIndex
from models.bundle.halving import halved, rounding_as_halved, with_graphs
from models.bundle.manifest import Manifest
from models.bundle.reading import head_bytes
from models.bundle.runtime import Bundle
from models.bundle.store import CARD, save
from models.errors import BundleInvalid, InvalidInput
from models.types import F32, I64, Hits

AMONG = 20_000
"""Windows of a space that are searched, at most."""
LEAST = 0.99
"""Of the best hits, by every route."""


@dataclass(frozen=True, slots=True)
class Halves:
    """By route, the share of the best hits that heads in float16 find too; how much a number of a vector changes."""

    shares: Mapping[str, float]
    difference: float


def halve(stores: Stores, bundle: str, *, gallery: str, name: str, least: float = LEAST) -> tuple[Manifest, Halves]:
    """Put the bundle in float16 beside the other, under another name.

    Raises:
        BundleNotFound, GalleryNotFound: there is none of that name.
        Conflict: there is a bundle of the new name already.
        InvalidInput: the gallery has no window by which a route could be compared.
        GenerationWorse: by some route fewer of the best hits are the same than `least` says; nothing is written.
        BundleInvalid: a head gives what is not finite.
    """
    exact = stores.shelf.bundle(bundle)
    folder, place = stores.shelf.folder / bundle, stores.shelf.folder / name
    heads = {head: head_bytes(folder, head, spec) for head, spec in exact.manifest.heads.items()}
    with TemporaryDirectory() as temporary, stores.database.reading() as connection:
        rounding = _rounding(Path(temporary) / name, exact.manifest, heads)
        found = _compared(connection, galleries.key(connection, gallery), exact, rounding)
    agreement.check(found.shares, least)
    graphs = {head: halved(each) for head, each in heads.items()}
    manifest = _with_figures(with_graphs(exact.manifest, name, graphs), found)
    save(place, manifest, graphs, f"{(folder / CARD).read_text()}\n{_said(bundle, gallery, found)}")
    return manifest, found


def _rounding(folder: Path, manifest: Manifest, heads: Mapping[str, bytes]) -> Bundle:
    """A bundle that gives what heads in float16 give on a GPU, written to a folder."""
    graphs = {head: rounding_as_halved(each) for head, each in heads.items()}
    save(folder, with_graphs(manifest, folder.name, graphs), graphs, "")
    return Bundle.open(folder)


def _compared(connection: Connection, gallery: int, exact: Bundle, half: Bundle) -> Halves:
    shares: dict[str, float] = {}
    differences = [0.0]
    for first, second in zip(embeddings(exact).values(), embeddings(half).values(), strict=True):
        windows = spread(first.windows(connection, gallery), AMONG)
        if not len(windows):
            raise InvalidInput(f"the gallery has no window with {' and '.join(first.senses)}, by which heads compare")
        vectors = [each.all_vectors(connection, windows) for each in (first, second)]
        if not np.isfinite(vectors[1]).all():
            raise BundleInvalid(f"head {second.head!r} overflows in float16, which holds no number beyond 65504")
        differences.append(float(np.abs(vectors[0] - vectors[1]).max()))
        hits = [_hits(connection, gallery, *each) for each in zip((first, second), vectors, [windows] * 2, strict=True)]
        shares |= {route: agreement.common(hits[0][route], hits[1][route]) for route in hits[0]}
    return Halves(shares, max(differences))


def _hits(connection: Connection, gallery: int, embedding: Embedding, vectors: F32, windows: I64) -> dict[str, Hits]:
    """The best hits of queries as each route to the space is asked."""
    table = ExactIndex(embedding.dim, embedding.metric)
    table.add(windows, vectors)
    asked = embedding.queries(connection, gallery)
    return {route: table.search(queries[: agreement.QUERIES], agreement.AT) for route, queries in asked.items()}


def _with_figures(manifest: Manifest, found: Halves) -> Manifest:
    figures = {f"float16 finds, {route}": share for route, share in found.shares.items()}
    evaluation, difference = manifest.evaluation | figures, manifest.export_difference + found.difference
    return manifest.model_copy(update={"evaluation": evaluation, "export_difference": difference})


def _said(bundle: str, gallery: str, found: Halves) -> str:
    lines = "\n".join(f"| {route} | {share:.4f} |" for route, share in found.shares.items())
    return f"""The heads of {bundle} with products in float16. Of the {agreement.AT} best hits in {gallery}, they find:

| route | share |
|---|---|
{lines}

Largest difference of a number of a vector: {found.difference:.1e}.
"""
