"""f-VAEGAN-D2: what its turns minimise, what it synthesises, what its classifier learns."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn.functional import normalize

from models.errors import TrainingDataInvalid
from models.losses.adversarial import wasserstein
from models.losses.variational import bernoulli, divergence
from models.methods.base import Batch, Samples, Task, Widths
from models.methods.fvaegan import FVAEGAN, TERMS, Options, unit_features
from tests.tiny.samples import with_negatives
from tests.tiny.world import world
from training.fit import fit
from training.progress import Progress
from training.recipe import parse
from training.validation import class_scores

SMALL = {"hidden": 8, "latent": 4, "generator_hidden": 8, "critic_hidden": 8, "synthesised": 5}
TASK = Task(Widths(6, 5, 4), class_text=torch.eye(4)[:3], unseen_text=-torch.eye(4)[:2])


def made(**options: Any) -> FVAEGAN:
    torch.manual_seed(0)
    return FVAEGAN(TASK, Options(**(SMALL | options)))


@pytest.fixture
def batch() -> Batch:
    numbers = torch.Generator().manual_seed(0)
    audio, video = torch.rand(6, 6, generator=numbers), torch.rand(6, 5, generator=numbers)
    label = torch.arange(6) % 3
    return with_negatives(Samples(audio, video, TASK.class_text[label], label, TASK.class_text))


def test_the_networks_have_the_sizes_of_the_version_behind_the_tables() -> None:
    papers = Task(Widths(512, 512, 300), class_text=torch.rand(42, 300), unseen_text=torch.rand(9, 300))
    method = FVAEGAN(papers, Options(synthesised=1))
    counted = {name: sum(each.numel() for each in part.parameters()) for name, part in method.named_children()}
    assert counted == {
        "encoder": (1324 * 300 + 300) + 2 * (300 * 300 + 300),
        "generator": (600 * 512 + 512) + (512 * 1024 + 1024),
        "critic": (1324 * 512 + 512) + 512,
        "marginal_critic": (1024 * 512 + 512) + 512,
        "classifier": 1024 * 51 + 51,
    }


def test_the_critics_compare_unit_features_with_generated_ones_that_have_the_same_words(batch: Batch) -> None:
    method = made()
    torch.manual_seed(1)
    found = method.critic_terms(batch)
    torch.manual_seed(1)
    real, generated = normalize(torch.cat([batch.audio, batch.video], dim=1)), method.generated(batch.text)
    with_words = (method.critic(torch.cat([each, batch.text], dim=1)) for each in (real, generated))
    torch.testing.assert_close(found["wasserstein"], wasserstein(*with_words))
    marginal = (method.marginal_critic(each) for each in (real, generated))
    torch.testing.assert_close(found["marginal_wasserstein"], wasserstein(*marginal))
    # The weights are so small at the start that the gradients' lengths are next to nothing.
    for name in ("gradient_penalty", "marginal_gradient_penalty"):
        assert 0.9 < found[name].item() < 1


def test_the_generator_decodes_codes_of_real_features_and_pleases_the_critic_twice(batch: Batch) -> None:
    method = made()
    torch.manual_seed(1)
    found = method.generator_terms(batch)
    torch.manual_seed(1)
    real = unit_features(batch)
    mean, log_variance = method.encoder(torch.cat([real, batch.text], dim=1))
    code = mean + (log_variance / 2).exp() * torch.randn_like(mean)
    logits = method.generator(torch.cat([code, batch.text], dim=1))
    torch.testing.assert_close(found["reconstruction"], bernoulli(logits, real).mean())
    torch.testing.assert_close(found["divergence"], divergence(mean, log_variance).mean())
    judged = [logits.sigmoid(), method.generated(batch.text)]
    expected = -sum(method.critic(torch.cat([each, batch.text], dim=1)).mean() for each in judged)
    torch.testing.assert_close(found["realism"], expected)


def test_the_generator_heeds_the_marginal_critic_only_where_asked(batch: Batch) -> None:
    for heeded, moved in (("conditional", False), ("both", True)):
        method = made(heeded=heeded)
        torch.manual_seed(1)
        before = method.generator_terms(batch)["realism"]
        with torch.no_grad():
            list(method.marginal_critic.parameters())[-1].add_(1)
        torch.manual_seed(1)
        assert torch.equal(before, method.generator_terms(batch)["realism"]) is not moved


def test_features_below_0_are_refused_unless_their_likelihood_is_gaussian(batch: Batch) -> None:
    signed = replace(batch, audio=-batch.audio)
    with pytest.raises(TrainingDataInvalid, match=r"found features of -0\.\d+; expected none below 0"):
        made().generator_terms(signed)
    assert made(likelihood="gaussian").generator_terms(signed)["reconstruction"] > 0


def test_data_without_unseen_classes_are_refused() -> None:
    with pytest.raises(TrainingDataInvalid, match="no class without samples"):
        FVAEGAN(replace(TASK, unseen_text=torch.empty(0, 4)), Options())


def test_it_synthesises_unit_features_of_each_class_without_samples() -> None:
    method = made(likelihood="gaussian")
    with torch.no_grad():
        next(method.generator.parameters())[:, :4] = 0  # the noise: what is generated is then a function of the words
    assert not method.synthetic.any()
    method.phases()[1].begin()
    for row, text in enumerate(TASK.unseen_text):
        of_class = normalize(method.generated(text[None]))
        torch.testing.assert_close(method.synthetic[row], of_class.expand(5, -1))
    assert not torch.allclose(method.synthetic[0], method.synthetic[1])


def test_what_is_synthesised_differs_from_sample_to_sample() -> None:
    method = made()
    method.synthesise()
    assert len(set(map(tuple, method.synthetic[0].tolist()))) == 5


def trained_classifier(method: FVAEGAN, batch: Batch) -> Tensor:
    """Scores [b + 2, all classes] of real features and of one synthesised one a class, after 200 steps."""
    method.synthesise()
    adam = torch.optim.Adam(method.classifier.parameters(), lr=0.1)
    for _ in range(200):
        adam.zero_grad()
        torch.autograd.backward(torch.stack(list(method.classifier_terms(batch).values())).sum())
        adam.step()
    scores: Tensor = method.classifier(torch.cat([unit_features(batch), method.synthetic[:, 0]]))
    return scores


def test_the_classifier_tells_real_and_synthesised_classes_apart(batch: Batch) -> None:
    found = trained_classifier(made(), batch).argmax(dim=1)
    assert found.tolist() == [*batch.label.tolist(), 3, 4]


def test_classifiers_apart_never_meet_the_others_samples(batch: Batch) -> None:
    method = made(classifier="apart")
    method.synthesise()
    terms = method.classifier_terms(batch)
    for name, rows in (("seen", [0, 1, 2]), ("unseen", [3, 4])):
        (gradient,) = torch.autograd.grad(terms[name], method.classifier.weight, retain_graph=True)
        assert gradient.any(dim=1).nonzero().flatten().tolist() == rows
    scores = trained_classifier(method, batch)
    assert scores[:6, :3].argmax(dim=1).tolist() == batch.label.tolist()
    assert scores[6:, 3:].argmax(dim=1).tolist() == [0, 1]


WORLD = world(seen=30, unseen=4, clips=12, audio=16, video=16, text=16)
RECIPE = parse(
    {
        "method": "fvaegan",
        "batch": 32,
        "epochs": 2,
        "steps_per_epoch": 40,
        "phase_epochs": {"generate": 1},
        "phase_steps": {"generate": 300},
        "optimiser": {"learning_rate": 3e-3, "betas": [0.5, 0.999]},
        "options": {
            "hidden": 32,
            "latent": 8,
            "generator_hidden": 64,
            "critic_hidden": 64,
            "likelihood": "gaussian",
            "synthesised": 50,
        },
        "weights": dict.fromkeys(TERMS, 1.0) | {"gradient_penalty": 10.0, "marginal_gradient_penalty": 10.0},
    }
)


def test_classes_are_recognised_that_were_only_ever_generated() -> None:
    method = fit(RECIPE, WORLD.training, validation=WORLD.validation, report=lambda _: None).method
    label = WORLD.test.features.label
    unseen = ~WORLD.test.classes.seen
    of_unseen = unseen[label]
    scores = class_scores(method, WORLD.test, "av")[of_unseen][:, unseen]
    assert (scores.argmax(axis=1) == label[of_unseen] - 30).mean() > 0.8  # chance: 0.25; 1.0 measured, three seeds


class Stopped(Exception):
    """What stands for a kill between two epochs."""


def test_a_run_stopped_while_it_classifies_goes_on_with_what_was_synthesised(tmp_path: Path) -> None:
    quick = RECIPE.model_copy(update={"phase_steps": {"generate": 3}, "steps_per_epoch": 3})

    def stop(progress: Progress) -> None:
        if (progress.phase, progress.epoch) == ("classify", 2):
            raise Stopped

    path = tmp_path / "run.pt"
    with pytest.raises(Stopped):
        fit(quick, WORLD.training, validation=WORLD.validation, report=stop, checkpoint=path)
    found = [
        fit(quick, WORLD.training, validation=WORLD.validation, report=lambda _: None, checkpoint=each)
        for each in (path, None)
    ]
    resumed, whole = (each.method.state_dict() for each in found)
    assert resumed["synthetic"].any()
    assert all(torch.equal(resumed[key], whole[key]) for key in whole)
