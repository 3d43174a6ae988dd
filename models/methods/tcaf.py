"""TCAF: audio and video step by step, each attending to the other (arXiv 2207.09966)."""

import math
from typing import Annotated, Literal

import torch
from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass
from torch import Tensor, nn
from torch.nn.functional import normalize, scaled_dot_product_attention

from models.errors import RecipeInvalid
from models.layers import block1, block2
from models.methods.base import Batch, Task, Widths
from models.methods.clip_text import ClipText
from models.methods.options import Dropout, Positive, Size
from models.methods.sequences import Crop, present, sequence, step_width

FREQUENCY_SCALE = 10.0
NORMALISED = {"time": 1, "step": 2}
"""The axis of [b, t, d] along which video is made unit length."""

Steps = Annotated[int, Field(ge=0)]
Seconds = Annotated[float, Field(gt=0)]


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class Options:
    """What a recipe may choose; the defaults are the published ones for UCF-GZSL and C3D and VGGish features.

    Args:
        audio_steps, video_steps: how many steps a feature holds, one after the other, the absent ones all zero and
            at the end; 1 for features that are averaged over time.
        shown_audio_steps, shown_video_steps: what training shows of them; longer sequences are cut at random. 0
            shows what the longest of the batch has.
        audio_step_s, video_step_s: seconds from one step to the next.
        timestamps: where tokens carry seconds: in training only, as published, or always. Elsewhere, and everywhere
            with `never`, they carry their numbers 0, 1, 2 …
        audio_scale: what audio features are divided by; VGGish's are bytes.
        video_normalised: each of a clip's video features over time, as published, or each step; of a single step
            `time` leaves only signs.
        hidden: width of the hidden layer of the encoders.
        token, position: widths of tokens and of what tells them where and when they are.
        layers, heads, head_width, feed_forward: of the transformer.
        out, projection_hidden: widths of the common space, and of the layer before it and after it.
        encoder_dropout, position_dropout, transformer_dropout: on the way from features to the clip.
        clip_dropout, text_dropout: of projection and decoder of either.
    """

    audio_steps: Size = 1
    video_steps: Size = 1
    shown_audio_steps: Steps = 0
    shown_video_steps: Steps = 0
    audio_step_s: Seconds = 1.0
    video_step_s: Seconds = 1.0
    timestamps: Literal["training", "always", "never"] = "training"
    audio_scale: Positive = 255.0
    video_normalised: Literal["time", "step", "never"] = "time"
    hidden: Size = 512
    token: Size = 300
    position: Annotated[int, Field(gt=0, multiple_of=2)] = 64
    layers: Size = 6
    heads: Size = 8
    head_width: Size = 64
    feed_forward: Size = 128
    out: Size = 64
    projection_hidden: Size = 512
    encoder_dropout: Dropout = 0.3
    position_dropout: Dropout = 0.2
    transformer_dropout: Dropout = 0.3
    clip_dropout: Dropout = 0.1
    text_dropout: Dropout = 0.1


class TCAF(ClipText):
    """Clips, embedded by what their sound and pictures say of each other over time, and class text in one space."""

    clip: "Clip"

    def __init__(self, task: Task, options: Options) -> None:
        super().__init__()
        out, hidden, text = options.out, options.projection_hidden, task.widths.text
        self.clip = Clip(task.widths, options)
        self.text = block1(width=text, out=out, dropout=options.text_dropout)
        self.clip_decoder = block2(width=out, hidden=hidden, out=text, dropout=options.clip_dropout)
        self.text_decoder = block1(width=out, out=text, dropout=options.text_dropout)

    def terms(self, batch: Batch) -> dict[str, Tensor]:
        """The terms of `ClipText`; what is decoded is the text feature itself."""
        return self.terms_of(self.clip(batch.audio, batch.video), batch)

    def terms_of(self, clip: Tensor, batch: Batch) -> dict[str, Tensor]:
        """The terms of clips that are embedded already: [b, out]."""
        return self.compared(clip, self.text(batch.text), decoded=batch.text, batch=batch)


