"""A typed client of the service."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from pydantic import JsonValue

from sightsound.addresses import of_clip, of_gallery, view_of
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
from sightsound.asking import EVERYTHING, Only, Query, reindex_body
from sightsound.job_answers import Evaluation, EvaluationList, EvaluationReport
from sightsound.jobs import Jobs
from sightsound.transport import Transport

Asked = Literal["audio", "video", "av"]


class Client:
    """The service at `base_url`; close it, or use it in a `with` block. Durable work is asked for by `jobs`.

    Every method raises ServiceRefused for a refusal, and httpx.TransportError when the service cannot be reached.
    """

    def __init__(self, base_url: str = "http://127.0.0.1:8765", *, timeout_s: float = 60.0) -> None:
        self._transport = Transport(base_url, timeout_s=timeout_s)
        self.jobs = Jobs(self._transport)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Let the connections go."""
        self._transport.close()

    def galleries(self) -> tuple[GallerySummary, ...]:
        """All galleries."""
        return self._transport.ask(GalleryList, "GET", "/v1/galleries").galleries

    def gallery(self, gallery: str) -> GallerySummary:
        """What one gallery holds and can answer."""
        return self._transport.ask(GallerySummary, "GET", of_gallery(gallery))

    def bundles(self) -> tuple[BundleSummary, ...]:
        """All bundles."""
        return self._transport.ask(BundleList, "GET", "/v1/bundles").bundles

    def search(
        self, gallery: str, *, text: str, to: Asked = "video", k: int = 10, only: Only = EVERYTHING
    ) -> SearchAnswer:
        """The windows nearest to some words, by their sound, their pictures or both."""
        query: dict[str, str | list[str]] = {"text": text, "to": to, "k": str(k), **only.fields()}
        return self._transport.ask(SearchAnswer, "GET", f"{of_gallery(gallery)}/search", query=query)

    def search_clip(
        self,
        gallery: str,
        path: Path | str,
        *,
        from_: Asked,
        to: Asked | None = None,
        k: int = 10,
        only: Only = EVERYTHING,
    ) -> SearchAnswer:
        """The windows nearest to the sound or pictures of a clip; `to` is the other of the two by default."""
        form = {"from": from_, "k": str(k), **({"to": to} if to else {}), **only.fields()}
        return self._transport.send(
            SearchAnswer, f"{of_gallery(gallery)}/search", form=form, field="file", paths=[path]
        )

    def search_batch(
        self, gallery: str, queries: Sequence[Query], *, route: str, k: int = 10, only: Only = EVERYTHING
    ) -> BatchAnswer:
        """The windows nearest to each of up to 100 queries, by one route."""
        asked = {"route": route, "k": k, "queries": [each.body() for each in queries], **only.body()}
        return self._transport.ask(BatchAnswer, "POST", f"{of_gallery(gallery)}/search/batch", json=asked)

    def classify(
        self,
        path: Path | str,
        classes: Sequence[str] | None = None,
        *,
        gallery: str | None = None,
        calibration: Literal["on", "off"] | float = "on",
        k: int = 10,
    ) -> ClassifyAnswer:
        """Which classes a clip shows: any words, or by default those that the gallery's bundle knows."""
        form: dict[str, str | list[str]] = {"calibration": str(calibration), "k": str(k)}
        if classes is not None:
            form["classes"] = list(classes)
        if gallery is not None:
            form["gallery"] = gallery
        return self._transport.send(ClassifyAnswer, "/v1/classify", form=form, field="file", paths=[path])

    def reindex(
        self,
        gallery: str,
        bundle: str | None = None,
        *,
        tolerance: float | Literal["any"] | None = None,
        biases: Mapping[str, RouteBias | Literal["chosen"]] | None = None,
    ) -> Generation:
        """Embed a gallery anew, with its own or another bundle, and switch to the result.

        `tolerance` is how much mean average precision may fall by any route, None what the service has by default.
        `biases` correct routes for hubs, by default as they are corrected now; "chosen" lets the gallery's labels say.
        """
        asked = reindex_body(bundle, tolerance=tolerance, biases=biases)
        return self._transport.ask(Generation, "POST", f"{of_gallery(gallery)}/reindex", json=asked)

    def generations(self, gallery: str) -> tuple[GenerationDetail, ...]:
        """The generations of a gallery that are kept, the oldest first."""
        return self._transport.ask(GenerationList, "GET", f"{of_gallery(gallery)}/generations").generations

    def roll_back(self, gallery: str, to: int | None = None) -> Generation:
        """Answer with an earlier generation again, the last one before by default."""
        return self._transport.ask(Generation, "POST", f"{of_gallery(gallery)}/rollback", json={"to": to} if to else {})

    def evaluations(self, gallery: str) -> tuple[Evaluation, ...]:
        """The evaluations of a gallery, the oldest first, without their reports; `jobs.evaluate` makes one."""
        return self._transport.ask(EvaluationList, "GET", f"{of_gallery(gallery)}/evaluations").evaluations

    def evaluation(self, gallery: str, number: int) -> EvaluationReport:
        """What one of them found."""
        return self._transport.ask(EvaluationReport, "GET", f"{of_gallery(gallery)}/evaluations/{number}")

    def evaluation_plot(self, gallery: str, number: int, plot: Literal["precision", "curves", "classes"]) -> bytes:
        """A picture of what one of them found, as SVG."""
        return self._transport.content(f"{of_gallery(gallery)}/evaluations/{number}/plots/{plot}")

    def add_clip(
        self,
        gallery: str,
        path: Path | str,
        labels: Sequence[str] = (),
        *,
        metadata: Mapping[str, JsonValue] | None = None,
    ) -> ClipDetail:
        """Put a clip into a gallery; it is found from now on. The same bytes are the same clip, as it is there."""
        form: dict[str, str | list[str]] = {"labels": list(labels), "metadata": json.dumps(dict(metadata or {}))}
        return self._transport.send(ClipDetail, f"{of_gallery(gallery)}/clips", form=form, field="file", paths=[path])

    def remove_clip(self, gallery: str, clip_id: str) -> None:
        """Delete a clip; no answer has it from now on."""
        self._transport.delete(of_clip(gallery, clip_id))

    def clips(self, gallery: str, *, label: str | None = None) -> Iterator[ClipDetail]:
        """All clips of a gallery, or those of one label, in the order they were added; fetched as they are read."""
        query: dict[str, str | list[str]] = {"label": label} if label else {}
        while True:
            page = self._transport.ask(ClipPage, "GET", f"{of_gallery(gallery)}/clips", query=query)
            yield from page.clips
            if page.next is None:
                return
            query["cursor"] = page.next

    def clip(self, gallery: str, clip_id: str) -> ClipDetail:
        """One clip."""
        return self._transport.ask(ClipDetail, "GET", of_clip(gallery, clip_id))

    def media(self, clip: Clip) -> bytes:
        """The file of a clip."""
        return self._transport.content(clip.media)

    def preview(self, clip: Clip) -> bytes:
        """What browsers play of a clip: its file where they can, else an MP4."""
        return self._transport.content(view_of(clip.media, "preview"))

    def thumbnail(self, clip: Clip, at_s: float | None = None) -> bytes:
        """The picture at a second of a clip, by default one that is telling, as WebP of at most 320 x 320."""
        query: dict[str, str | list[str]] = {} if at_s is None else {"at_s": str(at_s)}
        return self._transport.content(view_of(clip.media, "thumbnail"), query=query)

    def waveform(self, clip: Clip) -> Waveform:
        """The lowest and highest sample of each of up to 1000 equal stretches of a clip's sound."""
        return self._transport.ask(Waveform, "GET", view_of(clip.media, "waveform"))

    def waveform_picture(self, clip: Clip) -> bytes:
        """The same as a picture, as SVG."""
        return self._transport.content(view_of(clip.media, "waveform.svg"))
