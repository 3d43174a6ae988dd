"""A small network of sound: log-mel, three convolutions, timing."""

from torch import Tensor, nn

from models.media.media import SoundSpec
from training.backbones.layers import Rhythm, conv_block
from training.backbones.log_mel import LogMel

TAKES = SoundSpec(rate=16_000)


class AudioCNN(nn.Module):
    """Waveforms [b, n] at 16 kHz to features [b, width]; a step of its timing is 160 ms."""

    def __init__(self, width: int = 128, mels: int = 64) -> None:
        super().__init__()
        self.log_mel = LogMel(rate=TAKES.rate, mels=mels)
        self.norm = nn.BatchNorm1d(mels)
        self.blocks = nn.Sequential(conv_block(1, 16), conv_block(16, 32), conv_block(32, 64))
        self.step = nn.Sequential(nn.Conv1d(64 * mels // 8, 128, 1, bias=False), nn.BatchNorm1d(128), nn.ReLU())
        self.rhythm = Rhythm(128, width)

    def forward(self, waveform: Tensor) -> Tensor:
        maps = self.blocks(self.norm(self.log_mel(waveform))[:, None])
        return self.rhythm(self.step(maps.flatten(1, 2)))