class Clip(nn.Module):
    """From the steps of both modalities to one embedding: encoders, tokens, attention across modalities."""

    def __init__(self, widths: Widths, options: Options) -> None:
        super().__init__()
        self.options = options
        audio = step_width(widths.audio, options.audio_steps, modality="audio")
        video = step_width(widths.video, options.video_steps, modality="video")
        self.audio_encoder = self._encoder(audio)
        self.video_encoder = self._encoder(video)
        self.tokens = Tokens(options)
        self.layers = nn.ModuleList(CrossLayer(options) for _ in range(options.layers))
        self.out = block2(
            width=options.token, hidden=options.projection_hidden, out=options.out, dropout=options.clip_dropout
        )
        self._crop = _crop(options)

    def forward(self, audio: Tensor, video: Tensor) -> Tensor:
        """From features [b, steps x width] of both to [b, out]."""
        heard, shown = sequence(audio, self.options.audio_steps), sequence(video, self.options.video_steps)
        if self.training:
            heard, shown = self._crop(heard, shown)
        return self.embedded(heard, shown, heard_there=present(heard), shown_there=present(shown))

    def embedded(self, audio: Tensor, video: Tensor, *, heard_there: Tensor, shown_there: Tensor) -> Tensor:
        """From sequences [b, s, d] and [b, t, d], and which of their steps there are [b, s] and [b, t], to [b, out]."""
        axis = NORMALISED.get(self.options.video_normalised)
        tokens = self.tokens(
            _each_step(self.audio_encoder, audio / self.options.audio_scale),
            _each_step(self.video_encoder, video if axis is None else normalize(video, dim=axis)),
        )
        attended = across(heard_there, shown_there)
        for layer in self.layers:
            tokens = layer(tokens, attended)
        clip: Tensor = self.out(tokens[:, 0])
        return clip

    def _encoder(self, width: int) -> nn.Sequential:
        chosen = self.options
        return block2(width=width, hidden=chosen.hidden, out=chosen.token, dropout=chosen.encoder_dropout)


