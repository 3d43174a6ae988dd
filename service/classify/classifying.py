"""From uploaded or stored clips to ranked classes."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from index.gallery import Gallery
from models.bundle.classification import Candidates, Classification, check_channels
from models.errors import GalleryNotFound, MediaInvalid, QueryInvalid, SenseMissing, SightsoundError
from models.features.extract import ClipFeatures, WindowFeatures
from service.callers.caller import Caller
from service.classify.choosing import Choosing
from service.classify.classify_schemas import (
    ClassifyAnswer,
    ClassifyBatchAnswer,
    ClassifyBatchRequest,
    ClassifyRequest,
    ClipRanking,
    ItemRanking,
    RankedClass,
    RankedWindow,
    Ranking,
)
from service.encoding.extracting import Extracting
from service.encoding.features import of_clip
from service.http.problems import problem_of
from service.observing.stages import stage
from service.resources import Resources
from service.timing import Stopwatch

BATCH = "/v1/classify/batch"
Upload = tuple[str, Path | None]
"""A file's name and where it lies; None where it is empty."""
Found = ClipFeatures | SightsoundError
"""The features of a clip, or why there are none."""


def classify_upload(
    resources: Resources, caller: Caller, gallery: str | None, *, clip: Path, choosing: Choosing
) -> ClassifyAnswer:
    """The best classes of a clip by a gallery's bundle, by default by that of the first gallery the caller sees.

    Raises:
        GalleryNotFound, NotAllowed, VocabularyNotFound, QueryInvalid, RouteMissing, MediaInvalid, SenseMissing.
    """
    ranking = _Rankings(resources, _chosen(resources, caller, gallery), choosing)
    return ranking.answer(ranking.extractor.extract(clip))


def classify_stored(resources: Resources, caller: Caller, request: ClassifyRequest) -> ClassifyAnswer:
    """The best classes of a clip or window of a gallery, from what is stored of it: nothing is decoded.

    Raises:
        GalleryNotFound, NotAllowed, VocabularyNotFound, QueryInvalid, RouteMissing, ClipNotFound, WindowNotFound,
        SenseMissing.
    """
    ranking = _Rankings(resources, _chosen(resources, caller, request.gallery), request.choosing())
    return ranking.answer(ranking.stored(request.of))


def classify_stored_batch(resources: Resources, caller: Caller, request: ClassifyBatchRequest) -> ClassifyBatchAnswer:
    """As `classify_stored`, of several: what is wrong with one of them is its own answer."""
    ranking = _Rankings(resources, _chosen(resources, caller, request.gallery), request.choosing())
    return ranking.answers((str(each.of), ranking.found(each.of)) for each in request.items)


def classify_uploads(
    resources: Resources, caller: Caller, gallery: str | None, *, files: Sequence[Upload], choosing: Choosing
) -> ClassifyBatchAnswer:
    """As `classify_upload`, of several: what is wrong with one of them is its own answer."""
    ranking = _Rankings(resources, _chosen(resources, caller, gallery), choosing)
    decoded = ranking.extractor.extract_all(path for _, path in files if path is not None)
    return ranking.answers((name, _empty(name) if path is None else next(decoded)) for name, path in files)


