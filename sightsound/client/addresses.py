"""Where things are on a service."""

from urllib.parse import quote


def of_gallery(name: str) -> str:
    """A gallery's."""
    return f"/v1/galleries/{quote(name, safe='')}"


def of_clip(gallery: str, clip_id: str) -> str:
    """A clip's."""
    return f"{of_gallery(gallery)}/clips/{quote(clip_id, safe='')}"


def view_of(media: str, view: str) -> str:
    """That of a clip to look at, beside its file."""
    return f"{media.removesuffix('media')}{view}"


def of_job(job_id: str) -> str:
    """A job's."""
    return f"/v1/jobs/{quote(job_id, safe='')}"
