"""DSTC: its terms by hand and by loops, its gradients, its two phases, and what it serves."""

import math
from itertools import product
from typing import Any, Literal

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from models.errors import RecipeInvalid
from models.losses.pointwise import Distance
from models.methods import build
from models.methods.base import Batch, Phase, Samples, Task, Widths, total
from models.methods.dstc import DSTC, TERMS, Options
from models.scoring import scores
from models.types import Metric
from tests.tiny.samples import with_negatives
from tests.tiny.world import world
from training.fit import fit
from training.protocol import PROTOCOLS
from training.recipe import parse
from training.splits import ClassTable, FeatureSet, Split, TrainingSet
from training.validation import validate

WEIGHTS = dict(zip(TERMS, (1.0, 10.0, 2.0, 0.5, 3.0), strict=True))
SMALL = Options(hidden=(6, 5), out=4, translator=(3, 2))


def task(audio: int, video: int, text: int = 0, classes: int = 3) -> Task:
    return Task(Widths(audio, video, text), class_text=torch.empty(classes, text), unseen_text=torch.empty(0, text))


def batch(audio: Tensor, video: Tensor, label: Tensor, *, text: Tensor | None = None) -> Batch:
    text = audio[:, :0] if text is None else text
    return with_negatives(Samples(audio, video, text, label, text[:0]))


def random_batch(*, audio: int = 7, video: int = 8, rows: int = 9) -> Batch:
    numbers = torch.Generator().manual_seed(1)
    heard, shown = (torch.randn(rows, width, generator=numbers, dtype=torch.float64) for width in (audio, video))
    return batch(heard, shown, torch.arange(rows) % 3)


def made(options: Options = SMALL, *, seed: int = 0) -> DSTC:
    torch.manual_seed(seed)
    return DSTC(task(7, 8), options).double()


def scaling(by: float) -> nn.Linear:
    """x -> by x, of two dimensions."""
    layer = nn.Linear(2, 2, bias=False)
    layer.weight = nn.Parameter(by * torch.eye(2))
    return layer


def scaled(distance: str) -> DSTC:
    """Features of width 2 are embeddings; audio to video doubles, video to audio takes a quarter."""
    method = build("dstc", task(2, 2, classes=2), {"distance": distance, "out": 2})
    assert isinstance(method, DSTC)
    method.encoders = nn.ModuleDict({"audio": nn.Identity(), "video": nn.Identity()})
    method.translators = nn.ModuleDict({"audio": scaling(2), "video": scaling(0.25)})
    method.classifiers = nn.ModuleDict({"audio": scaling(1), "video": scaling(3)})
    return method


def test_every_term_of_one_clip_is_as_computed_by_hand() -> None:
    clip = batch(torch.tensor([[1.0, 0.0]]), torch.tensor([[0.0, 1.0]]), torch.tensor([0]))
    # a = (1, 0), v = (0, 1); v as audio is (0, 1/4), a as video (2, 0); there and back is half of either.
    entropies = {  # log(1 + exp(wrong - right)) of the classifier of audio, then of that of video, which triples
        "cross_entropy": (-1, 3),
        "transitive": (0.25, -6),
        "cyclic_transitive": (-0.5, 1.5),
    }
    expected = {term: sum(math.log(1 + math.exp(each)) for each in of) for term, of in entropies.items()}
    expected |= {"pointwise": (1 + 1 / 16) + (1 + 4), "cyclic_pointwise": 1 / 4 + 1 / 4}
    found = {term: value.item() for term, value in scaled("euclidean").terms(clip).items()}
    assert found == pytest.approx(expected, rel=1e-6)


def test_between_directions_a_translation_s_length_does_not_count() -> None:
    clip = batch(torch.tensor([[1.0, 0.0]]), torch.tensor([[0.0, 1.0]]), torch.tensor([0]))
    found = scaled("cosine").terms(clip)
    assert found["pointwise"].item() == pytest.approx(2 + 2)
    assert found["cyclic_pointwise"].item() == pytest.approx(0, abs=1e-12)


def naive_entropy(logits: Tensor, label: int) -> float:
    raw = [math.exp(each) for each in logits.tolist()]
    return -math.log(raw[label] / sum(raw))


