"""Text encoders side by side, so that one text feature holds several spaces.

Source: ClipClap (arXiv 2404.06309), whose class names are CLIP's and CLAP's text vectors, one after the other.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol, Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from models.errors import BundleInvalid
from models.features.card import NAME, VERSION, JoinedCard, TextCard, checked_bytes, read_text_card
from models.types import F32

FILE = "parts.json"


class Part(BaseModel):
    """A text encoder that is part of a joined one: its `name@version`, the sha256 of its file, its width."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=rf"{NAME.removesuffix('$')}@{VERSION.removeprefix('^')}")
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    width: int = Field(gt=0)


class Parts(BaseModel):
    """What the file of a joined encoder holds: its parts in the order of their columns, each once."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    parts: tuple[Part, ...] = Field(min_length=2)

    @model_validator(mode="after")
    def _differ(self) -> "Parts":
        if len({part.name for part in self.parts}) != len(self.parts):
            raise ValueError(f"a part is there twice: {', '.join(part.name for part in self.parts)}")
        return self


class EncodesText(Protocol):
    """A part that is open."""

    @property
    def card(self) -> TextCard: ...

    @property
    def example(self) -> str: ...

    def encode(self, texts: Sequence[str]) -> F32: ...


class Joined:
    """From a text to the unit vectors of its parts, one after the other, together again of unit length.

    So a cosine between two texts is the mean of the parts' cosines.
    """

    def __init__(self, card: JoinedCard, encoders: Sequence[EncodesText]) -> None:
        self.card = card
        self._encoders = tuple(encoders)

    @classmethod
    def open(cls, folder: Path, card: JoinedCard, part: Callable[[Part], EncodesText]) -> Self:
        """From the folder of the card, beside which its parts lie.

        Args:
            part: opens one.

        Raises:
            BundleInvalid: a part is missing, is another than the one that was joined, or is itself joined.
        """
        parts = read_parts(folder, card)
        for each in parts:
            _check(each, folder)
        return cls(card, [part(each) for each in parts])

    @property
    def example(self) -> str:
        """A text that it knows: every part takes the words that it knows."""
        return " ".join(dict.fromkeys(encoder.example for encoder in self._encoders))

    def embed(self, texts: Sequence[str]) -> F32:
        """[n, width], rows of unit length; raises QueryInvalid for a text that a part knows no word of."""
        rows = np.concatenate([encoder.encode(texts) for encoder in self._encoders], axis=1)
        return np.asarray(rows / np.sqrt(len(self._encoders)), np.float32)


def read_parts(folder: Path, card: JoinedCard) -> tuple[Part, ...]:
    """The parts that a joined encoder names; raises BundleInvalid where its file does not fit."""
    content = checked_bytes(folder / card.file, card.sha256)
    try:
        parts = TypeAdapter(Parts).validate_json(content).parts
    except ValidationError as error:
        raise BundleInvalid(f"{folder / card.file} names no parts: {error.errors()[0]['msg']}") from error
    if (found := sum(part.width for part in parts)) != card.width:
        raise BundleInvalid(f"the parts of {card.ref} are {found} wide; its card says {card.width}")
    return parts


def _check(part: Part, folder: Path) -> None:
    """Raise BundleInvalid unless a part is the one that was joined; that one is missing is said where it is opened."""
    path = folder.parent / part.name / "text_encoder.json"
    if not path.is_file():
        return
    card = read_text_card(path)
    if isinstance(card, JoinedCard):
        raise BundleInvalid(f"{card.ref}, a part of {folder.name}, is itself joined; expected plain text encoders")
    if (card.sha256, card.width) != (part.sha256, part.width):
        found, expected = f"{card.sha256[:12]}…, {card.width} wide", f"{part.sha256[:12]}…, {part.width} wide"
        raise BundleInvalid(f"{part.name} has sha256 {found}; {folder.name} was joined of {expected}")
