"""GCCA against its definition over samples, and against CCA where there are two views."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch

from models.errors import RecipeInvalid, TrainingDataInvalid
from models.methods import build
from models.methods.base import ClosedFormMethod, Samples
from models.types import F64, Modality
from tests.tiny.samples import samples, solved_by, task_of

SMALL = samples()
solved = partial(solved_by, "gcca", components=4, regularisation=0)
VIEWS: tuple[Modality, ...] = ("text", "audio", "video")


def centred(given: Samples) -> dict[Modality, F64]:
    views: dict[Modality, torch.Tensor] = {"text": given.text, "audio": given.audio, "video": given.video}
    return {view: of.double().numpy() - of.double().numpy().mean(axis=0) for view, of in views.items()}


def naive(given: Samples, *, components: int, regularisation: float) -> dict[Modality, F64]:
    """U_m by eigenvectors of an n x n matrix, G of unit variance."""
    inverses, summed = {}, np.zeros((len(given.label), len(given.label)))
    for view, of in centred(given).items():
        ridge = regularisation * of.var(axis=0).mean() * len(of) * np.eye(of.shape[1])
        inverses[view] = np.linalg.inv(of.T @ of + ridge) @ of.T
        summed += of @ inverses[view]
    shared = np.linalg.eigh(summed)[1][:, ::-1][:, :components] * len(given.label) ** 0.5
    return {view: inverse @ shared for view, inverse in inverses.items()}


@pytest.mark.parametrize("regularisation", [0.0, 0.2])
def test_the_maps_are_those_of_the_definition_which_compares_all_samples(regularisation: float) -> None:
    method = solved(SMALL, regularisation=regularisation)
    for view, expected in naive(SMALL, components=4, regularisation=regularisation).items():
        found = method.get_buffer(f"maps.{view}.weights").double().numpy()
        signs = np.sign((found * expected).sum(axis=0))  # an eigenvector's sign is open
        np.testing.assert_allclose(found * signs, expected, atol=1e-5)


def test_all_views_turn_their_components_the_same_way() -> None:
    method = solved(SMALL)
    heads = method.heads()
    text, audio, video = (
        heads[view].module(of) for view, of in (("text", SMALL.text), ("audio", SMALL.audio), ("video", SMALL.video))
    )
    assert (text * audio).mean(dim=0)[0] > 0.1
    assert (text * video).mean(dim=0)[0] > 0.1
    assert (audio * video).mean(dim=0)[0] > 0.1


def test_two_views_find_the_directions_of_cca() -> None:
    method = solved(SMALL, views=("audio", "video"))
    other = build("cca", task_of(SMALL), {"components": 4, "regularisation": 0})
    assert isinstance(other, ClosedFormMethod)
    other.solve(SMALL)
    for view in ("audio", "video"):
        found, expected = (each.get_buffer(f"maps.{view}.weights") for each in (method, other))
        cosines = torch.nn.functional.cosine_similarity(found, expected, dim=0)
        torch.testing.assert_close(cosines.abs(), torch.ones(4), atol=1e-5, rtol=0)


def test_many_samples_are_never_compared_with_each_other() -> None:
    many = samples(rows=60_000)  # all pairs of which would fill 29 GB
    method = solved(many)
    assert torch.isfinite(method.heads()["audio"].module(many.audio)).all()


def test_distances_do_not_depend_on_how_often_the_samples_are_repeated() -> None:
    given = {name: getattr(SMALL, name) for name in ("audio", "video", "text", "label")}
    twice = replace(SMALL, **{name: torch.cat([each, each]) for name, each in given.items()})
    once, again = (method.heads()["audio"].module(SMALL.audio) for method in (solved(SMALL), solved(twice)))
    torch.testing.assert_close(torch.cdist(once, once), torch.cdist(again, again), atol=1e-4, rtol=1e-4)


def test_every_view_reaches_every_other_and_clips_reach_text() -> None:
    routes = solved(SMALL).routes()
    assert set(routes) == {f"{query}->{gallery}" for query in VIEWS for gallery in VIEWS} - {"text->text"}


def test_a_view_that_the_data_lack_is_refused() -> None:
    with pytest.raises(RecipeInvalid, match="the data have no audio"):
        build("gcca", task_of(samples(audio=0)), {"components": 2})


@pytest.mark.parametrize("views", [["audio"], ["audio", "audio"], []])
def test_fewer_than_two_different_views_are_refused(views: list[str]) -> None:
    with pytest.raises(RecipeInvalid, match=r"options\.views: .*two or three different modalities"):
        build("gcca", task_of(SMALL), {"views": views})


def test_more_components_than_the_views_are_wide_together_are_refused() -> None:
    with pytest.raises(RecipeInvalid, match="16 of views 15 wide together"):
        build("gcca", task_of(SMALL), {"components": 16})


def test_more_components_than_directions_are_refused_naming_how_many_there_are() -> None:
    copied = replace(SMALL, video=SMALL.audio)
    with pytest.raises(TrainingDataInvalid, match=r"vary in 6 directions .* 7 components"):
        solved(copied, views=("audio", "video"), components=7)
