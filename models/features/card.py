"""What an encoder says of itself: `backbone.json` and `text_encoder.json`."""

from hashlib import sha256
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from models.errors import BundleInvalid
from models.media.media import FrameSpec, SoundSpec
from models.types import Sense


class EncoderCard(BaseModel):
    """What every encoder's card holds; `file` is an ONNX graph beside the card, `width` that of its features."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]*$")
    version: str = Field(pattern=r"^[A-Za-z0-9._-]+$")
    width: int = Field(gt=0)
    file: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", description="a name, never a path")
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    licence: str
    source: str

    @property
    def ref(self) -> str:
        """`name@version`, as bundles name it."""
        return f"{self.name}@{self.version}"


class BackboneCard(EncoderCard):
    """A frozen network from one sense, decoded as `takes` says, to feature rows."""

    sense: Sense
    takes: SoundSpec | FrameSpec

    @model_validator(mode="after")
    def _takes_its_sense(self) -> "BackboneCard":
        expected = SoundSpec if self.sense == "audio" else FrameSpec
        if not isinstance(self.takes, expected):
            raise ValueError(f"an {self.sense} backbone takes a {expected.__name__}, found {self.takes}")
        return self


class TextEncoderCard(EncoderCard):
    """A network from the tokens of `tokenizer`, at most `max_tokens` of them, to one unit vector a text."""

    max_tokens: int = Field(gt=0)
    tokenizer: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
    tokenizer_sha256: str = Field(pattern=r"^[0-9a-f]{64}$")


C = TypeVar("C", bound=EncoderCard)


def read_card(path: Path, kind: type[C]) -> C:
    """The card in a file; raises BundleInvalid where there is none or it does not fit."""
    try:
        return kind.model_validate_json(path.read_bytes())
    except FileNotFoundError as error:
        raise BundleInvalid(f"there is no {path.name} in {path.parent}") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the whole"
        raise BundleInvalid(f"{path} is not a {kind.__name__}: {where}: {first['msg']}") from error


def checked_bytes(path: Path, expected_sha256: str) -> bytes:
    """A file's content; raises BundleInvalid unless its hash is the one its card names."""
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise BundleInvalid(f"there is no {path.name} in {path.parent}") from error
    found = sha256(content).hexdigest()
    if found != expected_sha256:
        raise BundleInvalid(f"{path} has sha256 {found}; its card says {expected_sha256}")
    return content
