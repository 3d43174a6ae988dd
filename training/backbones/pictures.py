"""What the published networks of pictures share: colours as their weights know them, and clips of equal length."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch._higher_order_ops.scan import scan
from torch.nn.functional import pad

RGB, BGR = (0, 1, 2), (2, 1, 0)


class Colours(nn.Module):
    """RGB frames [b, t, h, w, 3] of 0 to 255 to maps [b, 3, t, h, w]: channels in `order`, less a mean, by a spread."""

    def __init__(self, *, order: Sequence[int], mean: Sequence[float], spread: Sequence[float]) -> None:
        super().__init__()
        self.order = list(order)
        self.register_buffer("mean", torch.tensor(mean)[:, None, None, None], persistent=False)
        self.register_buffer("spread", torch.tensor(spread)[:, None, None, None], persistent=False)

    def forward(self, frames: Tensor) -> Tensor:
        channels = frames.permute(0, 4, 1, 2, 3)[:, self.order]
        return (self.light(channels.float()) - self.mean) / self.spread

    def light(self, channels: Tensor) -> Tensor:
        """The brightness that the weights know, 0 to 255, of that of the frames."""
        return channels

    mean: Tensor
    spread: Tensor


def clips_in_a_row(maps: Tensor, length: int) -> Tensor:
    """Maps [b, 3, t, h, w] as clips [b, n, 3, length, h, w] one after another; the last one ends in zeros."""
    count = (maps.shape[2] + length - 1) // length
    padded = pad(maps, (0, 0, 0, 0, 0, length - 1))[:, :, : count * length]
    return padded.reshape(*maps.shape[:2], count, length, *maps.shape[3:]).transpose(1, 2)


def clips_to_the_end(maps: Tensor, length: int) -> Tensor:
    """Maps [b, 3, t, h, w] as clips [b, n, 3, length, h, w] of which none is part empty.

    One after another, but for the last, which ends where the maps end and so shares frames with the one before
    it; where there are fewer frames than `length`, the last frame stands still.
    """
    steps = maps.shape[2]
    count = (steps + length - 1) // length
    starts = (torch.arange(count, device=maps.device) * length).clamp(max=steps - length).clamp(min=0)
    places = (starts[:, None] + torch.arange(length, device=maps.device)).clamp(max=steps - 1)
    return maps[:, :, places].transpose(1, 2)


def each_clip(network: nn.Module, clips: Tensor) -> Tensor:
    """A network of clips [m, 3, length, h, w] on clips [b, n, 3, length, h, w]: rows of features [b, n, width].

    In an exported graph the clips go through one after another, so that a long stretch needs no more memory than
    a short one.
    """
    if torch.compiler.is_exporting():
        return torch.stack([_one_by_one(network, each) for each in clips])
    rows: Tensor = network(clips.flatten(0, 1))
    return rows.reshape(clips.shape[0], clips.shape[1], -1)


def _one_by_one(network: nn.Module, clips: Tensor) -> Tensor:
    def step(nothing: Tensor, clip: Tensor) -> tuple[Tensor, Tensor]:
        return nothing.clone(), network(clip[None])[0]

    rows: Tensor = scan(step, torch.zeros(1), clips)[1]
    return rows
