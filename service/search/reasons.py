"""The scores of a search taken apart: what hits have them from, as far as that can be told exactly."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from models.bundle.manifest import WIDEST_FIRST, Channel, RouteSpec
from models.bundle.parts import class_scores, parts, weights
from models.bundle.runtime import Bundle
from models.bundle.senses import SENSES
from models.features.extract import WindowFeatures
from models.hubness.correction import minus_roots
from models.scoring import scores
from models.types import F32, F64, Metric, Modality, Sense
from service.search.explain_schemas import Attention, NearWord, NearWords, QueryWindow
from service.search.questions import Question

NEAREST_WORDS, NEAREST_WINDOWS = 3, 5
EXACT = 2e-4
"""How far, of the score's size and 1, parts may be from summing to it: the heads' float32 is between them."""
CHANNELS: Mapping[str, Channel] = {each: each for each in WIDEST_FIRST}


@dataclass(frozen=True, slots=True)
class Case:
    """A search and those of its hits [n] that are still there.

    Args:
        places: [n] where they are among all.
        scores: [n] as they were answered.
        features: [n, width] of each sense that the gallery head reads.
        windows: of a clip that was asked with, its windows.
        vocabulary: [c, width].
        is_corrected: whether anything was taken off the scores.
    """

    bundle: Bundle
    questions: Sequence[Question]
    places: Sequence[int]
    scores: F64
    features: Mapping[Sense, F32]
    windows: Sequence[WindowFeatures]
    vocabulary: F32
    is_corrected: bool

    @property
    def spec(self) -> RouteSpec:
        """Of the first query; those of others lead to the same space."""
        return self.bundle.manifest.routes[self.questions[0].route]

    @property
    def sides(self) -> tuple[str, str]:
        """What the first query is made of, and what hits are."""
        source, to = self.questions[0].route.split("->")
        return source, to

    def embedded(self) -> F32:
        """[n, dim] the vectors of the hits."""
        return self.bundle.embed(self.spec.gallery, {sense: rows for sense, rows in self.features.items()})


def taken_apart(case: Case) -> list[dict[str, object]]:
    """[n] the fields of each explanation."""
    if not case.places:
        return []
    vectors = case.embedded()
    by_query = np.concatenate([scores(each.vector, vectors, case.spec.metric) for each in case.questions])
    raw = _together(by_query, case) if case.is_corrected else case.scores
    columns = {
        "raw_score": raw.tolist(),
        "bias": (raw - case.scores).tolist(),
        "query_scores": [tuple(each) for each in by_query.T.tolist()],
        "parts": _parts(case, by_query[0]),
        "attention": _attention(case),
        "words": _words(case),
        "query_windows": _nearest_windows(case, vectors),
        "query_window_count": [len(case.windows) or None] * len(raw),
    }
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _together(by_query: F32, case: Case) -> F64:
    """[n] the raw scores of all queries [q, n] as one; see index.blending."""
    wanted = np.array([each.weight for each in case.questions])
    shares = wanted / np.abs(wanted).sum()
    if case.spec.metric is not Metric.EUCLIDEAN:
        return np.asarray(shares @ by_query.astype(np.float64))
    return minus_roots(shares @ np.square(by_query, dtype=np.float64)).astype(np.float64)


def _parts(case: Case, raw: F32) -> list[dict[Sense, float] | None]:
    """[n] of one query by words; None where they do not sum to the raw scores [n]."""
    source, to = case.sides
    text = case.questions[0].features.get("text")
    if source != "text" or text is None or len(case.questions) > 1 or f"{to}->text" not in case.bundle.manifest.routes:
        return [None] * len(raw)
    found = {sense: each[:, 0] for sense, each in parts(case.bundle, case.features, text, CHANNELS[to]).items()}
    if not np.allclose(sum(found.values(), np.zeros(len(raw))), raw, rtol=EXACT, atol=EXACT):
        return [None] * len(raw)
    return [{sense: float(each[row]) for sense, each in found.items()} or None for row in range(len(raw))]


def _attention(case: Case) -> list[Attention | None]:
    """[n]; None where neither the query nor the hits are of both senses, or the bundle has no attention."""
    of_hits = _weights(case.bundle, {sense: rows for sense, rows in case.features.items()})
    of_query = _weights(case.bundle, case.questions[0].features) if len(case.questions) == 1 else None
    query = None if of_query is None else _by_sense(of_query[0])
    if of_hits is None:
        return [None if query is None else Attention(query=query, hit=None)] * len(case.places)
    return [Attention(query=query, hit=_by_sense(each)) for each in of_hits]


def _weights(bundle: Bundle, features: Mapping[Modality, F32]) -> F32 | None:
    rows = {sense: features[sense] for sense in SENSES["av"] if sense in features}
    return weights(bundle, rows) if len(rows) == len(SENSES["av"]) else None


def _by_sense(row: F32) -> dict[Sense, float]:
    return dict(zip(SENSES["av"], row.tolist(), strict=True))


def _words(case: Case) -> list[NearWords | None]:
    """[n] the classes nearest to the one query, and to each hit."""
    query = _query_words(case) if len(case.questions) == 1 else None
    to, hits = case.sides[1], None
    if f"{to}->text" in case.bundle.manifest.routes and len(case.vocabulary):
        hits = class_scores(case.bundle, case.features, case.vocabulary, CHANNELS[to])
    told = None if query is None else _nearest_words(case.bundle, query[0])
    if hits is None:
        return [None if told is None else NearWords(query=told, hit=None)] * len(case.places)
    return [NearWords(query=told, hit=_nearest_words(case.bundle, each)) for each in hits]


def _query_words(case: Case) -> F32 | None:
    """[1, c] the score of each class for the query; None where no route of the bundle compares the two."""
    manifest, (source, _), question = case.bundle.manifest, case.sides, case.questions[0]
    if not len(case.vocabulary):
        return None
    if source == "text":
        return _words_for_words(case, question)
    if (route := manifest.routes.get(f"{source}->text")) is None:
        return None
    if route.query == case.spec.query:
        return scores(question.vector, case.bundle.embed(route.gallery, {"text": case.vocabulary}), route.metric)
    rows = {sense: question.features[sense] for sense in SENSES[source] if sense in question.features}
    return class_scores(case.bundle, rows, case.vocabulary, CHANNELS[source]) if len(rows) else None


def _words_for_words(case: Case, question: Question) -> F32 | None:
    """By a head of words whose metric compares like with like, which an inner product of two heads does not."""
    routes = [case.spec, *case.bundle.manifest.routes.values()]
    heads = {each.query: each.metric for each in routes if each.metric is not Metric.INNER}
    text = question.features.get("text")
    for head, metric in heads.items():
        if case.bundle.manifest.heads[head].inputs != ("text",):
            continue
        vocabulary = case.bundle.embed(head, {"text": case.vocabulary})
        if text is not None:
            return scores(case.bundle.embed(head, {"text": text}), vocabulary, metric)
        if head == case.spec.query:
            return scores(question.vector, vocabulary, metric)
    return None


def _nearest_words(bundle: Bundle, scored: F32) -> tuple[NearWord, ...]:
    """The best of the vocabulary by scores [c]."""
    best = np.argsort(-scored, kind="stable")[:NEAREST_WORDS]
    return tuple(NearWord(name=bundle.manifest.vocabulary[each], score=float(scored[each])) for each in best)


def _nearest_windows(case: Case, vectors: F32) -> list[tuple[QueryWindow, ...] | None]:
    """[n] of a clip that was asked with, the windows nearest to each hit, of vectors [n, dim]."""
    if not case.windows:
        return [None] * len(vectors)
    read = case.bundle.manifest.heads[case.spec.query].inputs
    rows: dict[Modality, F32] = {
        each: np.array([window.features[each] for window in case.windows if each != "text"]) for each in read
    }
    alone = scores(case.bundle.embed(case.spec.query, rows), vectors, case.spec.metric)
    return [_best_windows(case.windows, each) for each in alone.T]


def _best_windows(windows: Sequence[WindowFeatures], alone: F32) -> tuple[QueryWindow, ...]:
    best = np.argsort(-alone, kind="stable")[:NEAREST_WINDOWS]
    where = [(windows[each].window, float(alone[each])) for each in best]
    return tuple(QueryWindow(start_s=window.start_s, end_s=window.end_s, score=score) for window, score in where)