def naive_square(x: Tensor, y: Tensor) -> float:
    return math.dist(x.tolist(), y.tolist()) ** 2


def test_every_term_is_that_of_a_loop_over_samples() -> None:
    method, given = made().eval(), random_batch()
    encoders, classifiers, translators = method.encoders, method.classifiers, method.translators
    expected = dict.fromkeys(TERMS, 0.0)
    for row, (one, other) in product(range(9), (("audio", "video"), ("video", "audio"))):
        label = int(given.label[row])
        features = {"audio": given.audio[row, None], "video": given.video[row, None]}
        x, y = encoders[one](features[one]), encoders[other](features[other])
        x_as_y, y_as_x = translators[one](x), translators[other](y)
        x_again = translators[other](x_as_y)
        expected["cross_entropy"] += naive_entropy(classifiers[one](x)[0], label) / 9
        expected["pointwise"] += naive_square(x[0], y_as_x[0]) / 9
        expected["transitive"] += naive_entropy(classifiers[other](x_as_y)[0], label) / 9
        expected["cyclic_pointwise"] += naive_square(x[0], x_again[0]) / 9
        expected["cyclic_transitive"] += naive_entropy(classifiers[one](x_again)[0], label) / 9
    found = {term: value.item() for term, value in method.terms(given).items()}
    assert found == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("phase", [0, 1])
@pytest.mark.parametrize("distance", ["euclidean", "cosine"])
def test_the_gradients_are_those_of_finite_differences(phase: int, distance: Distance) -> None:
    method, given = made(Options(hidden=(6, 5), out=4, translator=(3, 2), distance=distance)), random_batch()
    (turn,) = method.phases()[phase].turns

    def loss() -> Tensor:
        terms = turn.terms(given)
        return total(terms, {name: WEIGHTS[name] for name in terms})

    torch.autograd.backward(loss(), inputs=list(turn.parameters))
    numbers = np.random.default_rng(0)
    for parameter in turn.parameters:
        entry = int(numbers.integers(parameter.numel()))
        assert parameter.grad is not None
        found = parameter.grad.flatten()[entry].item()
        with torch.no_grad():
            flat, sides = parameter.view(-1), []
            for step in (1e-6, -2e-6):
                flat[entry] += step
                sides.append(loss().item())
            flat[entry] += 1e-6
        # A central difference of 1e-6: its own error is some 1e-9 of a loss of about 100.
        assert found == pytest.approx((sides[0] - sides[1]) / 2e-6, rel=1e-5, abs=1e-6)


def learn(phase: Phase, given: Batch, *, steps: int = 5) -> None:
    phase.begin()
    (turn,) = phase.turns
    adam = torch.optim.Adam(turn.parameters, lr=1e-2, weight_decay=1e-2)
    for _ in range(steps):
        adam.zero_grad()
        terms = turn.terms(given)
        torch.autograd.backward(total(terms, {name: WEIGHTS[name] for name in terms}), inputs=list(turn.parameters))
        adam.step()


def changed(before: dict[str, Tensor], method: DSTC) -> set[str]:
    """Which of encoders, classifiers and translators have any weight or statistic that moved."""
    after = method.state_dict()
    return {key.split(".")[0] for key, value in before.items() if not torch.equal(value, after[key])}


def test_the_first_phase_moves_encoders_and_classifiers_the_second_encoders_and_translators() -> None:
    method, given = made().train(), random_batch()
    for phase, moved in zip(method.phases(), ("classifiers", "translators"), strict=True):
        before = {key: value.clone() for key, value in method.state_dict().items()}
        learn(phase, given)
        assert changed(before, method) == {"encoders", moved}


def test_the_first_phase_minimises_the_cross_entropy_alone() -> None:
    classify, translate = made().phases()
    assert (classify.name, translate.name) == ("classify", "translate")
    given = random_batch()
    assert set(classify.turns[0].terms(given)) == {"cross_entropy"}
    assert tuple(translate.turns[0].terms(given)) == TERMS


