"""TCAF: what sequences mean, what attends to what, and what training shows."""

from dataclasses import asdict, replace
from typing import Any

import pytest
import torch
from torch import Tensor

from models.errors import RecipeInvalid
from models.methods import build
from models.methods.base import Task, Widths
from models.methods.sequences import Crop, lengths, present, sequence
from models.methods.tcaf import TCAF, CrossLayer, Options, Tokens, across
from tests.tiny.samples import random

AUDIO, VIDEO = 3, 4
"""Widths of one step."""
SMALL = Options(
    hidden=8,
    token=6,
    position=4,
    layers=2,
    heads=2,
    head_width=3,
    feed_forward=5,
    out=4,
    projection_hidden=7,
    encoder_dropout=0,
    position_dropout=0,
    transformer_dropout=0,
    clip_dropout=0,
    text_dropout=0,
    audio_scale=1,
)


def made(audio_steps: int = 1, video_steps: int = 1, **options: Any) -> TCAF:
    torch.manual_seed(0)
    chosen = replace(SMALL, audio_steps=audio_steps, video_steps=video_steps, **options)
    widths = Widths(AUDIO * audio_steps, VIDEO * video_steps, 5)
    return TCAF(Task(widths, class_text=torch.eye(3, 5), unseen_text=torch.empty(0, 5)), chosen)


def padded(steps: Tensor, count: int) -> Tensor:
    """Sequences [b, t, d] as features of `count` steps."""
    absent = steps.new_zeros(len(steps), count - steps.shape[1], steps.shape[2])
    return torch.cat([steps, absent], dim=1).flatten(1)


def test_a_feature_holds_its_steps_one_after_the_other() -> None:
    steps = sequence(torch.arange(12.0).reshape(2, 6), 3)
    assert steps.tolist() == [[[0, 1], [2, 3], [4, 5]], [[6, 7], [8, 9], [10, 11]]]


def test_a_step_that_is_all_zero_is_absent() -> None:
    there = present(torch.tensor([[[0.0, 1], [2, 0], [0, 0]], [[0, 0], [0, 0], [0, 0]]]))
    assert there.tolist() == [[True, True, False], [False, False, False]]
    assert lengths(there).tolist() == [2, 0]


