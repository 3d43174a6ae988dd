"""A gallery of so many windows on SQLite: written, counted, searched, reindexed; and additions by several at once."""

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, process_time, sleep, time

import numpy as np

from benchmarks.library import BATCH, NAME, clip, library_of, widened
from benchmarks.million_phases import PROCESSES, asking, opened
from benchmarks.peers_task import Task
from benchmarks.reembedding import WIDTHS, Reembedding
from benchmarks.scale_constants import Adding, CatalogAt, Head, Rows, Spread, short
from index.catalog import clips
from index.catalog import galleries as rows
from index.catalog.database import Database
from index.clips import Clip
from index.embedding import embeddings
from index.galleries import Galleries
from index.gallery import Gallery
from index.vectors.scan import threads
from models.features.extract import ClipFeatures, WindowFeatures
from models.types import F32, Sense, Window

SEARCHES = 1000
SENSES: dict[Sense, int] = {"audio": 1024, "video": 1280}
"""The widths of YAMNet's and MobileNetV2's features."""
ROWS = 2000
HEAD_WINDOWS = 20_000
ADDED = 120
"""Clips that each writer adds."""
STARTING_S = 3.0


def catalog_at(folder: Path, windows: int) -> CatalogAt:
    """All that is measured of a gallery of so many windows in an empty folder."""
    vectors, queries = Task(windows, SEARCHES).drawn()
    inserted_s = _timed(lambda: library_of(folder, vectors).close())
    disk_bytes = (folder / "catalog.sqlite").stat().st_size
    with opened(folder) as gallery, threads(1):
        counted_s = _timed(gallery.summary)
        search = _searched(gallery, queries)
        reindexed_s = _timed(lambda: gallery.reindex(NAME))
    return CatalogAt(
        windows=windows,
        inserted_s=short(inserted_s),
        disk_bytes=disk_bytes,
        counted_s=short(counted_s),
        embedded_s=short(_embedded_s(folder)),
        reindexed_s=short(reindexed_s),
        search=search,
    )


def rows_of_a_clip(folder: Path) -> Rows:
    """From the sizes of two catalogs of as many clips, one without features and one with both senses'."""
    sizes = []
    for name, widths in (("bare", {}), ("featured", SENSES)):
        (folder / name).mkdir()
        sizes.append(_size_of(folder / name, widths) / ROWS)
    return Rows(windows=ROWS, bare_bytes=sizes[0], with_features_bytes=sizes[1], widths=tuple(SENSES.values()))


def head() -> Head:
    """How quick a reindexing embeds, as the benchmark "re-embedding" does it."""
    with Reembedding(HEAD_WINDOWS).contest() as contest:
        way = next(way for name, way in contest.ways.items() if name.startswith("Embedding.all_vectors"))
        took_s = min(_timed(way) for _ in range(3))
    return Head(widths=WIDTHS, windows_a_second=short(HEAD_WINDOWS / took_s))


def adding(writers: int, postgres: str | None = None) -> Adding:
    """Additions by so many processes at once to one gallery, on SQLite or in the empty database of an address."""
    with TemporaryDirectory() as folder, ProcessPoolExecutor(writers, mp_context=PROCESSES) as others:
        library_of(Path(folder), Task(1000, 1).drawn()[0]).close()
        if postgres is not None:
            with closing(Galleries.open(Path(folder), postgres)) as galleries:
                galleries.create(f"{NAME}-{time():.0f}-{writers}", NAME)
        began = time() + STARTING_S
        done = [others.submit(_add, Path(folder), postgres, number=each, at=began) for each in range(writers)]
        spans = [each.result() for each in done]
    took_s = max(end for _, end in spans) - began
    return Adding(
        catalog="SQLite" if postgres is None else "PostgreSQL",
        writers=writers,
        clips_a_second=short(writers * ADDED / took_s),
        one=Spread.of([each for seconds, _ in spans for each in seconds]),
    )


def _add(folder: Path, postgres: str | None, *, number: int, at: float) -> tuple[list[float], float]:
    """The seconds of each addition, begun when all others begin, and when the last one ended."""
    vectors, _ = Task(ADDED, 1, seed=1 + number).drawn()
    seconds = []
    with closing(Galleries.open(folder, postgres)) as galleries:
        gallery = galleries.get(max(galleries.names()))
        sleep(max(at - time(), 0))
        for i, vector in enumerate(vectors):
            path = folder / f"added by {number}.mp4"
            path.write_text(f"{number} {i}")  # what makes it another clip
            started = perf_counter()
            _add_one(gallery, path, vector)
            seconds.append(perf_counter() - started)
        return seconds, time()


def _add_one(gallery: Gallery, path: Path, vector: F32) -> None:
    features = ClipFeatures(10.0, (WindowFeatures(Window(0.0, 10.0), {"video": widened(vector[None])[0]}),))
    gallery.add(path, name=path.name, labels=["added"], features=features)


def _searched(gallery: Gallery, queries: F32) -> Spread:
    """Single ones, warm."""
    ask = asking(gallery)
    for query in queries[:20, None]:
        ask(query)
    return Spread.of([_timed(partial(ask, query)) for query in queries[:, None]])


def _embedded_s(folder: Path) -> float:
    """All features read and embedded once more, as a reindexing does."""
    with closing(Galleries.open(folder)) as galleries:
        (embedding,) = embeddings(galleries.bundle(NAME)).values()
        catalog = Database(f"sqlite:///{folder / 'catalog.sqlite'}")
        with closing(catalog), catalog.reading() as connection:
            ids = embedding.windows(connection, rows.key(connection, NAME))
            return _timed(lambda: embedding.all_vectors(connection, ids))


def _size_of(folder: Path, widths: dict[Sense, int]) -> int:
    """The catalog's, with ROWS clips more than none, which have features of these widths."""
    library_of(folder, np.zeros((1, 64), np.float32)).close()
    catalog, numbers = folder / "catalog.sqlite", np.random.default_rng(0)
    before = catalog.stat().st_size
    database = Database(f"sqlite:///{catalog}")
    sources = {sense: f"{sense:f<64}" for sense in widths}
    with database.writing() as connection:
        found = [
            {sense: numbers.standard_normal(width).astype(np.float32) for sense, width in widths.items()}
            for _ in range(ROWS)
        ]
        made = [(_clip(i, frozenset(widths)), [found[i]], sources) for i in range(ROWS)]
        clips.add_all(connection, rows.key(connection, NAME), made)
    database.close()
    return catalog.stat().st_size - before


def _clip(i: int, senses: frozenset[Sense]) -> Clip:
    """One that is none of the library's."""
    name = f"a clip with a name of usual length, {i}.mp4"
    return replace(clip(BATCH + i), name=name, size_bytes=1_000_000, senses=senses)


def _timed(work: Callable[[], object]) -> float:
    """The processor's seconds, of all threads."""
    started = process_time()
    work()
    return process_time() - started