class _Rankings:
    """One request, answered by the one bundle that was active when it began."""

    def __init__(self, resources: Resources, gallery: Gallery, choosing: Choosing) -> None:
        self._watch = Stopwatch()
        self._resources, self._gallery, self._choosing = resources, gallery, choosing
        self._generation = gallery.active
        check_channels(self._generation.bundle.manifest, choosing.channel)
        self._classifier = resources.classifiers.of(self._generation.bundle)
        self._among = self._candidates()
        if choosing.abstain_below is not None and len(self._among.names) < 2:
            raise QueryInvalid("abstain_below: a margin needs at least 2 classes, found 1")

    @property
    def extractor(self) -> Extracting:
        """Of the features that the bundle reads."""
        return self._resources.encoders.extractor(self._generation.bundle.manifest)

    def stored(self, of: int | str) -> ClipFeatures:
        windows = self._gallery.windows(of, generation=self._generation)
        return ClipFeatures(windows[-1].window.end_s, tuple(windows))

    def found(self, of: int | str) -> Found:
        try:
            return self.stored(of)
        except SightsoundError as error:
            return error

    def answer(self, clip: ClipFeatures) -> ClassifyAnswer:
        return ClassifyAnswer(**dict(self._ranking(clip)), **self._head())

    def answers(self, items: Iterable[tuple[str, Found]]) -> ClassifyBatchAnswer:
        return ClassifyBatchAnswer(answers=tuple(self._item(*each) for each in items), **self._head())

    def _head(self) -> dict[str, Any]:
        return {
            "gallery": self._gallery.name,
            "bundle": self._generation.bundle.name,
            "vocabulary": self._choosing.vocabulary,
            "took_ms": self._watch.elapsed_ms(),
        }

    def _item(self, name: str, found: Found) -> ItemRanking:
        try:
            return ItemRanking(item=name, ranking=self._ranking(_raised(found)), problem=None)
        except SightsoundError as error:
            return ItemRanking(item=name, ranking=None, problem=problem_of(error, BATCH))

    def _candidates(self) -> Candidates:
        if self._choosing.vocabulary is None:
            classes = self._choosing.classes or self._generation.bundle.manifest.vocabulary
            return self._resources.classifiers.candidates(self._classifier, classes)
        named = self._resources.galleries.vocabularies.get(self._choosing.vocabulary).classes
        found = self._resources.classifiers.candidates(self._classifier, [each.name for each in named])
        return found.seen_as([each.seen for each in named])

    def _ranking(self, clip: ClipFeatures) -> ClipRanking:
        whole = self._ranked(clip)
        windows = tuple(map(self._window, clip.windows)) if self._choosing.by == "window" else None
        return ClipRanking(**dict(whole), windows=windows)

    def _window(self, window: WindowFeatures) -> RankedWindow:
        try:
            ranking = self._ranked(ClipFeatures(window.window.end_s, (window,)))
        except SenseMissing:
            ranking = None
        start_s, end_s = window.window.start_s, window.window.end_s
        return RankedWindow(start_s=start_s, end_s=end_s, absent=dict(window.absent), ranking=ranking)

    def _ranked(self, clip: ClipFeatures) -> Ranking:
        """By the mean of its windows."""
        asked = self._choosing
        with stage("head"):
            found = self._classifier.rank(of_clip(clip), self._among, channel=asked.channel, beta=asked.beta, k=asked.k)
        abstained = asked.abstain_below is not None and found.margin is not None and found.margin < asked.abstain_below
        return Ranking(
            route=f"{found.channel}->text",
            channel=found.channel,
            decided_by=found.decided_by,
            beta=found.beta,
            margin=found.margin,
            probability=found.probability,
            abstained=abstained,
            classes=_best(found),
        )


def _best(found: Classification) -> tuple[RankedClass, ...]:
    return tuple(
        RankedClass(name=each.name, score=each.score, seen=each.seen, taken_off=each.taken_off, parts=dict(each.parts))
        for each in found.ranked
    )


def _chosen(resources: Resources, caller: Caller, gallery: str | None) -> Gallery:
    """The gallery of that name, or the first one that the caller sees; raises GalleryNotFound, NotAllowed."""
    if gallery is not None:
        caller.check(gallery)
        return resources.galleries.get(gallery)
    seen = [each for each in resources.galleries.names() if caller.sees(each)]
    if not seen:
        raise GalleryNotFound("there is no gallery yet")
    return resources.galleries.get(seen[0])


def _raised(found: Found) -> ClipFeatures:
    if isinstance(found, SightsoundError):
        raise found
    return found


def _empty(name: str) -> MediaInvalid:
    return MediaInvalid(f"the file {name!r} is empty, expected a clip with sound, pictures or both")
