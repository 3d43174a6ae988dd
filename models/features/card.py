"""What an encoder says of itself: `backbone.json` and `text_encoder.json`."""

from hashlib import file_digest, sha256
from pathlib import Path
from typing import Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from models.errors import BundleInvalid
from models.media.media import FrameSpec, SoundSpec
from models.types import Sense

NAME = r"^[a-z0-9][a-z0-9._-]*$"
VERSION = r"^[A-Za-z0-9._-]+$"


class EncoderCard(BaseModel):
    """What every encoder's card holds; `file` lies beside the card, an ONNX graph unless the kind says otherwise;
    `width` is that of its features.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=NAME)
    version: str = Field(pattern=VERSION)
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
    """A frozen network from one sense, decoded as `takes` says, to feature rows.

    `classes` names the columns where the feature is the probabilities of a classifier's classes.
    """

    sense: Sense
    takes: SoundSpec | FrameSpec
    classes: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _takes_its_sense(self) -> "BackboneCard":
        expected = SoundSpec if self.sense == "audio" else FrameSpec
        if not isinstance(self.takes, expected):
            raise ValueError(f"an {self.sense} backbone takes a {expected.__name__}, found {self.takes}")
        return self

    @model_validator(mode="after")
    def _names_its_columns(self) -> "BackboneCard":
        if self.classes and len(self.classes) != self.width:
            raise ValueError(f"the feature is {self.width} wide and there are {len(self.classes)} classes")
        return self


class TextEncoderCard(EncoderCard):
    """A network from the tokens of `tokenizer`, at most `max_tokens` of them, to one unit vector a text."""

    max_tokens: int = Field(gt=0)
    tokenizer: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
    tokenizer_sha256: str = Field(pattern=r"^[0-9a-f]{64}$")


class WordVectorsCard(EncoderCard):
    """The vectors of `words` words, in a `file` as `models.features.word_table` lays it out."""

    kind: Literal["word_vectors"] = "word_vectors"
    words: int = Field(gt=0)
    number: Literal["float16", "float32"]


class TextEncoderKind(BaseModel):
    """The part of a text encoder's card that says which card it is; those of networks have none."""

    kind: Literal["word_vectors"] | None = None


C = TypeVar("C", bound=BaseModel)


def read_card(path: Path, kind: type[C]) -> C:
    """The card in a file; raises BundleInvalid where there is none or it does not fit."""
    try:
        return kind.model_validate_json(path.read_bytes())
    except FileNotFoundError as error:
        raise _missing(path) from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the whole"
        raise BundleInvalid(f"{path} is not a {kind.__name__}: {where}: {first['msg']}") from error


def read_text_card(path: Path) -> TextEncoderCard | WordVectorsCard:
    """The card of a text encoder of either kind; raises as `read_card`."""
    if read_card(path, TextEncoderKind).kind == "word_vectors":
        return read_card(path, WordVectorsCard)
    return read_card(path, TextEncoderCard)


def checked_bytes(path: Path, expected_sha256: str) -> bytes:
    """A file's content; raises BundleInvalid unless its hash is the one its card names."""
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise _missing(path) from error
    _check_hash(path, sha256(content).hexdigest(), expected=expected_sha256)
    return content


def check_file(path: Path, expected_sha256: str) -> None:
    """As `checked_bytes`, for a file that is too large to hold."""
    try:
        with path.open("rb") as file:
            found = file_digest(file, "sha256").hexdigest()
    except FileNotFoundError as error:
        raise _missing(path) from error
    _check_hash(path, found, expected=expected_sha256)


def _missing(path: Path) -> BundleInvalid:
    return BundleInvalid(f"there is no {path.name} in {path.parent}")


def _check_hash(path: Path, found: str, *, expected: str) -> None:
    if found != expected:
        raise BundleInvalid(f"{path} has sha256 {found}; its card says {expected}")
