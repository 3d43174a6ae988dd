"""A typed client of the service."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self, TypeVar
from urllib.parse import quote

import httpx
from pydantic import JsonValue

from sightsound.answers import (
    Answer,
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
    Problem,
    SearchAnswer,
)
from sightsound.asking import EVERYTHING, Fields, Only, Query

Asked = Literal["audio", "video", "av"]
A = TypeVar("A", bound=Answer)


class ServiceRefused(Exception):
    """The service refused a request; `problem` says why."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(f"{problem.title} {problem.detail}")
        self.problem = problem


class Client:
    """The service at `base_url`; close it, or use it in a `with` block.

    Every method raises ServiceRefused for a refusal, and httpx.TransportError when the service cannot be reached.
    """

    def __init__(self, base_url: str = "http://127.0.0.1:8765", *, timeout_s: float = 60.0) -> None:
        self._http = httpx.Client(base_url=base_url, timeout=timeout_s)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Let the connections go."""
        self._http.close()

    def galleries(self) -> tuple[GallerySummary, ...]:
        """All galleries."""
        return self._ask(GalleryList, "GET", "/v1/galleries").galleries

    def gallery(self, gallery: str) -> GallerySummary:
        """What one gallery holds and can answer."""
        return self._ask(GallerySummary, "GET", _gallery(gallery))

    def bundles(self) -> tuple[BundleSummary, ...]:
        """All bundles."""
        return self._ask(BundleList, "GET", "/v1/bundles").bundles

    def search(
        self, gallery: str, *, text: str, to: Asked = "video", k: int = 10, only: Only = EVERYTHING
    ) -> SearchAnswer:
        """The windows nearest to some words, by their sound, their pictures or both."""
        query: dict[str, str | list[str]] = {"text": text, "to": to, "k": str(k), **only.fields()}
        return self._ask(SearchAnswer, "GET", f"{_gallery(gallery)}/search", query=query)

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
        return self._send(SearchAnswer, f"{_gallery(gallery)}/search", path, form)

    def search_batch(
        self, gallery: str, queries: Sequence[Query], *, route: str, k: int = 10, only: Only = EVERYTHING
    ) -> BatchAnswer:
        """The windows nearest to each of up to 100 queries, by one route."""
        asked = {"route": route, "k": k, "queries": [each.body() for each in queries], **only.body()}
        return self._ask(BatchAnswer, "POST", f"{_gallery(gallery)}/search/batch", json=asked)

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
        return self._send(ClassifyAnswer, "/v1/classify", path, form)

    def reindex(
        self, gallery: str, bundle: str | None = None, *, tolerance: float | Literal["any"] | None = None
    ) -> Generation:
        """Embed a gallery anew, with its own or another bundle, and switch to the result.

        `tolerance` is how much mean average precision may fall by any route, None what the service has by default.
        """
        told = {"bundle": bundle, "tolerance": None if tolerance == "any" else tolerance}
        asked = {name: value for name, value in told.items() if value is not None} | {"force": tolerance == "any"}
        return self._ask(Generation, "POST", f"{_gallery(gallery)}/reindex", json=asked)

    def generations(self, gallery: str) -> tuple[GenerationDetail, ...]:
        """The generations of a gallery that are kept, the oldest first."""
        return self._ask(GenerationList, "GET", f"{_gallery(gallery)}/generations").generations

    def roll_back(self, gallery: str, to: int | None = None) -> Generation:
        """Answer with an earlier generation again, the last one before by default."""
        return self._ask(Generation, "POST", f"{_gallery(gallery)}/rollback", json={"to": to} if to else {})

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
        return self._send(ClipDetail, f"{_gallery(gallery)}/clips", path, form)

    def remove_clip(self, gallery: str, clip_id: str) -> None:
        """Delete a clip; no answer has it from now on."""
        _accepted(self._http.delete(_clip(gallery, clip_id)))

    def clips(self, gallery: str, *, label: str | None = None) -> Iterator[ClipDetail]:
        """All clips of a gallery, or those of one label, in the order they were added; fetched as they are read."""
        query: dict[str, str | list[str]] = {"label": label} if label else {}
        while True:
            page = self._ask(ClipPage, "GET", f"{_gallery(gallery)}/clips", query=query)
            yield from page.clips
            if page.next is None:
                return
            query["cursor"] = page.next

    def clip(self, gallery: str, clip_id: str) -> ClipDetail:
        """One clip."""
        return self._ask(ClipDetail, "GET", _clip(gallery, clip_id))

    def media(self, clip: Clip) -> bytes:
        """The file of a clip."""
        return _accepted(self._http.get(clip.media)).content

    def _ask(
        self,
        kind: type[A],
        method: str,
        address: str,
        *,
        query: Fields | None = None,
        json: Mapping[str, Any] | None = None,
    ) -> A:
        return kind.model_validate_json(_accepted(self._http.request(method, address, params=query, json=json)).content)

    def _send(self, kind: type[A], address: str, path: Path | str, form: Fields) -> A:
        with Path(path).open("rb") as file:
            answer = self._http.post(address, data=form, files={"file": (Path(path).name, file)})
        return kind.model_validate_json(_accepted(answer).content)


def _gallery(name: str) -> str:
    return f"/v1/galleries/{quote(name, safe='')}"


def _clip(gallery: str, clip_id: str) -> str:
    return f"{_gallery(gallery)}/clips/{quote(clip_id, safe='')}"


def _accepted(answer: httpx.Response) -> httpx.Response:
    if answer.is_success:
        return answer
    if "json" in answer.headers.get("content-type", ""):
        raise ServiceRefused(Problem.model_validate_json(answer.content))
    raise ServiceRefused(
        Problem(
            type="about:blank",
            title="The service could not answer.",
            status=answer.status_code,
            detail=f"{answer.url} said {answer.status_code}, without a problem document",
            instance=answer.url.path,
        )
    )