class Tokens(nn.Module):
    """The sequence that attention works on: a token for the clip, then one a step that says whence and when it is.

    The released code also adds a vector to absent steps; nothing attends to these, so that it has no effect.
    """

    def __init__(self, options: Options) -> None:
        super().__init__()
        self.options = options
        self.clip = nn.Parameter(torch.randn(1, 1, options.token))
        self.modality = nn.Parameter(torch.randn(2, options.position))
        # The paper's code multiplies (t, t) by [2, n] normal numbers: t times their sums.
        spread = FREQUENCY_SCALE * math.sqrt(2)
        self.register_buffer("frequencies", spread * torch.randn(options.position // 2))
        self.frequencies: Tensor
        self.time = nn.Linear(options.position, options.position)
        self.join_audio = nn.Linear(options.token + options.position, options.token)
        self.join_video = nn.Linear(options.token + options.position, options.token)
        self.dropout = nn.Dropout(options.position_dropout)

    def forward(self, audio: Tensor, video: Tensor) -> Tensor:
        """From encoded steps [b, s, token] and [b, t, token] to tokens [b, 1 + s + t, token]."""
        where = self.modality[0] + self._when(audio.shape[1], self.options.audio_step_s)
        heard = self.dropout(self.join_audio(_beside(audio, where)))
        where = self.modality[1] + self._when(video.shape[1], self.options.video_step_s)
        shown = self.dropout(self.join_video(_beside(video, where)))
        return torch.cat([self.clip.expand(audio.shape[0], -1, -1), heard, shown], dim=1)

    def _when(self, steps: int, step_s: float) -> Tensor:
        """What says when each step is: [steps, position]."""
        chosen = self.options.timestamps
        in_seconds = chosen == "always" or (chosen == "training" and self.training)
        times = torch.arange(steps, device=self.frequencies.device) * (step_s if in_seconds else 1.0)
        turns = 2 * math.pi * times[:, None] * self.frequencies
        when: Tensor = self.time(torch.cat([turns.sin(), turns.cos()], dim=1))
        return when


class CrossLayer(nn.Module):
    """A transformer layer before whose two halves one and the same layer norm stands."""

    def __init__(self, options: Options) -> None:
        super().__init__()
        self.heads = options.heads
        token, inner, hidden = options.token, options.heads * options.head_width, options.feed_forward
        dropout = options.transformer_dropout
        self.norm = nn.LayerNorm(token)
        self.queries = nn.Linear(token, inner, bias=False)
        self.keys = nn.Linear(token, inner, bias=False)
        self.values = nn.Linear(token, inner, bias=False)
        self.out = nn.Sequential(nn.Linear(inner, token), nn.Dropout(dropout))
        self.feed_forward = nn.Sequential(
            nn.Linear(token, hidden), nn.GELU(), nn.Dropout(dropout), nn.Linear(hidden, token), nn.Dropout(dropout)
        )

    def forward(self, tokens: Tensor, attended: Tensor) -> Tensor:
        """From tokens [b, n, token] and which attends to which [b, 1, n, n] to tokens."""
        normed = self.norm(tokens)
        queries, keys, values = (self._split(each(normed)) for each in (self.queries, self.keys, self.values))
        found = scaled_dot_product_attention(queries, keys, values, attn_mask=attended)
        tokens = tokens + self.out(found.transpose(1, 2).flatten(2))
        both: Tensor = tokens + self.feed_forward(self.norm(tokens))
        return both

    def _split(self, all_heads: Tensor) -> Tensor:
        """[b, n, heads x width] as [b, heads, n, width]."""
        return all_heads.reshape(-1, all_heads.shape[1], self.heads, all_heads.shape[2] // self.heads).transpose(1, 2)


def across(heard_there: Tensor, shown_there: Tensor) -> Tensor:
    """Which token attends to which: audio to video, video to audio, the clip's to all and all to it.

    Args:
        heard_there, shown_there: [b, s] and [b, t] which steps there are; nothing attends to absent ones.

    Returns:
        [b, 1, n, n] from the token of the row to that of the column, n = 1 + s + t.

    Source: the cross-attention of TCAF (arXiv 2207.09966), without attention within a modality.
    """
    there = torch.cat([torch.ones_like(heard_there[:, :1]), heard_there, shown_there], dim=1)
    kinds = (1, heard_there.shape[1], shown_there.shape[1])
    kind = torch.cat([torch.full((count,), number, device=there.device) for number, count in enumerate(kinds)])
    crossing = (kind[:, None] != kind) | (kind[:, None] == 0)
    return (crossing & there[:, None])[:, None]


def _each_step(encoder: nn.Module, steps: Tensor) -> Tensor:
    """What an encoder makes of every step, absent ones included, as the batch norms' statistics do."""
    encoded: Tensor = encoder(steps.flatten(0, 1))
    return encoded.reshape(-1, steps.shape[1], encoded.shape[1])


def _beside(steps: Tensor, where: Tensor) -> Tensor:
    return torch.cat([steps, where.expand(steps.shape[0], -1, -1)], dim=2)


def _crop(options: Options) -> Crop:
    """What training shows; raises RecipeInvalid where that is more than there is."""
    for modality in ("audio", "video"):
        shown, there = getattr(options, f"shown_{modality}_steps"), getattr(options, f"{modality}_steps")
        if shown > there:
            raise RecipeInvalid(f"options.shown_{modality}_steps: {shown} of {there} steps; expected at most {there}")
    return Crop(
        audio=options.shown_audio_steps,
        video=options.shown_video_steps,
        audio_step_s=options.audio_step_s,
        video_step_s=options.video_step_s,
    )
