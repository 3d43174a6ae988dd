"""A run's state on disk, so that a killed run goes on to the weights it would have had."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import numpy as np
import torch
from pydantic import TypeAdapter

from models.errors import Conflict
from training import parallel
from training.progress import Progress
from training.protocol import Protocol
from training.recipe import Recipe
from training.splits import Split, TrainingSet
from training.writing import write_whole

HISTORY = TypeAdapter(list[Progress])


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A file with the state of one run, told from others by a hash over all that its weights depend on."""

    path: Path
    run: str

    @classmethod
    def of(
        cls,
        path: Path,
        recipe: Recipe,
        training: TrainingSet,
        *,
        validation: Split,
        protocol: Protocol,
        last_epoch: int | None,
        device: torch.device,
    ) -> "Checkpoint":
        """The checkpoint of a run."""
        rules = (recipe.model_dump_json(), protocol.model_dump_json(), last_epoch, device.type, parallel.processes())
        of_run = sha256(repr(rules).encode())
        for split in (training, validation):
            features, classes = split.features, split.classes
            for each in (features.audio, features.video, features.text, features.label, classes.text, classes.seen):
                if each is not None:
                    of_run.update(np.ascontiguousarray(each).data)
        return cls(path, of_run.hexdigest())

    def read(self) -> dict[str, Any] | None:
        """What was last written, None where nothing was.

        Raises:
            Conflict: the file is the checkpoint of another run, or none.
        """
        if not self.path.exists():
            return None
        try:
            stored: dict[str, Any] = torch.load(self.path, weights_only=True)
        except (RuntimeError, UnpicklingError, EOFError, ValueError, KeyError, OSError) as error:
            raise Conflict(f"{self.path} is there and no checkpoint, or a damaged one; name another file") from error
        if not isinstance(stored, dict) or stored.get("run") != self.run:
            raise Conflict(f"{self.path} is the checkpoint of another recipe or other data; remove it or name another")
        return stored

    def write(self, state: dict[str, Any]) -> None:
        """Replace what was written before, all at once."""
        write_whole(self.path, lambda file: torch.save(state | {"run": self.run}, file))

    @staticmethod
    def text(history: Sequence[Progress]) -> str:
        """Epochs as JSON: a file of tensors and text can be read without running what is in it."""
        return HISTORY.dump_json(list(history)).decode()

    @staticmethod
    def history(text: str) -> list[Progress]:
        """The epochs of `text`."""
        return HISTORY.validate_json(text)
