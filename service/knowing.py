"""Clips known by their bytes."""

from hashlib import file_digest
from pathlib import Path

from index.adding import ID_DIGITS
from index.clips import Clip
from index.gallery import Gallery
from models.errors import ClipNotFound


def known(gallery: Gallery, path: Path) -> Clip | None:
    """The clip of a gallery that has a file's bytes, if there is one."""
    with path.open("rb") as file:
        clip_id = file_digest(file, "sha256").hexdigest()[:ID_DIGITS]
    try:
        return gallery.clip(clip_id)
    except ClipNotFound:
        return None
