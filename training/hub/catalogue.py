"""Which pre-trained shared spaces there are on the hub: catalogue.toml, or a file of one's own like it.

Source: the layout of the repositories is that of their conversion for Transformers.js: `onnx/vision_model.onnx` or
`onnx/audio_model.onnx` beside `onnx/text_model.onnx`, with the outputs `image_embeds`, `audio_embeds` and
`text_embeds` (xenova/transformers.js, scripts/extra/clip.py and clap.py; the listings of both repositories).
"""

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from pydantic import Field, TypeAdapter, ValidationError

from models.bundle.manifest import Frozen
from models.errors import DataMissing, SettingsInvalid
from models.features.card import NAME
from models.types import Sense

OURS = Path(__file__).parent / "catalogue.toml"
Kind = Literal["clip", "clap"]
SENSES: Mapping[Kind, Sense] = {"clip": "video", "clap": "audio"}
MEDIA: Mapping[Kind, str] = {"clip": "onnx/vision_model.onnx", "clap": "onnx/audio_model.onnx"}
TEXT, TOKENIZER, PREPROCESSOR = "onnx/text_model.onnx", "tokenizer.json", "preprocessor_config.json"


class Pretrained(Frozen):
    """A network of one sense and one of text that share a space, in a repository of the hub.

    `revision` is a commit, or a branch or tag that is resolved to one when it is first fetched; `sha256` names hashes
    of files that are known beforehand.
    """

    kind: Kind
    repository: str = Field(pattern=r"^[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*$")
    revision: str = Field(pattern=r"^[\w.-]+$")
    width: int = Field(gt=0)
    licence: str
    sha256: dict[str, str] = Field(default_factory=dict)

    @property
    def sense(self) -> Sense:
        """What its network hears or sees."""
        return SENSES[self.kind]

    @property
    def media(self) -> str:
        """The network of sound or pictures, in the repository."""
        return MEDIA[self.kind]

    @property
    def files(self) -> tuple[str, ...]:
        """All that is fetched of the repository, the smallest first."""
        return (PREPROCESSOR, TOKENIZER, TEXT, self.media)


def read_catalogue(path: Path = OURS) -> Mapping[str, Pretrained]:
    """By name; raises DataMissing where there is no such file, SettingsInvalid where it is no catalogue."""
    try:
        entries = TypeAdapter(dict[str, Pretrained]).validate_python(tomllib.loads(path.read_text()))
    except FileNotFoundError as error:
        raise DataMissing(f"there is no catalogue {path}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, ValidationError) as error:
        raise SettingsInvalid(f"{path.name} is no catalogue: {_reason(error)}") from error
    if odd := [name for name in entries if not re.fullmatch(NAME, name)]:
        raise SettingsInvalid(f"{path.name}: {odd[0]!r} cannot name a backbone; expected lower case, digits, . _ and -")
    return entries


def find(name: str, path: Path = OURS) -> Pretrained:
    """The one of a name; raises DataMissing, with the names there are, and as `read_catalogue`."""
    entries = read_catalogue(path)
    if name not in entries:
        raise DataMissing(f"the catalogue {path.name} has no {name!r}; it has {', '.join(entries) or 'nothing'}")
    return entries[name]


def _reason(error: Exception) -> str:
    if not isinstance(error, ValidationError):
        return str(error)
    first = error.errors()[0]
    return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
