"""What both networks are built of."""

import torch
from torch import Tensor, nn


def conv_block(channels_in: int, channels_out: int) -> nn.Sequential:
    """Halves height and width: a 3 x 3 convolution with stride 2, batch normalisation, ReLU."""
    return nn.Sequential(
        nn.Conv2d(channels_in, channels_out, 3, stride=2, padding=1, bias=False),
        nn.BatchNorm2d(channels_out),
        nn.ReLU(),
    )


class Rhythm(nn.Module):
    """A sequence of step vectors [b, channels, t] to one feature [b, width]: what happens and how it is timed.

    Two dilated convolutions see 13 steps; the mean says how much of a pattern there is, the maximum
    whether there is any.
    """

    def __init__(self, channels: int, width: int) -> None:
        super().__init__()
        self.near = nn.Conv1d(channels, channels, 5, padding=2)
        self.far = nn.Conv1d(channels, channels, 5, padding=4, dilation=2)
        self.norm = nn.BatchNorm1d(2 * channels)
        self.project = nn.Linear(2 * channels, width)

    def forward(self, steps: Tensor) -> Tensor:
        steps = steps + torch.relu(self.near(steps))
        steps = steps + torch.relu(self.far(steps))
        pooled = torch.cat([steps.mean(dim=2), steps.amax(dim=2)], dim=1)
        return torch.relu(self.project(self.norm(pooled)))
