"""What galleries know, in the shapes of answers."""

from index import corrections
from index.catalog.galleries import GenerationRow
from index.clips import Absent, Clip
from index.gallery import Gallery
from index.moments import moment
from models.bundle.runtime import Bundle
from models.types import Window
from service.addresses import media_address
from service.galleries.bundle_schemas import BundleSummary
from service.galleries.clip_schemas import ClipDetail
from service.galleries.gallery_schemas import GallerySummary
from service.galleries.generation_schemas import GenerationDetail
from service.schemas import ClipWindow


def summary(gallery: Gallery) -> GallerySummary:
    """A gallery in numbers."""
    return GallerySummary.model_validate(gallery.summary(), from_attributes=True)


def bundle_summary(bundle: Bundle) -> BundleSummary:
    """A bundle in short."""
    manifest = bundle.manifest
    return BundleSummary(
        name=manifest.name,
        method=manifest.method,
        routes=tuple(manifest.routes),
        trained_on=manifest.trained_on,
        evaluation=manifest.evaluation,
        size_bytes=bundle.size_bytes,
    )


def clip_detail(gallery: str, clip: Clip) -> ClipDetail:
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


def window(found: Window, absent: Absent) -> ClipWindow:
    """A stretch of a clip, and what it lacks."""
    return ClipWindow(start_s=found.start_s, end_s=found.end_s, absent=dict(absent))
