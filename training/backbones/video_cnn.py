"""A small network of pictures: four convolutions a frame, what is there and where, then timing."""

import torch
from torch import Tensor, nn

from models.media.media import FrameSpec
from training.backbones.layers import Rhythm, conv_block

TAKES = FrameSpec(rate=8.0, size=48, shorter_side=48)


class VideoCNN(nn.Module):
    """Frames [b, t, h, w, 3] of 0 to 255 to features [b, width]; a step of its timing is a frame.

    A step joins the strongest response anywhere in the frame (what is there) with a coarse map of a few
    responses (where it is): appearance must not be learned anew for every place.
    """

    def __init__(self, width: int = 128) -> None:
        super().__init__()
        self.blocks = nn.Sequential(
            conv_block(3, 16),
            conv_block(16, 32),
            conv_block(32, 64),
            nn.Conv2d(64, 96, 3, padding=1),
            nn.BatchNorm2d(96),
            nn.ReLU(),
        )
        self.place = nn.Sequential(nn.Conv2d(96, 8, 1), nn.ReLU())
        side = TAKES.size // 8
        self.step = nn.Sequential(nn.Conv1d(96 + 8 * side * side, 128, 1, bias=False), nn.BatchNorm1d(128), nn.ReLU())
        self.rhythm = Rhythm(128, width)

    def forward(self, frames: Tensor) -> Tensor:
        b, t = frames.shape[:2]
        pictures = frames.flatten(0, 1).permute(0, 3, 1, 2).float() / 127.5 - 1
        maps = self.blocks(pictures)
        steps = torch.cat([maps.amax(dim=(2, 3)), self.place(maps).flatten(1)], dim=1)
        return self.rhythm(self.step(steps.reshape(b, t, steps.shape[1]).transpose(1, 2)))
