"""What the rooms below know, in the shapes of answers."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from urllib.parse import quote

import index.clips as stored
from index import corrections
from index.catalog.galleries import GenerationRow
from index.gallery import Gallery
from models import types
from models.bundle.manifest import Manifest
from service.schemas import BundleSummary, ClipDetail, ClipWindow, GallerySummary, GenerationDetail


def summary(gallery: Gallery) -> GallerySummary:
    """A gallery in numbers."""
    found = gallery.summary()
    return GallerySummary(
        name=found.name,
        clips=found.clips,
        windows=found.windows,
        bundle=found.bundle,
        generation=found.generation,
        routes=found.routes,
        channels=found.channels,
        labels=dict(found.labels),
    )


def bundle_summary(manifest: Manifest) -> BundleSummary:
    """A bundle by its manifest."""
    return BundleSummary(
        name=manifest.name,
        method=manifest.method,
        routes=tuple(manifest.routes),
        trained_on=manifest.trained_on,
        evaluation=manifest.evaluation,
    )


def clip_detail(gallery: str, clip: stored.Clip) -> ClipDetail:
    """A clip of a gallery, with all that is known of it."""
    return ClipDetail(
        id=clip.id,
        name=clip.name,
        labels=clip.labels,
        media=media_address(gallery, clip.id),
        media_type=clip.media_type,
        duration_s=clip.duration_s,
        size_bytes=clip.size_bytes,
        sha256=clip.sha256,
        senses=tuple(sorted(clip.senses)),
        absent=dict(clip.lacks),
        windows=tuple(window(*each) for each in zip(clip.windows, clip.absent_of_all, strict=True)),
        metadata=dict(clip.metadata),
        added_at=moment(clip.added_at),
    )


def generation_detail(row: GenerationRow, active: int) -> GenerationDetail:
    """A generation of a gallery whose active one has this number."""
    return GenerationDetail(
        number=row.number,
        bundle=row.bundle.name,
        state=row.state,
        active=row.number == active,
        made_at=moment(row.made_at),
        biases=dict(corrections.stored(row.biases).routes),
        report=dict(row.report),
    )


def moment(seconds: float) -> datetime:
    """A moment since the epoch, in UTC: the last microsecond that is not after it, so that it finds what came then."""
    nearest = datetime.fromtimestamp(seconds, UTC)
    return nearest if nearest.timestamp() <= seconds else nearest - timedelta(microseconds=1)


def window(found: types.Window, absent: stored.Absent) -> ClipWindow:
    """A stretch of a clip, and what it lacks."""
    return ClipWindow(start_s=found.start_s, end_s=found.end_s, absent=dict(absent))


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
