"""Where what the service keeps is found."""

from functools import lru_cache
from urllib.parse import quote


def media_address(gallery: str, clip_id: str) -> str:
    """Where a clip's file is fetched."""
    return f"{clip_address(gallery, clip_id)}/media"


def clip_address(gallery: str, clip_id: str) -> str:
    """Where a clip is."""
    return f"{gallery_address(gallery)}/clips/{clip_id}"


@lru_cache(maxsize=1024)
def gallery_address(gallery: str) -> str:
    """Where a gallery is."""
    return f"/v1/galleries/{quote(gallery, safe='')}"
