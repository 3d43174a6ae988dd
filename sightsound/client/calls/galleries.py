"""Galleries: made, counted, deleted, embedded anew, put back."""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from sightsound.asking import given, reindex_body
from sightsound.client.addresses import of_gallery, of_generation
from sightsound.client.call import Call, Files, Into, Target, Told, change, delete, download, get, part, upload
from sightsound.gallery_answers import (
    Finding,
    GalleryList,
    GalleryStatistics,
    GallerySummary,
    Generation,
    GenerationDetail,
    GenerationList,
    RouteBias,
    Verification,
)


def galleries() -> Call[tuple[GallerySummary, ...]]:
    """All galleries."""
    return part(get(GalleryList, "/v1/galleries"), lambda found: found.galleries)


def gallery(gallery: str) -> Call[GallerySummary]:
    """What one gallery holds and can answer."""
    return get(GallerySummary, of_gallery(gallery))


def gallery_statistics(gallery: str) -> Call[GalleryStatistics]:
    """How much it holds: bytes, features by backbone, clips by label, generations."""
    return get(GalleryStatistics, f"{of_gallery(gallery)}/statistics")


def create_gallery(gallery: str, bundle: str) -> Call[GallerySummary]:
    """Make an empty gallery that this bundle embeds."""
    return change(GallerySummary, "/v1/galleries", {"name": gallery, "bundle": bundle})


def remove_gallery(gallery: str, *, if_match: str | None = None) -> Call[None]:
    """Delete a gallery with all that it holds, for good; only as it was when `if_match` was its `etag`."""
    return delete(of_gallery(gallery), if_match=if_match)


def import_gallery(path: Path | str, name: str | None = None, *, told: Told | None = None) -> Call[GallerySummary]:
    """Make a gallery of an archive, by default of the name it had."""
    return upload(GallerySummary, "/v1/galleries/import", given({"name": name}), Files("file", [path], told))


def export_gallery(gallery: str, target: Target, *, told: Told | None = None) -> Call[None]:
    """A gallery as one file that can be imported elsewhere, written to a place or an open file."""
    return download(f"{of_gallery(gallery)}/archive", Into(target, told))


def verify_gallery(gallery: str) -> Call[tuple[Finding, ...]]:
    """What of a gallery is not as it should be: every file, feature and vector is looked at, and nothing changed."""
    return part(get(Verification, f"{of_gallery(gallery)}/verification"), lambda found: found.findings)


def reindex(
    gallery: str,
    bundle: str | None = None,
    *,
    tolerance: float | None = None,
    force: bool = False,
    biases: Mapping[str, RouteBias | Literal["chosen"]] | None = None,
    expected: int | None = None,
) -> Call[Generation]:
    """Embed a gallery anew, with its own or another bundle, and switch to the result.

    `tolerance` is how much mean average precision may fall by any route, None what the service has by default;
    with `force` it is done however much that falls.
    `biases` correct routes for hubs, by default as they are corrected now; "chosen" lets the gallery's labels say.
    Nothing is done where another generation than `expected` is active.
    """
    asked = reindex_body(bundle, tolerance=tolerance, force=force, biases=biases, expected=expected)
    return change(Generation, f"{of_gallery(gallery)}/reindex", asked)


def generations(gallery: str) -> Call[tuple[GenerationDetail, ...]]:
    """The generations of a gallery that are kept, the oldest first."""
    return part(get(GenerationList, f"{of_gallery(gallery)}/generations"), lambda found: found.generations)


def generation(gallery: str, number: int) -> Call[GenerationDetail]:
    """One of them, with how it was built and verified."""
    return get(GenerationDetail, of_generation(gallery, number))


def activate(gallery: str, number: int, *, expected: int) -> Call[Generation]:
    """Answer with this generation from now on, if the one that is `expected` to be active still is."""
    return change(Generation, f"{of_generation(gallery, number)}/activate", {"expected": expected})


def remove_generation(gallery: str, number: int) -> Call[None]:
    """Forget a generation that is not active, with its vectors."""
    return delete(of_generation(gallery, number))


def roll_back(gallery: str, to: int | None = None, *, expected: int | None = None) -> Call[Generation]:
    """Answer with an earlier generation again, the last one before by default."""
    return change(Generation, f"{of_gallery(gallery)}/rollback", given({"to": to, "expected": expected}))
