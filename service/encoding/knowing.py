"""Clips known by their bytes."""

from hashlib import file_digest
from pathlib import Path

from index.adding import ID_DIGITS
from index.clips import Clip
from index.gallery import Gallery
from models.errors import ClipNotFound


def known(gallery: Gallery, path: Path) -> Clip | None:
    """The clip of a gallery that has a file's bytes, if there is one."""
    try:
        return gallery.clip(digest(path)[:ID_DIGITS])
    except ClipNotFound:
        return None


def digest(path: Path) -> str:
    """The sha256 of a file; raises OSError."""
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()