@pytest.mark.parametrize(
    ("widths", "options", "message"),
    [
        (Widths(9, 8, 5), {"audio_steps": 2}, "audio_steps: audio features are 9 wide; expected a multiple of 2"),
        (Widths(9, 8, 5), {"video_steps": 3}, "video_steps: video features are 8 wide; expected a multiple of 3"),
        (Widths(0, 8, 5), {}, "audio_steps: audio features are 0 wide"),
        (Widths(9, 8, 5), {"video_steps": 4, "shown_video_steps": 5}, "shown_video_steps: 5 of 4 steps"),
    ],
)
def test_steps_that_do_not_fit_the_features_are_refused_by_name(
    widths: Widths, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(RecipeInvalid, match=message):
        build("tcaf", Task(widths, torch.eye(3, 5), torch.empty(0, 5)), asdict(SMALL) | options)


def test_audio_attends_to_video_and_back_and_the_clip_to_all_that_is_there() -> None:
    heard, shown = torch.tensor([[True, True, False]]), torch.tensor([[True, False]])
    found = across(heard, shown)[0, 0]
    kinds, there = ["clip", *["audio"] * 3, *["video"] * 2], [True, *heard[0].tolist(), *shown[0].tolist()]
    for row, attending in enumerate(kinds):
        for column, attended in enumerate(kinds):
            allowed = there[column] and (attending == "clip" or attending != attended)
            assert found[row, column].item() == allowed, (row, column)


def test_a_step_says_nothing_to_the_others_of_its_modality_within_a_layer() -> None:
    torch.manual_seed(0)
    layer, tokens = CrossLayer(SMALL), random(1, 6, 6)
    everything = torch.ones(1, 3, dtype=torch.bool), torch.ones(1, 2, dtype=torch.bool)
    attended = across(*everything)
    other = tokens.clone()
    other[:, 2] = random(6, seed=1)
    changed = (layer(tokens, attended) - layer(other, attended)).abs().amax(dim=2)[0] > 1e-6
    assert changed.tolist() == [True, False, True, False, True, True]


def test_absent_steps_change_nothing() -> None:
    one, many = made().eval(), made(audio_steps=3, video_steps=4).eval()
    many.load_state_dict(one.state_dict())
    audio, video = random(5, 1, AUDIO), random(5, 1, VIDEO, seed=1)
    expected = one.clip(audio.flatten(1), video.flatten(1))
    torch.testing.assert_close(many.clip(padded(audio, 3), padded(video, 4)), expected)


def test_a_clip_without_sound_is_embedded_by_its_pictures() -> None:
    method = made(audio_steps=2, video_steps=2).eval()
    video = random(3, 2 * VIDEO)
    found = method.clip(torch.zeros(3, 2 * AUDIO), video)
    assert found.isfinite().all()
    assert not torch.allclose(found, method.clip(torch.zeros(3, 2 * AUDIO), -video))


def test_training_leaves_out_the_padding_that_is_common_to_the_batch() -> None:
    tight, wide = made(audio_steps=2, video_steps=3), made(audio_steps=5, video_steps=9)
    wide.load_state_dict(tight.state_dict())
    audio, video = random(8, 2, AUDIO), random(8, 3, VIDEO, seed=1)
    audio[:4, 1] = 0
    expected = tight.train().clip(audio.flatten(1), video.flatten(1))
    found = wide.train().clip(padded(audio, 5), padded(video, 9))
    torch.testing.assert_close(found, expected)
    before, after = tight.state_dict(), wide.state_dict()
    torch.testing.assert_close({key: after[key] for key in before}, before)


def test_a_batch_without_any_sound_keeps_one_step() -> None:
    assert made(audio_steps=3).train().clip(torch.zeros(4, 3 * AUDIO), random(4, VIDEO)).isfinite().all()


def test_a_crop_shows_a_stretch_of_both_at_the_same_time() -> None:
    torch.manual_seed(0)
    audio = torch.arange(1.0, 21).reshape(1, 20, 1).expand(2000, -1, -1)
    video = torch.arange(1.0, 41).reshape(1, 40, 1).expand(2000, -1, -1)
    heard, shown = Crop(audio=5, video=10, audio_step_s=1.0, video_step_s=0.5)(audio, video)
    assert heard.shape == (2000, 5, 1)
    assert shown.shape == (2000, 10, 1)
    assert (heard.diff(dim=1) == 1).all()
    assert (shown.diff(dim=1) == 1).all()
    starts = shown[:, 0, 0] - 1
    assert set(starts.tolist()) == set(range(30))
    assert torch.equal(heard[:, 0, 0] - 1, (starts / 2).round())


def test_a_sequence_that_is_shorter_than_the_crop_is_shown_from_its_start_with_its_padding() -> None:
    steps = padded(torch.tensor([[[1.0], [2]]]), 6)[..., None]
    crop = Crop(audio=4, video=4, audio_step_s=1.0, video_step_s=1.0)
    heard, shown = crop(steps, steps)
    assert heard.flatten().tolist() == shown.flatten().tolist() == [1, 2, 0, 0]


@pytest.mark.parametrize(
    ("timestamps", "in_training", "at_evaluation"), [("training", 0.5, 1), ("always", 0.5, 0.5), ("never", 1, 1)]
)
def test_tokens_carry_seconds_where_they_are_asked_to(
    timestamps: Any, in_training: float, at_evaluation: float
) -> None:
    torch.manual_seed(0)
    tokens = Tokens(replace(SMALL, timestamps=timestamps))
    for step_s, training in ((in_training, True), (at_evaluation, False)):
        found = tokens.train(training)._when(3, 0.5)
        turns = [[2 * torch.pi * step * step_s * each for each in tokens.frequencies.tolist()] for step in range(3)]
        waves = torch.cat([torch.tensor(turns).sin(), torch.tensor(turns).cos()], dim=1)
        torch.testing.assert_close(found, tokens.time(waves), rtol=0, atol=1e-4)


def test_normalising_over_time_leaves_only_signs_of_a_single_step_and_each_step_s_direction_stays() -> None:
    audio, video = random(4, AUDIO), random(4, VIDEO, seed=1)
    over_time, each_step = made().eval(), made(video_normalised="step").eval()
    assert torch.equal(over_time.clip(audio, video), over_time.clip(audio, video.sign()))
    torch.testing.assert_close(each_step.clip(audio, video), each_step.clip(audio, 3 * video))
    assert not torch.allclose(each_step.clip(audio, video), each_step.clip(audio, video.sign()))


def test_audio_is_divided_by_its_scale() -> None:
    audio, video = random(4, AUDIO), random(4, VIDEO, seed=1)
    assert torch.equal(made(audio_scale=2).eval().clip(2 * audio, video), made().eval().clip(audio, video))
