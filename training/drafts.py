"""Bundles that are written only to be tried, before they get their place."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from models.bundle.manifest import Manifest
from models.bundle.runtime import Bundle
from models.bundle.store import save


@contextmanager
def drafted(manifest: Manifest, graphs: Mapping[str, bytes]) -> Iterator[Bundle]:
    """A bundle of these heads, opened as a service opens it; gone after the block."""
    with TemporaryDirectory() as folder:
        draft = Path(folder) / "draft"
        save(draft, manifest, graphs, "")
        yield Bundle.open(draft)
