"""Clips changed and removed, as long as they are what the caller has seen."""

from collections.abc import Mapping

from pydantic import JsonValue

from index.clips import Clip
from index.gallery import Gallery
from index.wording import Wording
from service.galleries.clip_schemas import ClipPatch, ClipsRemoved
from service.galleries.summaries import clip_detail
from service.http.conditions import Expected


def patch(gallery: Gallery, clip_id: str, asked: ClipPatch, expected: Expected) -> Clip:
    """The clip, of which from now on other things are said; raises ClipNotFound, PreconditionFailed, InvalidInput."""

    def decide(clip: Clip) -> Wording:
        expected.check(clip_detail(gallery.name, clip))
        return _patched(clip, asked)

    return gallery.reword(clip_id, decide)


def remove(gallery: Gallery, clip_id: str, expected: Expected) -> None:
    """Delete a clip; raises ClipNotFound, PreconditionFailed."""
    gallery.remove(clip_id, lambda clip: expected.check(clip_detail(gallery.name, clip)))


def remove_all(gallery: Gallery, ids: tuple[str, ...]) -> ClipsRemoved:
    """Delete clips, all at once; those that are not there are passed over."""
    removed = gallery.remove_all(ids)
    return ClipsRemoved(removed=tuple(removed), missing=tuple(each for each in ids if each not in set(removed)))


def _patched(clip: Clip, asked: ClipPatch) -> Wording:
    said = asked.model_fields_set
    return Wording.of(
        name=asked.name if "name" in said else clip.name,
        labels=(asked.labels or ()) if "labels" in said else clip.labels,
        metadata=_object(merged(dict(clip.metadata), asked.metadata)) if "metadata" in said else clip.metadata,
    )


def merged(target: JsonValue, patch: JsonValue) -> JsonValue:
    """A JSON merge patch applied.

    Source: RFC 7396, section 2, the pseudo-code of MergePatch.
    """
    if not isinstance(patch, dict):
        return patch
    found = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            found.pop(name, None)
        else:
            found[name] = merged(found.get(name), value)
    return found


def _object(metadata: JsonValue) -> Mapping[str, JsonValue]:
    """A clip always has some metadata, and be it none."""
    return metadata if isinstance(metadata, dict) else {}
