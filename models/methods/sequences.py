"""Features of many steps: rows that hold a sequence each, and what of it is shown in training."""

from dataclasses import dataclass

import torch
from torch import Tensor

from models.errors import RecipeInvalid


def step_width(width: int, count: int, *, modality: str) -> int:
    """How wide one step of a feature is that holds `count` of them; raises RecipeInvalid where they do not fit."""
    if not width or width % count:
        raise RecipeInvalid(
            f"options.{modality}_steps: {modality} features are {width} wide; expected a multiple of {count} steps"
        )
    return width // count


def sequence(features: Tensor, count: int) -> Tensor:
    """The steps [b, count, width / count] that features [b, width] hold one after the other."""
    return features.reshape(-1, count, features.shape[1] // count)


def present(steps: Tensor) -> Tensor:
    """Which steps [b, t] of sequences [b, t, d] there are: those that are not all zero."""
    return (steps != 0).any(dim=2)


def lengths(there: Tensor) -> Tensor:
    """How many steps [b] of [b, t] there are up to the last that is present."""
    count = torch.arange(1, there.shape[1] + 1, device=there.device)
    return (count * there).amax(dim=1)


def trimmed(steps: Tensor) -> Tensor:
    """Sequences [b, t, d] without the padding that is common to all of them; at least one step stays."""
    longest = int(lengths(present(steps)).max())
    return steps[:, : max(longest, 1)]


@dataclass(frozen=True, slots=True)
class Crop:
    """How much of both sequences training shows: so many steps of each, longer ones cut at a random place.

    Args:
        audio, video: steps; 0 shows what the longest of the batch has.
        audio_step_s, video_step_s: seconds from step to step, by which both are cut at the same time.

    Source: the batches of TCAF's released code (arXiv 2207.09966), by its settings `max` and `fixed`.
    """

    audio: int
    video: int
    audio_step_s: float
    video_step_s: float

    def __call__(self, audio: Tensor, video: Tensor) -> tuple[Tensor, Tensor]:
        """Of sequences [b, s, d] and [b, t, d], padded with zero steps at the end, what is shown."""
        start = _random_below(_beyond(video, self.video))
        start_s = start * self.video_step_s
        audio_start = (start_s / self.audio_step_s).round().long()
        return (
            _shown(audio, torch.minimum(audio_start, _beyond(audio, self.audio)), self.audio),
            _shown(video, start, self.video),
        )


def _beyond(steps: Tensor, shown: int) -> Tensor:
    """How many steps [b] there are more than are shown; 0 where all are."""
    return (lengths(present(steps)) - (shown or steps.shape[1])).clamp(min=0)


def _random_below(limit: Tensor) -> Tensor:
    """Integers [b] in [0, limit), 0 where the limit is."""
    return (torch.rand(limit.shape, device=limit.device, dtype=torch.float64) * limit).long()


def _shown(steps: Tensor, start: Tensor, shown: int) -> Tensor:
    if not shown:
        return trimmed(steps)
    rows = start[:, None] + torch.arange(shown, device=steps.device)
    return steps.gather(1, rows[:, :, None].expand(-1, -1, steps.shape[2]))
