"""The spaces of AVCA (arXiv 2203.03598): a branch a modality, what they exchange, and class text."""

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Annotated, Literal, cast

import torch
from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass
from torch import Tensor, nn

from models.layers import CrossAttention, block1, block2
from models.losses.distances import mean_squared
from models.losses.triplets import Triplet, triplets
from models.methods.base import Batch, Task
from models.methods.linear import width_of
from models.methods.options import Dropout, Positive, Size
from models.types import Modality


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class Options:
    """What a recipe may choose; the defaults are the published ones for UCF-GZSL and SeLaVi features.

    Args:
        branches: `attentive`, of which each sees the other; or `separate`, trained each for itself with text of its
            own, of which only those are made that `output` looks at.
        output: whose embedding clips are compared by: `video`'s, `audio`'s, the mean of `both` distances, or the
            `nearer` of the two.
        statistics: which passes the batch norms' running statistics count: those that terms need, or also those that
            the `published` loop makes for nothing. They do not move what is learned, but what is made of clips.
        encoder_hidden, hidden: widths of the hidden layers of encoders and projections.
        token: width of what branches attend to each other by.
        heads, feed_forward: of the attention.
        out: width of the common space.
        encoder_dropout: of encoders and attention.
        projection_dropout: of the projections of sound and pictures.
        decoder_dropout: of all that has one layer: the projection of text, the decoder, the reconstructors.
        momentum: how much of the running statistics a batch replaces, in the last batch norm of encoders and of the
            projections of sound and pictures; in all others it is 0.1.
        margin: of all triplets.
    """

    branches: Literal["attentive", "separate"] = "attentive"
    output: Literal["video", "audio", "both", "nearer"] = "video"
    statistics: Literal["needed", "published"] = "needed"
    encoder_hidden: Size = 512
    hidden: Size = 512
    token: Size = 300
    heads: Size = 3
    feed_forward: Size = 64
    out: Size = 64
    encoder_dropout: Dropout = 0.2
    projection_dropout: Dropout = 0.3
    decoder_dropout: Dropout = 0.5
    momentum: Annotated[float, Field(gt=0, le=1)] = 0.1
    margin: Positive = 1.0


