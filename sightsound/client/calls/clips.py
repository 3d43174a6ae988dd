"""Clips: added, listed, changed, removed, looked at."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from pydantic import JsonValue

from sightsound.answers import Clip, ClipDetail, ClipPage, ClipsRemoved, Waveform
from sightsound.asking import EVERYTHING, Fields, Only, given
from sightsound.client.addresses import of_clip, of_gallery, view_of
from sightsound.client.call import (
    MERGE,
    Call,
    Files,
    Into,
    Pages,
    Target,
    Told,
    change,
    content,
    delete,
    download,
    get,
    matching,
    pages,
    upload,
)


def add_clip(
    gallery: str,
    path: Path | str,
    labels: Sequence[str] = (),
    *,
    metadata: Mapping[str, JsonValue] | None = None,
    told: Told | None = None,
) -> Call[ClipDetail]:
    """Put a clip into a gallery; it is found from now on. Of one that `is_new` is False for, the gallery had the bytes.

    That clip stays as it is, with its own name, labels and metadata.
    """
    form: Fields = {"labels": list(labels), "metadata": json.dumps(dict(metadata or {}))}
    return upload(ClipDetail, f"{of_gallery(gallery)}/clips", form, Files("file", [path], told))


def clips(gallery: str, *, label: str | None = None, only: Only = EVERYTHING, at_once: int = 100) -> Pages[ClipDetail]:
    """All clips of a gallery, or those of one label, in the order they were added; fetched as they are read.

    `only` narrows them further; what it says of hits means nothing here. So many are fetched at once.
    """
    narrowed = only if label is None else replace(only, label=[label])
    asked = {**narrowed.clips_fields(), "limit": str(at_once)}
    return pages(ClipPage, f"{of_gallery(gallery)}/clips", asked, lambda page: (page.clips, page.next))


def clip(gallery: str, clip_id: str) -> Call[ClipDetail]:
    """One clip."""
    return get(ClipDetail, of_clip(gallery, clip_id))


def change_clip(
    gallery: str,
    clip_id: str,
    *,
    name: str | None = None,
    labels: Sequence[str] | None = None,
    metadata: Mapping[str, JsonValue] | None = None,
    if_match: str | None = None,
) -> Call[ClipDetail]:
    """Say other things of a clip: what is None stays, of `metadata` the keys that are not in it; one that is None goes.

    Only as it was when `if_match` was its `etag`, if that is given.
    """
    told = {"name": name, "labels": None if labels is None else list(labels)}
    patch = given({**told, "metadata": None if metadata is None else dict(metadata)})
    headers = {"Content-Type": MERGE, **matching(if_match)}
    return change(ClipDetail, of_clip(gallery, clip_id), patch, method="PATCH", headers=headers)


def remove_clip(gallery: str, clip_id: str, *, if_match: str | None = None) -> Call[None]:
    """Delete a clip; no answer has it from now on."""
    return delete(of_clip(gallery, clip_id), if_match=if_match)


def remove_clips(gallery: str, clip_ids: Sequence[str]) -> Call[ClipsRemoved]:
    """Delete up to 1000 clips, all at once."""
    return change(ClipsRemoved, f"{of_gallery(gallery)}/clips/delete", {"ids": list(clip_ids)})


def media(clip: Clip, target: Target, *, told: Told | None = None) -> Call[None]:
    """The file of a clip, written to a place or an open file; at a place it is whole, or as it was before."""
    return download(clip.media, Into(target, told))


def preview(clip: Clip, target: Target, *, told: Told | None = None) -> Call[None]:
    """The same of what browsers play of a clip: its file where they can, else an MP4."""
    return download(view_of(clip.media, "preview"), Into(target, told))


def thumbnail(clip: Clip, at_s: float | None = None) -> Call[bytes]:
    """The picture at a second of a clip, by default one that is telling, as WebP of at most 320 x 320."""
    return content(view_of(clip.media, "thumbnail"), None if at_s is None else {"at_s": str(at_s)})


def waveform(clip: Clip) -> Call[Waveform]:
    """The lowest and highest sample of each of up to 1000 equal stretches of a clip's sound."""
    return get(Waveform, view_of(clip.media, "waveform"))


def waveform_picture(clip: Clip) -> Call[bytes]:
    """The same as a picture, as SVG."""
    return content(view_of(clip.media, "waveform.svg"))
