"""Every figure of an evaluation against loops: by class and by sample, left out or not, fused or not."""

import math
from collections.abc import Callable, Mapping
from typing import Literal

import numpy as np
import pytest

from models.bundle.manifest import Channel, RouteSpec
from models.evaluation.evaluating import Evaluation, Labels, evaluate
from models.evaluation.ranking import expected_average_precision
from models.evaluation.scorer import Fusion, Scorer
from models.types import F32, Metric

CLIPS, CLASSES, DIM = 24, 6, 4
SEEN = np.array([True, True, True, True, False, False])
NUMBERS = np.random.default_rng(0)
CLASS = np.concatenate([NUMBERS.integers(0, 4, CLIPS - 6), [4, 4, 4, 5, 5, 2]])
"""Of every clip."""
MEANS = NUMBERS.normal(size=(CLASSES, DIM))
EMBEDDED: Mapping[str, F32] = {
    "audio": (MEANS[CLASS] + 1.5 * NUMBERS.normal(size=(CLIPS, DIM))).astype(np.float32),
    "video": (MEANS[CLASS] + NUMBERS.normal(size=(CLIPS, DIM))).astype(np.float32),
    "text": MEANS.astype(np.float32),
    "own_text": (MEANS[CLASS] + NUMBERS.normal(size=(CLIPS, DIM))).astype(np.float32),
    "weights": NUMBERS.dirichlet([1, 1], CLIPS).astype(np.float32),
}
Score = Callable[[int, int], float]


def route(query: str, gallery: str, metric: Metric = Metric.EUCLIDEAN) -> RouteSpec:
    return RouteSpec(query=query, gallery=gallery, metric=metric)


ROUTES = {
    "audio->text": route("audio", "text"),
    "video->text": route("video", "text", Metric.INNER),
    "av->text": route("video", "text"),
    "text->audio": route("text", "audio"),
    "text->av": route("text", "video"),
    "audio->video": route("audio", "video", Metric.COSINE),
}
OWN_TEXT = {"audio->text": route("audio", "own_text"), "text->audio": route("own_text", "audio")}


def found(
    *,
    routes: Mapping[str, RouteSpec] = ROUTES,
    fusions: Mapping[str, Fusion] | None = None,
    texts: bool = False,
    leave_one_out: bool = True,
    betas: Mapping[Channel, float] | None = None,
) -> Evaluation:
    scorer = Scorer(lambda head: EMBEDDED[head], routes, fusions or {})
    labels = Labels(clips=CLASS, seen=SEEN, texts=CLASS if texts else None)
    return evaluate(scorer, labels, betas or {}, leave_one_out=leave_one_out)


def score(query: str, gallery: str, metric: Metric = Metric.EUCLIDEAN) -> Score:
    def of(row: int, item: int) -> float:
        left, right = (each.astype(np.float64) for each in (EMBEDDED[query][row], EMBEDDED[gallery][item]))
        if metric is Metric.EUCLIDEAN:
            return -math.sqrt(((left - right) ** 2).sum())
        lengths = np.linalg.norm(left) * np.linalg.norm(right) if metric is Metric.COSINE else 1.0
        return float(left @ right / lengths)

    return of


def precision_of(scored: list[tuple[float, bool]]) -> float:
    """Of (score, is relevant) pairs without equal scores."""
    ranked = [relevant for _, relevant in sorted(scored, reverse=True)]
    ranks = [rank for rank, relevant in enumerate(ranked, start=1) if relevant]
    return sum(sum(ranked[:rank]) / rank for rank in ranks) / len(ranks) if ranks else math.nan


def precisions(of: Score, queries: list[int], items: list[int], *, leave_one_out: bool) -> list[float]:
    """Of every query by a loop; `queries` and `items` are their classes."""
    return [
        precision_of(
            [(of(row, item), items[item] == label) for item in range(len(items)) if item != row or not leave_one_out]
        )
        for row, label in enumerate(queries)
    ]


def by_class(values: list[float], labels: list[int]) -> list[float]:
    """Each class's mean; NaN for one that has no value."""
    means = []
    for label in range(CLASSES):
        own = [v for v, of in zip(values, labels, strict=True) if of == label and not math.isnan(v)]
        means.append(sum(own) / len(own) if own else math.nan)
    return means


def mean(values: list[float]) -> float:
    known = [each for each in values if not math.isnan(each)]
    return sum(known) / len(known)


def recalls(of: Score, beta: float) -> list[float]:
    picks = [max(range(CLASSES), key=lambda c: of(clip, c) - beta * bool(SEEN[c])) for clip in range(CLIPS)]
    return by_class([float(pick == own) for pick, own in zip(picks, CLASS, strict=True)], CLASS.tolist())


@pytest.mark.parametrize(("channel", "metric"), [("audio", Metric.EUCLIDEAN), ("video", Metric.INNER)])
def test_clips_are_classified_by_every_channel_with_its_own_beta(channel: Channel, metric: Metric) -> None:
    betas: dict[Channel, float] = {"audio": 0.5, "video": 1.5}
    accuracies = found(betas=betas).classification[channel]
    expected = recalls(score(channel, "text", metric), betas[channel])
    assert accuracies.by_class == pytest.approx(expected)
    assert accuracies.stacked.seen == pytest.approx(mean(expected[:4]))
    assert accuracies.stacked.unseen == pytest.approx(mean(expected[4:]))


def test_a_channel_without_a_beta_takes_nothing_off() -> None:
    assert found().classification["audio"].by_class == pytest.approx(recalls(score("audio", "text"), 0.0))


