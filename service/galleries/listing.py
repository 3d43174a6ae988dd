"""A gallery's clips, some at a time."""

from index.filters import Filter
from index.gallery import Gallery
from service.galleries.clip_schemas import ClipPage
from service.galleries.summaries import clip_detail


def page(gallery: Gallery, among: Filter | None, *, after: int, limit: int) -> ClipPage:
    """The clips after a place, in the order they were added; one more is looked for, to know whether any follows."""
    found = gallery.page(among, after=after, limit=limit + 1)
    shown = found[:limit]
    return ClipPage(
        clips=tuple(clip_detail(gallery.name, clip) for _, clip in shown),
        next=str(shown[-1][0]) if len(found) > limit else None,
    )
