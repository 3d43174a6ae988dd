"""What an encoder says of itself: `backbone.json` and `text_encoder.json`."""

from hashlib import file_digest, sha256
from pathlib import Path
from typing import Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from models.errors import BundleInvalid
from models.features.rows import Rows
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
    """A frozen network from one sense, decoded as `takes` says, to feature rows; a window's feature is their mean.

    `rows` is what a row is made of, where that is known. `batch` is what one call may hold: `none`, one window; or
    `rows`, frames of any windows, because each gives its own row, whatever is beside it. `classes` names the columns
    where the feature is the probabilities of a classifier's classes. `text_encoder` is the one, `name@version`, whose
    features share its space.
    """

    sense: Sense
    takes: SoundSpec | FrameSpec
    rows: Rows | None = None
    batch: Literal["none", "rows"] = "none"
    feature: Literal["mean"] = "mean"
    classes: tuple[str, ...] = ()
    text_encoder: str | None = None

    @model_validator(mode="after")
    def _takes_its_sense(self) -> "BackboneCard":
        expected = SoundSpec if self.sense == "audio" else FrameSpec
        if not isinstance(self.takes, expected):
            raise ValueError(f"an {self.sense} backbone takes a {expected.__name__}, found {self.takes}")
        return self

    @model_validator(mode="after")
    def _joins_frames_alone(self) -> "BackboneCard":
        if self.rows is not None and self.rows.of == "frame" and self.sense == "audio":
            raise ValueError("an audio backbone has no frames that a row could be made of")
        if self.batch == "rows" and (self.sense == "audio" or self.rows is None or self.rows.of != "frame"):
            raise ValueError("batch is rows only where a row is made of one frame")
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


class JoinedCard(EncoderCard):
    """Other text encoders side by side; `file` names them as `models.features.joined` reads it."""

    kind: Literal["joined"] = "joined"


TextCard = TextEncoderCard | WordVectorsCard | JoinedCard


class TextEncoderKind(BaseModel):
    """The part of a text encoder's card that says which card it is; those of networks have none."""

    kind: Literal["word_vectors", "joined"] | None = None


TEXT_CARDS: dict[str | None, type[TextCard]] = {
    None: TextEncoderCard,
    "word_vectors": WordVectorsCard,
    "joined": JoinedCard,
}


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
        raise BundleInvalid(f"{_shown(path)} is not a {kind.__name__}: {where}: {first['msg']}") from error


def read_text_card(path: Path) -> TextCard:
    """The card of a text encoder of any kind; raises as `read_card`."""
    return read_card(path, TEXT_CARDS[read_card(path, TextEncoderKind).kind])


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
    return BundleInvalid(f"there is no {path.name} in {path.parent.name}")


def _check_hash(path: Path, found: str, *, expected: str) -> None:
    if found != expected:
        raise BundleInvalid(f"{_shown(path)} has sha256 {found}; its card says {expected}")


def _shown(path: Path) -> str:
    """A file by its encoder: where that lies is for nobody to know who asks over HTTP."""
    return f"{path.parent.name}/{path.name}"
