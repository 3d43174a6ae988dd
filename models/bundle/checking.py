"""Bundles of strangers: looked at and tried, in a process that may be starved and killed, before they are used."""

import math
import multiprocessing
import os
import re
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from pebble import ProcessExpired, ProcessPool

from models.bundle.manifest import HeadSpec, Manifest
from models.bundle.reading import head_bytes, load_manifest
from models.bundle.runtime import Bundle
from models.errors import BundleInvalid, DependencyMissing, Unavailable
from models.features.graph import BROKEN
from models.media.child import OUT_OF_MEMORY, confine
from models.types import F32, Modality

LIMIT_S = 60.0
MEMORY_BYTES = 2 * 2**30
PROBES = (1, 3, 257)
"""Rows at once: one, few, and more than a graph with a fixed number would take."""
ENCODER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*@[A-Za-z0-9][A-Za-z0-9._-]*")
"""Encoders lie in folders of their names: these lead to no other place."""
MOST_HEADS, WIDEST = 100, 65_536


def check_bundle(folder: Path, *, limit_s: float = LIMIT_S, memory_bytes: int = MEMORY_BYTES) -> None:
    """Refuse a bundle that says or does what no bundle should; no graph is read in this process.

    Every graph is looked at (models.bundle.graphs), opened, and run on a few features.

    Raises:
        BundleInvalid: odd names or numbers in the manifest, a graph of other than the known operators, one that does
            not do what the manifest says, gives what is not finite, or needs too much time or memory for it.
        DependencyMissing: the library onnx is not installed.
    """
    check_manifest(load_manifest(folder))
    if find_spec("onnx") is None:
        raise DependencyMissing("bundles are checked with the library onnx: pip install 'sightsound[serve]'")
    context = multiprocessing.get_context("forkserver")
    pool = ProcessPool(max_workers=1, max_tasks=1, initializer=_begin, initargs=(memory_bytes,), context=context)
    try:
        pool.schedule(_try_confined, args=(folder,), timeout=limit_s).result()
    except TimeoutError as error:
        raise BundleInvalid(f"trying the bundle's heads took over {limit_s:g} s, the limit") from error
    except ProcessExpired as error:
        raise BundleInvalid(_last_words(error.exitcode, memory_bytes)) from error
    finally:
        pool.stop()  # type: ignore[no-untyped-call]
        pool.join()


def check_manifest(manifest: Manifest) -> None:
    """Refuse what a manifest of one's own would not say; raises BundleInvalid."""
    for ref in (*manifest.backbones.values(), manifest.text_encoder):
        if not ENCODER.fullmatch(ref.name):
            raise BundleInvalid(f"found an encoder called {ref.name[:80]!r}, expected letters, digits and . _ - @")
    if not all(map(math.isfinite, _numbers(manifest.model_dump(mode="json")))):
        raise BundleInvalid("found NaN or infinity in the manifest, expected finite numbers")
    refs = [manifest.text_encoder.width, *(each.width for each in manifest.backbones.values())]
    widths = [*refs, *(each.dim for each in manifest.heads.values())]
    if len(manifest.heads) > MOST_HEADS or max(widths) > WIDEST:
        raise BundleInvalid(
            f"found {len(manifest.heads)} heads, the widest {max(widths)}; expected at most {MOST_HEADS} and {WIDEST}"
        )


def _numbers(value: object) -> Iterator[float]:
    """All numbers of a document."""
    if isinstance(value, float):
        yield value
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _numbers(each)


def try_heads(folder: Path) -> None:
    """Look at every head's graph and run it on a few features; only in a process that is confined."""
    from models.bundle.graphs import check_graph

    bundle = Bundle.open(folder)
    for head, spec in bundle.manifest.heads.items():
        check_graph(head_bytes(folder, head, spec), head=head)
        for rows in PROBES:
            _probe(bundle, head, spec, rows)


def _probe(bundle: Bundle, head: str, spec: HeadSpec, rows: int) -> None:
    random = np.random.default_rng(rows)
    for scale in (0, 1):
        features: dict[Modality, F32] = {
            each: (scale * random.normal(size=(rows, bundle.width(each)))).astype(np.float32) for each in spec.inputs
        }
        try:
            embedding = bundle.embed(head, features)
        except (*BROKEN, Unavailable) as error:
            raise BundleInvalid(f"head {head!r} cannot be run on {rows} rows") from error
        if scale and not np.isfinite(embedding).all():
            raise BundleInvalid(f"head {head!r} gives NaN or infinity for ordinary features")


def _begin(memory_bytes: int) -> None:
    from models.bundle import graphs

    assert graphs.OPERATORS  # what is imported later would count as memory of the bundle's
    confine(memory_bytes)


def _try_confined(folder: Path) -> None:
    try:
        try_heads(folder)
    except MemoryError:
        os._exit(OUT_OF_MEMORY)


def _last_words(status: int, memory_bytes: int) -> str:
    if status == OUT_OF_MEMORY:
        return f"trying the bundle's heads took over {memory_bytes} bytes of memory, the limit"
    return f"trying the bundle's heads ended its process (exit status {status})"
