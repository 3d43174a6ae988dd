"""What was fetched from the hub, by its bytes: written down once, and what comes later has to be the same."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError

from models.bundle.manifest import Frozen
from models.errors import BundleInvalid
from training.hub.catalogue import Pretrained
from training.writing import write_whole

LOCK = "hub.lock.json"


class Fetched(Frozen):
    """The commit that a revision was when it was first fetched, and the sha256 of each file of it."""

    commit: str
    sha256: dict[str, str] = Field(default_factory=dict)


class _Content(Frozen):
    """The file: `repository@revision` to what was fetched."""

    format: Literal[1] = 1
    fetched: dict[str, Fetched] = Field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Lock:
    """The file `hub.lock.json` of a data folder."""

    path: Path

    def of(self, entry: Pretrained) -> Fetched | None:
        """What was fetched before, if anything; raises BundleInvalid where the file cannot be read."""
        return self._content().fetched.get(_key(entry))

    def record(self, entry: Pretrained, file: str, *, commit: str, sha256: str) -> None:
        """Write down a file's hash; one that is there already stays."""
        content = self._content()
        before = content.fetched.get(_key(entry)) or Fetched(commit=commit)
        after = Fetched(commit=before.commit, sha256={file: sha256} | before.sha256)
        whole = _Content(fetched=content.fetched | {_key(entry): after})
        text = json.dumps(whole.model_dump(), indent=2, sort_keys=True)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(self.path, lambda out: out.write(text.encode()))

    def _content(self) -> _Content:
        try:
            return _Content.model_validate_json(self.path.read_bytes())
        except FileNotFoundError:
            return _Content()
        except ValidationError as error:
            raise BundleInvalid(f"{self.path} is no list of what was fetched: {error.errors()[0]['msg']}") from error


def _key(entry: Pretrained) -> str:
    return f"{entry.repository}@{entry.revision}"