class Space(nn.Module):
    """Class text and a modality, or two that attend to each other, in one space.

    Features [b, 2, width] are those of samples and of their negatives: the halves are normalised apart.
    """

    def __init__(self, task: Task, options: Options, modalities: tuple[Modality, ...]) -> None:
        super().__init__()
        self.options = options
        self.modalities = modalities
        self.branches = nn.ModuleList(Branch(width_of(task.widths, [each]), options) for each in modalities)
        self.exchange: Exchange | None = Exchange(options) if len(modalities) > 1 else None
        self.text = block1(width=task.widths.text, out=options.out, dropout=options.decoder_dropout)
        self.decoder = block1(width=options.out, out=task.widths.text, dropout=options.decoder_dropout)
        # Triplets among θ_w, θ_w⁻, θ_a, θ_a⁻ …, the negative of the anchor's modality (l_t) or the positive's (l_w).
        rows = range(2, 2 + 2 * len(modalities), 2)
        self._own: list[Triplet] = [each for row in rows for each in ((row, 0, row + 1), (0, row, 1))]
        self._across: list[Triplet] = [each for row in rows for each in ((0, row, row + 1), (row, 0, 1))]
        # And among what is decoded, where text has no negative (l_ct).
        self._from_text: list[Triplet] = [(0, row - 1, row) for row in rows]

    def forward(self, *features: Tensor) -> list[Tensor]:
        """From features of every modality to its embeddings θ, of the same shape but for the width."""
        return self._embedded(self._encoded(features))

    def terms(self, batch: Batch) -> dict[str, Tensor]:
        """The five terms."""
        encoded = self._encoded([_beside_negatives(batch, each) for each in self.modalities])
        text, clips = self.text(_beside_negatives(batch, "text")), self._embedded(encoded)
        embedded = [each for both in (text, *clips) for each in both.unbind(1)]
        decoded = self._decoded(text, clips)
        margin = self.options.margin
        own, across = triplets(embedded, [*self._own, *self._across], margin=margin).chunk(2)
        return {
            "triplet_own": own.sum(),
            "reconstruction": _total(mean_squared(each, batch.text) for each in (decoded[0], *decoded[1::2])),
            "triplet_decoded": triplets(decoded, self._from_text, margin=margin).sum(),
            "triplet_across": across.sum(),
            "regularisation": self._regularisation([each[:, 0] for each in encoded], embedded[::2]),
        }

    def after_step(self, batch: Batch) -> None:
        """The published loop embeds every batch once more, in training mode."""
        if self.options.statistics == "published":
            self(*(batch.of(each) for each in self.modalities))
            self.text(batch.text)

    def _decoded(self, text: Tensor, clips: Sequence[Tensor]) -> list[Tensor]:
        """What is decoded from text, and from every modality and its negative."""
        if self.options.statistics == "published":
            first, _, *others = self.decoder(torch.cat([text, *clips], dim=1)).unbind(1)
            return [first, *others]
        return list(self.decoder(torch.cat([text[:, :1], *clips], dim=1)).unbind(1))

    def _encoded(self, features: Sequence[Tensor]) -> list[Tensor]:
        """φ of every modality."""
        return [branch.encoder(each) for branch, each in zip(self._branches, features, strict=True)]

    def _embedded(self, encoded: Sequence[Tensor]) -> list[Tensor]:
        """θ of every modality, from φ and what it takes of the other's."""
        seen = encoded if self.exchange is None else self.exchange(encoded)
        return [branch.projection(each) for branch, each in zip(self._branches, seen, strict=True)]

    def _regularisation(self, encoded: Sequence[Tensor], embedded: Sequence[Tensor]) -> Tensor:
        """How far θ is from giving φ back, and from the text's θ; of samples, `embedded` begins with the text's."""
        text, *clips = embedded
        again = [branch.reconstructor(each) for branch, each in zip(self._branches, clips, strict=True)]
        if self.options.statistics == "published":
            self._project_for_nothing(again)
        kept = _total(mean_squared(one, other) for one, other in zip(again, encoded, strict=True))
        return kept + _total(mean_squared(each, text) for each in clips)

    @torch.no_grad()
    def _project_for_nothing(self, again: Sequence[Tensor]) -> None:
        """As the published code projects φ^rec and drops what comes out: only batch norms' statistics count it."""
        for branch, each in zip(self._branches, again, strict=True):
            branch.projection(each)

    @property
    def _branches(self) -> list["Branch"]:
        return [cast(Branch, each) for each in self.branches]


class Branch(nn.Module):
    """A modality's encoder φ, its projection θ into the space, and what gives φ back from there."""

    def __init__(self, width: int, options: Options) -> None:
        super().__init__()
        token, out = options.token, options.out
        two = partial(block2, momentum=options.momentum)
        self.encoder = two(width=width, hidden=options.encoder_hidden, out=token, dropout=options.encoder_dropout)
        self.projection = two(width=token, hidden=options.hidden, out=out, dropout=options.projection_dropout)
        self.reconstructor = block1(width=out, out=token, dropout=options.decoder_dropout)


class Exchange(nn.Module):
    """Two modalities' encodings, to each of which is added what it takes of both by attention.

    The attention tells them apart by a vector each, which the paper does not have: random, and never trained, as the
    published code leaves it out of its optimiser.
    """

    positions: Tensor

    def __init__(self, options: Options) -> None:
        super().__init__()
        self.register_buffer("positions", torch.randn(2, options.token))
        self.attention = CrossAttention(
            width=options.token,
            heads=options.heads,
            hidden=options.feed_forward,
            dropout=options.encoder_dropout,
        )

    def forward(self, encoded: Sequence[Tensor]) -> list[Tensor]:
        """From φ of both to φ and what was taken."""
        taken = self.attention(torch.stack(tuple(encoded), dim=-2) + self.positions).unbind(-2)
        return [own + other for own, other in zip(encoded, taken, strict=True)]


def _beside_negatives(batch: Batch, modality: Modality) -> Tensor:
    """[b, 2, width]: features of the samples and of their negatives."""
    return torch.stack((batch.of(modality), batch.negative_of(modality)), dim=1)


def _total(values: Iterable[Tensor]) -> Tensor:
    return torch.stack(list(values)).sum()