@pytest.mark.parametrize("leave_one_out", [True, False])
def test_a_class_is_a_query_for_all_its_clips_and_nothing_is_left_out(leave_one_out: bool) -> None:
    precision = found(leave_one_out=leave_one_out).retrieval["text->audio"]
    expected = precisions(score("text", "audio"), list(range(CLASSES)), CLASS.tolist(), leave_one_out=False)
    assert precision.by_class == pytest.approx(expected)
    assert (precision.found.seen, precision.found.unseen) == pytest.approx((mean(expected[:4]), mean(expected[4:])))
    assert precision.by_sample == pytest.approx(mean(expected))


@pytest.mark.parametrize("leave_one_out", [True, False])
def test_a_clip_is_a_query_averaged_by_class_and_by_sample(leave_one_out: bool) -> None:
    precision = found(leave_one_out=leave_one_out).retrieval["audio->video"]
    labels = CLASS.tolist()
    values = precisions(score("audio", "video", Metric.COSINE), labels, labels, leave_one_out=leave_one_out)
    expected = by_class(values, labels)
    assert precision.by_class == pytest.approx(expected)
    assert (precision.found.seen, precision.found.unseen) == pytest.approx((mean(expected[:4]), mean(expected[4:])))
    assert precision.by_sample == pytest.approx(mean(values))


@pytest.mark.parametrize("leave_one_out", [True, False])
def test_chance_is_what_random_rankings_of_the_same_items_are_expected_to_have(leave_one_out: bool) -> None:
    precision = found(leave_one_out=leave_one_out).retrieval["audio->video"]
    sizes, gone = np.bincount(CLASS, minlength=CLASSES).tolist(), int(leave_one_out)
    expected = [expected_average_precision(size - gone, CLIPS - gone) for size in sizes]
    assert (precision.chance.seen, precision.chance.unseen) == pytest.approx((mean(expected[:4]), mean(expected[4:])))


@pytest.mark.parametrize("leave_one_out", [True, False])
def test_where_clips_have_own_texts_these_are_retrieved_and_retrieve_and_nothing_is_classified(
    leave_one_out: bool,
) -> None:
    evaluation = found(routes=OWN_TEXT, texts=True, leave_one_out=leave_one_out)
    assert evaluation.classification == {}
    assert set(evaluation.retrieval) == {"audio->text", "text->audio"}
    labels = CLASS.tolist()
    for name, of in (("audio->text", score("audio", "own_text")), ("text->audio", score("own_text", "audio"))):
        values = precisions(of, labels, labels, leave_one_out=leave_one_out)
        assert evaluation.retrieval[name].by_sample == pytest.approx(mean(values))
        assert evaluation.retrieval[name].by_class == pytest.approx(by_class(values, labels))


def test_routes_to_classes_are_not_retrieval() -> None:
    assert set(found().retrieval) == {"text->audio", "text->av", "audio->video"}


@pytest.mark.parametrize("rule", ["best", "sum", "mean"])
def test_a_fusion_stands_for_its_route_in_classification_and_in_retrieval(rule: Literal["best", "sum", "mean"]) -> None:
    def fused(by_sound: float, by_pictures: float, clip: int) -> float:
        weights = EMBEDDED["weights"][clip].astype(np.float64)
        made = {
            "best": max(by_sound, by_pictures),
            "sum": by_sound + by_pictures,
            "mean": float(weights @ [by_sound, by_pictures]),
        }
        return made[rule]

    sound, pictures = score("audio", "text"), score("video", "text", Metric.INNER)
    weights = "weights" if rule == "mean" else None
    to_text = Fusion((ROUTES["audio->text"], ROUTES["video->text"]), rule, weights)
    back = (ROUTES["text->audio"], route("text", "video", Metric.INNER))
    evaluation = found(
        fusions={"av->text": to_text, "text->av": Fusion(back, rule, weights)},
        betas={"av": 0.4},
    )
    expected = recalls(lambda clip, label: fused(sound(clip, label), pictures(clip, label), clip), 0.4)
    assert evaluation.classification["av"].by_class == pytest.approx(expected)
    values = precisions(
        lambda label, clip: fused(sound(clip, label), pictures(clip, label), clip),
        list(range(CLASSES)),
        CLASS.tolist(),
        leave_one_out=False,
    )
    assert evaluation.retrieval["text->av"].by_class == pytest.approx(values)


def test_a_fusion_of_clips_with_own_texts_leaves_the_pair_out_too() -> None:
    parts = route("audio", "own_text"), route("video", "own_text")
    evaluation = found(
        routes={"av->text": route("video", "own_text")}, fusions={"av->text": Fusion(parts, "sum")}, texts=True
    )
    sound, pictures = score("audio", "own_text"), score("video", "own_text")
    labels = CLASS.tolist()
    values = precisions(lambda row, item: sound(row, item) + pictures(row, item), labels, labels, leave_one_out=True)
    assert evaluation.retrieval["av->text"].by_sample == pytest.approx(mean(values))


def test_classes_of_a_single_clip_have_no_figure_once_it_is_left_out() -> None:
    labels = Labels(clips=np.arange(CLASSES), seen=SEEN)
    scorer = Scorer(lambda head: EMBEDDED[head][:CLASSES], {"audio->video": ROUTES["audio->video"]}, {})
    precision = evaluate(scorer, labels, {}).retrieval["audio->video"]
    assert np.isnan(precision.by_class).all()
    assert all(math.isnan(each) for each in (precision.found.seen, precision.chance.unseen, precision.by_sample))


def test_texts_that_are_not_one_a_clip_are_refused() -> None:
    with pytest.raises(ValueError, match="5 texts of 24 clips"):
        Labels(clips=CLASS, seen=SEEN, texts=CLASS[:5])
