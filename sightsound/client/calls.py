"""What can be asked of a service, each as a call; `Client` and `AsyncClient` make them."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

from pydantic import JsonValue

from sightsound.answers import (
    BatchAnswer,
    BundleList,
    BundleSummary,
    ClassifyAnswer,
    Clip,
    ClipDetail,
    ClipPage,
    GalleryList,
    GallerySummary,
    Generation,
    GenerationDetail,
    GenerationList,
    RouteBias,
    SearchAnswer,
    Waveform,
)
from sightsound.asking import EVERYTHING, Fields, Only, Query, reindex_body
from sightsound.client.addresses import of_clip, of_gallery, view_of
from sightsound.client.call import Call, Files, Pages, Told, ask, change, content, delete, get, part, typed, upload
from sightsound.job_answers import Evaluation, EvaluationList, EvaluationReport

Asked = Literal["audio", "video", "av"]


def galleries() -> Call[tuple[GallerySummary, ...]]:
    """All galleries."""
    return part(get(GalleryList, "/v1/galleries"), lambda found: found.galleries)


def gallery(gallery: str) -> Call[GallerySummary]:
    """What one gallery holds and can answer."""
    return get(GallerySummary, of_gallery(gallery))


def bundles() -> Call[tuple[BundleSummary, ...]]:
    """All bundles."""
    return part(get(BundleList, "/v1/bundles"), lambda found: found.bundles)


def search(gallery: str, *, text: str, to: Asked = "video", k: int = 10, only: Only = EVERYTHING) -> Call[SearchAnswer]:
    """The windows nearest to some words, by their sound, their pictures or both."""
    query: Fields = {"text": text, "to": to, "k": str(k), **only.fields()}
    return get(SearchAnswer, f"{of_gallery(gallery)}/search", query)


def search_clip(
    gallery: str,
    path: Path | str,
    *,
    from_: Asked,
    to: Asked | None = None,
    k: int = 10,
    only: Only = EVERYTHING,
    told: Told | None = None,
) -> Call[SearchAnswer]:
    """The windows nearest to the sound or pictures of a clip; `to` is the other of the two by default."""
    form: Fields = {"from": from_, "k": str(k), **({"to": to} if to else {}), **only.fields()}
    files = Files("file", [path], told)
    return Call("POST", f"{of_gallery(gallery)}/search", typed(SearchAnswer), form=form, files=files)


def search_batch(
    gallery: str, queries: Sequence[Query], *, route: str, k: int = 10, only: Only = EVERYTHING
) -> Call[BatchAnswer]:
    """The windows nearest to each of up to 100 queries, by one route."""
    asked = {"route": route, "k": k, "queries": [each.body() for each in queries], **only.body()}
    return ask(BatchAnswer, f"{of_gallery(gallery)}/search/batch", asked)


def classify(
    path: Path | str,
    classes: Sequence[str] | None = None,
    *,
    gallery: str | None = None,
    calibration: Literal["on", "off"] | float = "on",
    k: int = 10,
    told: Told | None = None,
) -> Call[ClassifyAnswer]:
    """Which classes a clip shows: any words, or by default those that the gallery's bundle knows."""
    form: dict[str, str | list[str]] = {"calibration": str(calibration), "k": str(k)}
    if classes is not None:
        form["classes"] = list(classes)
    if gallery is not None:
        form["gallery"] = gallery
    return Call("POST", "/v1/classify", typed(ClassifyAnswer), form=form, files=Files("file", [path], told))


def reindex(
    gallery: str,
    bundle: str | None = None,
    *,
    tolerance: float | Literal["any"] | None = None,
    biases: Mapping[str, RouteBias | Literal["chosen"]] | None = None,
) -> Call[Generation]:
    """Embed a gallery anew, with its own or another bundle, and switch to the result.

    `tolerance` is how much mean average precision may fall by any route, None what the service has by default.
    `biases` correct routes for hubs, by default as they are corrected now; "chosen" lets the gallery's labels say.
    """
    asked = reindex_body(bundle, tolerance=tolerance, biases=biases)
    return change(Generation, f"{of_gallery(gallery)}/reindex", asked)


def generations(gallery: str) -> Call[tuple[GenerationDetail, ...]]:
    """The generations of a gallery that are kept, the oldest first."""
    return part(get(GenerationList, f"{of_gallery(gallery)}/generations"), lambda found: found.generations)


def roll_back(gallery: str, to: int | None = None) -> Call[Generation]:
    """Answer with an earlier generation again, the last one before by default."""
    return change(Generation, f"{of_gallery(gallery)}/rollback", {"to": to} if to else {})


def evaluations(gallery: str) -> Call[tuple[Evaluation, ...]]:
    """The evaluations of a gallery, the oldest first, without their reports; `jobs.evaluate` makes one."""
    return part(get(EvaluationList, f"{of_gallery(gallery)}/evaluations"), lambda found: found.evaluations)


def evaluation(gallery: str, number: int) -> Call[EvaluationReport]:
    """What one of them found."""
    return get(EvaluationReport, f"{of_gallery(gallery)}/evaluations/{number}")


def evaluation_plot(gallery: str, number: int, plot: Literal["precision", "curves", "classes"]) -> Call[bytes]:
    """A picture of what one of them found, as SVG."""
    return content(f"{of_gallery(gallery)}/evaluations/{number}/plots/{plot}")


def add_clip(
    gallery: str,
    path: Path | str,
    labels: Sequence[str] = (),
    *,
    metadata: Mapping[str, JsonValue] | None = None,
    told: Told | None = None,
) -> Call[ClipDetail]:
    """Put a clip into a gallery; it is found from now on. The same bytes are the same clip, as it is there."""
    form: Fields = {"labels": list(labels), "metadata": json.dumps(dict(metadata or {}))}
    return upload(ClipDetail, f"{of_gallery(gallery)}/clips", form, Files("file", [path], told))


def remove_clip(gallery: str, clip_id: str) -> Call[None]:
    """Delete a clip; no answer has it from now on."""
    return delete(of_clip(gallery, clip_id))


def clips(gallery: str, *, label: str | None = None) -> Pages[ClipDetail]:
    """All clips of a gallery, or those of one label, in the order they were added; fetched as they are read."""
    asked = {"label": label} if label else {}

    def page(cursor: str | None) -> Call[tuple[Sequence[ClipDetail], str | None]]:
        found = get(ClipPage, f"{of_gallery(gallery)}/clips", {**asked, **({"cursor": cursor} if cursor else {})})
        return part(found, lambda page: (page.clips, page.next))

    return Pages(page)


def clip(gallery: str, clip_id: str) -> Call[ClipDetail]:
    """One clip."""
    return get(ClipDetail, of_clip(gallery, clip_id))


def media(clip: Clip) -> Call[bytes]:
    """The file of a clip."""
    return content(clip.media)


def preview(clip: Clip) -> Call[bytes]:
    """What browsers play of a clip: its file where they can, else an MP4."""
    return content(view_of(clip.media, "preview"))


def thumbnail(clip: Clip, at_s: float | None = None) -> Call[bytes]:
    """The picture at a second of a clip, by default one that is telling, as WebP of at most 320 x 320."""
    return content(view_of(clip.media, "thumbnail"), None if at_s is None else {"at_s": str(at_s)})


def waveform(clip: Clip) -> Call[Waveform]:
    """The lowest and highest sample of each of up to 1000 equal stretches of a clip's sound."""
    return get(Waveform, view_of(clip.media, "waveform"))


def waveform_picture(clip: Clip) -> Call[bytes]:
    """The same as a picture, as SVG."""
    return content(view_of(clip.media, "waveform.svg"))
