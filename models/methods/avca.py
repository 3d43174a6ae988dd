"""AVCA: audio-visual embeddings by cross-modal attention (arXiv 2203.03598)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass as plain_dataclass
from functools import partial
from typing import Annotated, Literal, cast

import torch
from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass
from torch import Tensor, nn

from models.bundle.manifest import RouteSpec
from models.errors import RecipeInvalid
from models.evaluation.scorer import Fusion
from models.layers import CrossAttention, block1, block2
from models.losses.distances import mean_squared
from models.losses.triplets import Triplet, triplets
from models.methods.base import Batch, GradientMethod, Head, Task
from models.types import Metric, Modality

TERMS = ("triplet_own", "reconstruction", "triplet_decoded", "triplet_across", "regularisation")
BOTH: tuple[Modality, ...] = ("audio", "video")
WANTED: Mapping[str, tuple[Modality, ...]] = {"video": ("video",), "audio": ("audio",), "both": BOTH, "nearer": BOTH}
RULES: Mapping[str, Literal["mean", "best"]] = {"both": "mean", "nearer": "best"}

Size = Annotated[int, Field(gt=0)]
Dropout = Annotated[float, Field(ge=0, lt=1)]


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
    margin: Annotated[float, Field(gt=0)] = 1.0


@plain_dataclass(frozen=True, slots=True)
class View:
    """What clips are compared by: heads of clips and of text, what the former reads, and whose embeddings both join."""

    clip: str
    text: str
    inputs: tuple[Modality, ...]
    joined: tuple[Modality, ...]

    def routes(self, side: str) -> dict[str, RouteSpec]:
        """Between text and clips and from clip to clip, where clips are called `side`."""
        ways = {f"{side}->text": (self.clip, self.text), f"text->{side}": (self.text, self.clip)}
        ways[f"{side}->{side}"] = (self.clip, self.clip)
        return {
            name: RouteSpec(query=query, gallery=gallery, metric=Metric.EUCLIDEAN)
            for name, (query, gallery) in ways.items()
        }


class AVCA(GradientMethod):
    """Sound and pictures, each seen with the other, in one space with class text; pictures then speak for both."""

    def __init__(self, task: Task, options: Options) -> None:
        super().__init__()
        self.options = options
        apart = tuple((each,) for each in WANTED[options.output])
        together = (BOTH,) if options.branches == "attentive" else apart
        self.spaces = nn.ModuleList(Space(task, options, each) for each in together)

    def terms(self, batch: Batch) -> dict[str, Tensor]:
        """The five terms of docs/methods.md, of separate branches added up."""
        found = [space.terms(batch) for space in self._spaces]
        return {name: torch.stack([terms[name] for terms in found]).sum() for name in TERMS}

    def after_step(self, batch: Batch) -> None:
        """The published loop embeds every batch once more, in training mode."""
        if self.options.statistics == "published":
            for space in self._spaces:
                space(*(_features(batch, each)[0] for each in space.modalities))
                space.text(batch.text)

    def heads(self) -> dict[str, Head]:
        """Clips and texts for every view; where two distances are mixed, also for the parts that are."""
        clips = {view.clip: Head(Clip(self._spaces, view.joined), inputs=view.inputs) for view in self._views}
        return clips | {view.text: Head(Text(self._spaces, view.joined), inputs=("text",)) for view in self._views}

    def routes(self) -> dict[str, RouteSpec]:
        """Between text and clips and from clip to clip, by whole clips and by each of two separate branches.

        Of two embeddings a bundle serves the distance of both side by side: its square is the sum of both squares.
        """
        sides = ("av", *BOTH)
        return {
            name: route for view in self._views if view.clip in sides for name, route in view.routes(view.clip).items()
        }

    def fusions(self) -> dict[str, Fusion]:
        """The mean of two distances or the nearer one, as the paper's tables have it."""
        if self.options.output not in RULES:
            return {}
        first, second = (view.routes("av") for view in self._views[1:])
        return {name: Fusion((first[name], second[name]), RULES[self.options.output]) for name in first}

    @property
    def _spaces(self) -> list["Space"]:
        return [cast(Space, each) for each in self.spaces]

    @property
    def _views(self) -> tuple[View, ...]:
        """What clips are compared by, followed by its parts if there are two."""
        wanted, attentive = WANTED[self.options.output], self.options.branches == "attentive"
        if len(wanted) == 1:
            return (View("av", "text", BOTH, wanted) if attentive else View(wanted[0], "text", wanted, wanted),)
        parts = (
            View(f"av_{each}", "text", BOTH, (each,)) if attentive else View(each, f"text_{each}", (each,), (each,))
            for each in wanted
        )
        return View("av", "text_av", BOTH, wanted), *parts


class Space(nn.Module):
    """Class text and a modality, or two that attend to each other, in one space.

    Features [b, 2, width] are those of samples and of their negatives: the halves are normalised apart.
    """

    def __init__(self, task: Task, options: Options, modalities: tuple[Modality, ...]) -> None:
        super().__init__()
        self.options = options
        self.modalities = modalities
        self.branches = nn.ModuleList(Branch(_width(task, each), options) for each in modalities)
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
        encoded = self._encoded([torch.stack(_features(batch, each), dim=1) for each in self.modalities])
        text, clips = self.text(torch.stack(_features(batch, "text"), dim=1)), self._embedded(encoded)
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


class Clip(nn.Module):
    """What clips are compared by: embeddings of one modality or two, side by side."""

    def __init__(self, spaces: Sequence[Space], joined: tuple[Modality, ...]) -> None:
        super().__init__()
        self.spaces = nn.ModuleList(each for each in spaces if set(each.modalities) & set(joined))
        self.joined = joined

    def forward(self, *features: Tensor) -> Tensor:
        """From features [b, width] of what the spaces read to [b, out] or [b, 2 x out]."""
        rest = list(features)
        found: dict[Modality, Tensor] = {}
        for space in (cast(Space, each) for each in self.spaces):
            own, rest = rest[: len(space.modalities)], rest[len(space.modalities) :]
            found |= dict(zip(space.modalities, space(*own), strict=True))
        return torch.cat([found[each] for each in self.joined], dim=1)


class Text(nn.Module):
    """What clips' embeddings are compared with: the text's in the same spaces, side by side."""

    def __init__(self, spaces: Sequence[Space], joined: tuple[Modality, ...]) -> None:
        super().__init__()
        self.parts = nn.ModuleList(space.text for each in joined for space in spaces if each in space.modalities)

    def forward(self, text: Tensor) -> Tensor:
        """From text features [b, width] to [b, out] or [b, 2 x out]."""
        return torch.cat([part(text) for part in self.parts], dim=1)


def _features(batch: Batch, modality: Modality) -> tuple[Tensor, Tensor]:
    """Those of the samples and of their negatives."""
    return getattr(batch, modality), getattr(batch, f"negative_{modality}")


def _width(task: Task, modality: Modality) -> int:
    width: int = getattr(task.widths, modality)
    if not width:
        raise RecipeInvalid(f"avca: the data have no {modality} features; expected audio and video")
    return width


def _total(values: Iterable[Tensor]) -> Tensor:
    return torch.stack(list(values)).sum()
