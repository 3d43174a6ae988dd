"""How AVCA's clips are compared: by sound, by pictures or by both, and the heads and routes that serve it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn

from models.bundle.manifest import RouteSpec
from models.methods.avca_space import Options, Space
from models.types import Metric, Modality

BOTH: tuple[Modality, ...] = ("audio", "video")
WANTED: dict[str, tuple[Modality, ...]] = {"video": ("video",), "audio": ("audio",), "both": BOTH, "nearer": BOTH}
"""Whose embeddings an output looks at."""


@dataclass(frozen=True, slots=True)
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


def views(options: Options) -> tuple[View, ...]:
    """What clips are compared by, followed by its parts if there are two."""
    wanted, attentive = WANTED[options.output], options.branches == "attentive"
    if len(wanted) == 1:
        return (View("av", "text", BOTH, wanted) if attentive else View(wanted[0], "text", wanted, wanted),)
    parts = (
        View(f"av_{each}", "text", BOTH, (each,)) if attentive else View(each, f"text_{each}", (each,), (each,))
        for each in wanted
    )
    return View("av", "text_av", BOTH, wanted), *parts


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
