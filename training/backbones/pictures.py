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
        self.register_buffer("order", torch.tensor(order), persistent=False)
        self.register_buffer("mean", torch.tensor(mean)[:, None, None, None], persistent=False)
        self.register_buffer("spread", torch.tensor(spread)[:, None, None, None], persistent=False)

    def forward(self, frames: Tensor) -> Tensor:
        channels = frames.permute(0, 4, 1, 2, 3).index_select(1, self.order)
        return (self.light(channels.float()) - self.mean) / self.spread

    def light(self, channels: Tensor) -> Tensor:
        """The brightness that the weights know, 0 to 255, of that of the frames."""
        return channels

    order: Tensor
    mean: Tensor
    spread: Tensor


def clips_in_a_row(frames: Tensor, length: int) -> Tensor:
    """Frames [b, t, h, w, 3] as clips [b, n, length, h, w, 4] one after another; the last one ends in zeros.

    The fourth channel is 1 where there is a picture, so that `Shown` can tell a black one from none.
    """
    count = (frames.shape[1] + length - 1) // length
    marked = torch.cat([frames, torch.ones_like(frames[..., :1])], dim=4)
    padded = pad(marked, (0, 0, 0, 0, 0, 0, 0, length - 1))[:, : count * length]
    return padded.reshape(frames.shape[0], count, length, *marked.shape[2:])


class Shown(nn.Module):
    """Clips [m, length, h, w, 4] to maps [m, 3, length, h, w] of their colours, zeros where there is no picture."""

    def __init__(self, colours: Colours) -> None:
        super().__init__()
        self.colours = colours

    def forward(self, clips: Tensor) -> Tensor:
        return self.colours(clips[..., :3]) * clips[..., 3:].permute(0, 4, 1, 2, 3)


def clips_to_the_end(frames: Tensor, length: int) -> Tensor:
    """Frames [b, t, h, w, 3] as clips [b, n, length, h, w, 3] of which none is part empty.

    One after another, but for the last, which ends where the frames end and so shares some with the one before
    it; where there are fewer than `length`, the last frame stands still.
    """
    steps = frames.shape[1]
    count = (steps + length - 1) // length
    starts = (torch.arange(count, device=frames.device) * length).clamp(max=steps - length).clamp(min=0)
    places = (starts[:, None] + torch.arange(length, device=frames.device)).clamp(max=steps - 1)
    return frames[:, places]


def each_clip(network: nn.Module, clips: Tensor) -> Tensor:
    """A network of clips [m, ...] on clips [b, n, ...]: rows of features [b, n, width].

    In an exported graph the clips go through one after another, so that of a long stretch only the clips themselves
    take more memory than of a short one: least where these are bytes.
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
