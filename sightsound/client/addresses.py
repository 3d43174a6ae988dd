"""Where things are on a service."""

from urllib.parse import quote

JOBS, BUNDLES, VOCABULARIES, KEYS = "/v1/jobs", "/v1/bundles", "/v1/vocabularies", "/v1/keys"


def named(place: str, name: str) -> str:
    """That of this name among others of its kind."""
    return f"{place}/{quote(name, safe='')}"


def of_gallery(name: str) -> str:
    """A gallery's."""
    return named("/v1/galleries", name)


def of_clip(gallery: str, clip_id: str) -> str:
    """A clip's."""
    return named(f"{of_gallery(gallery)}/clips", clip_id)


def view_of(media: str, view: str) -> str:
    """That of a clip to look at, beside its file."""
    return f"{media.removesuffix('media')}{view}"


def of_generation(gallery: str, number: int) -> str:
    """A generation's."""
    return f"{of_gallery(gallery)}/generations/{number}"


def of_evaluation(gallery: str, number: int) -> str:
    """An evaluation's."""
    return f"{of_gallery(gallery)}/evaluations/{number}"
