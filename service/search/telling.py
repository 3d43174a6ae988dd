"""What was found, told: which hits are good enough, how probable each is, and why it was found."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from fastapi.concurrency import run_in_threadpool

from index.clips import Hit
from index.gallery import Gallery
from index.generations import Generation
from index.sigmoids import Chosen
from models.errors import QueryInvalid
from service.observing.stages import stage
from service.search.documents import Document, hit, moment
from service.search.explain_schemas import Explanation
from service.search.explaining import Explainer, calibrated_by, probabilities
from service.search.filtering import Least
from service.search.questions import Question

TOUCHING_S = 0.5
"""Windows that share no more are two moments of a clip."""


@dataclass(frozen=True, slots=True)
class Found:
    """The hits of a query, or of several together, and what makes probabilities of their scores, if anything does.

    `moments` are further windows of clips, by their ids.
    """

    questions: Sequence[Question]
    chosen: Chosen | None
    hits: Sequence[Hit]
    moments: Mapping[str, Sequence[Hit]] = field(default_factory=dict)

    def part(self, start: int, end: int) -> "Found":
        """Without those before and after."""
        return replace(self, hits=self.hits[start:end])

    def beside(self, windows: Sequence[Hit], *, most: int) -> "Found":
        """With so many windows of each clip, of these, the best first, none of which overlaps a better one."""
        best = {each.clip_id: each for each in self.hits}
        moments: dict[str, list[Hit]] = {clip_id: [] for clip_id in best}
        for each in windows:
            its = moments[each.clip_id]
            if len(its) < most and not any(_overlap(each, other) for other in (best[each.clip_id], *its)):
                its.append(each)
        return replace(self, moments=moments)


class Telling:
    """Tells what one search found by a generation; `route` is what its routes are called together."""

    def __init__(self, explainer: Explainer, gallery: Gallery, generation: Generation, *, route: str) -> None:
        self._explainer, self._gallery, self._generation, self._route = explainer, gallery, generation, route

    def good(self, questions: Sequence[Question], hits: Sequence[Hit], least: Least) -> Found:
        """Those that are good enough; raises QueryInvalid where no probability is known to tell that by."""
        chosen = calibrated_by(self._gallery, self._generation, questions)
        passing = [each for each in hits if least.score is None or each.score >= least.score]
        if least.probability is not None:
            if chosen is None:
                raise self.unknown()
            told = zip(passing, probabilities(chosen, passing), strict=True)
            passing = [each for each, p in told if p is not None and p >= least.probability]
        return Found(questions, chosen, passing)

    def head(self, found: Sequence[Found], *, took_ms: float) -> Document:
        """What an answer says beside its hits."""
        sources = dict.fromkeys(each.chosen.source for each in found if each.chosen is not None)
        return {
            "gallery": self._gallery.name,
            "route": self._route,
            "bundle": self._generation.bundle.name,
            "took_ms": took_ms,
            "calibrated_on": " + ".join(sources) or None,
        }

    async def told(self, found: Sequence[Found]) -> Sequence[Sequence[Document]]:
        """The hits of each; on the loop where there are few, as to hand them to a thread would take longer."""
        if len(found) == 1:
            return [self._hits(found[0])]
        return await run_in_threadpool(lambda: list(map(self._hits, found)))

    async def explained(self, found: Sequence[Found]) -> Sequence[Sequence[Document]]:
        """As `told`, with why each was found."""
        return await run_in_threadpool(lambda: list(map(self._explained, found)))

    def unknown(self) -> QueryInvalid:
        """That no probability is known of such a query."""
        return QueryInvalid(
            f"min_probability: no probabilities are known of {self._route!r} for such a query; evaluate the gallery "
            "by this route, or ask for one query with min_score"
        )

    def _explained(self, found: Found) -> list[Document]:
        why = self._explainer.explain(self._gallery, self._generation, found.questions, found.hits)
        return self._hits(found, why)

    def _hits(self, found: Found, why: Sequence[Explanation | None] = ()) -> list[Document]:
        with stage("join"):
            rows = zip(
                found.hits, probabilities(found.chosen, found.hits), why or [None] * len(found.hits), strict=True
            )
            name = self._gallery.name
            return [
                hit(name, each, probability=p, explanation=told, moments=_moments(found, each.clip_id))
                for each, p, told in rows
            ]


def _overlap(one: Hit, other: Hit) -> bool:
    shared_s = min(one.window.end_s, other.window.end_s) - max(one.window.start_s, other.window.start_s)
    return shared_s > TOUCHING_S


def _moments(found: Found, clip_id: str) -> list[Document]:
    windows = found.moments.get(clip_id, ())
    told = zip(windows, probabilities(found.chosen, windows), strict=True)
    return [moment(each, probability=p) for each, p in told]