@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
def test_the_gallery_is_translated_into_the_query_s_space(metric: Literal["cosine", "euclidean"]) -> None:
    method, given = made(Options(hidden=(6, 5), out=4, metric=metric)).eval(), random_batch()
    heads, routes = method.heads(), method.routes()
    features = {"audio": given.audio, "video": given.video}
    assert set(routes) == {"audio->video", "video->audio", "audio->audio", "video->video"}
    for query, gallery in product(features, features):
        spaces = method.encoders[query](features[query]), method.encoders[gallery](features[gallery])
        wanted = spaces[1] if query == gallery else method.translators[gallery](spaces[1])
        route = routes[f"{query}->{gallery}"]
        found = [
            heads[head].module(features[of]).detach().numpy()
            for head, of in ((route.query, query), (route.gallery, gallery))
        ]
        expected = scores(spaces[0].detach().numpy(), wanted.detach().numpy(), Metric(metric))
        np.testing.assert_allclose(scores(found[0], found[1], route.metric), expected)


def with_texts(*, clips: int, seed: int = 0) -> FeatureSet:
    """Pictures with texts of their own, and no sound: 3 classes, each around a point of either modality."""
    numbers = np.random.default_rng(seed)
    centres = np.random.default_rng(9).normal(size=(3, 16)).astype(np.float32) * 2
    label = np.arange(clips) % 3
    rows = centres[label] + numbers.normal(size=(clips, 16)).astype(np.float32)
    return FeatureSet(audio=np.empty((clips, 0), np.float32), video=rows[:, :10], text=rows[:, 10:], label=label)


def recipe(**options: Any) -> dict[str, Any]:
    quick = {"batch": 24, "steps_per_epoch": 10, "epochs": 2, "optimiser": {"learning_rate": 0.01}}
    return {"method": "dstc", "weights": WEIGHTS, "options": {"hidden": (16, 16), "out": 8} | options} | quick


def test_epochs_of_the_second_phase_are_chosen_by_the_mean_precision_of_both_directions() -> None:
    small = world(seen=6, unseen=3, clips=6, audio=10, video=10, text=11)
    fitted = fit(parse(recipe()), small.training, validation=small.validation, report=lambda _: None)
    assert [each.phase for each in fitted.history] == ["classify", "classify", "translate", "translate"]
    found = fitted.best.validation
    assert found.classification == {}
    assert found.retrieval.keys() == {"audio->video", "video->audio"}
    assert found.merit == pytest.approx(np.mean(list(found.retrieval.values())))
    assert found.merit == max(each.merit for each in fitted.history if each.phase == "translate")
    assert found == validate(fitted.method, small.validation)


def test_pictures_and_texts_of_their_own_find_each_other() -> None:
    classes = ClassTable(("one", "two", "three"), np.empty((3, 0), np.float32), np.ones(3, bool))
    fitted = fit(
        parse(recipe(pair=["video", "text"])),
        TrainingSet(with_texts(clips=90), classes),
        validation=Split(with_texts(clips=30, seed=1), classes),
        report=lambda _: None,
        protocol=PROTOCOLS["dstc@1"],
    )
    assert fitted.method.routes().keys() == {"video->text", "text->video", "video->video"}
    found = fitted.best.validation
    assert found.classification == {}
    assert found.retrieval.keys() == {"video->text", "text->video"}
    # Chance is 0.39; the classes are hardly mixed.
    assert min(found.retrieval.values()) > 0.8


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"pair": ("audio", "audio")}, r"options\.pair: .*audio twice"),
        ({"pair": ("video", "text")}, r"options\.pair: the data have no text"),
        ({"pair": ("audio", "smell")}, r"options\.pair"),
        ({"translator": (3, 0)}, r"options\.translator\.1"),
    ],
)
def test_options_that_cannot_be_are_refused_by_name(options: dict[str, Any], message: str) -> None:
    with pytest.raises(RecipeInvalid, match=message):
        build("dstc", task(7, 8), options)


def test_the_default_sizes_are_the_paper_s_for_audiosetzsl() -> None:
    method = DSTC(task(1024, 1024, classes=23), Options())
    layers = [(each.in_features, each.out_features) for each in method.modules() if isinstance(each, nn.Linear)]
    assert layers[:4] == [(1024, 256), (256, 256), (1024, 512), (512, 256)]
    assert layers[4:6] == [(256, 23)] * 2
    assert layers[6:] == [(256, 128), (128, 64), (64, 128), (128, 256)] * 2
