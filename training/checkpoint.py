"""A run's state on disk, so that a killed run goes on to the weights it would have had."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import torch
from pydantic import TypeAdapter

from models.errors import Conflict
from training.progress import Progress
from training.protocol import Protocol
from training.recipe import Recipe
from training.splits import TrainingSet

HISTORY = TypeAdapter(list[Progress])


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A file with the state of one run, told from others by a hash over all that the run depends on."""

    path: Path
    run: str

    @classmethod
    def of(
        cls, path: Path, recipe: Recipe, training: TrainingSet, protocol: Protocol, last_epoch: int | None
    ) -> "Checkpoint":
        """The checkpoint of a run."""
        of_run = sha256(f"{recipe.model_dump_json()} {protocol.model_dump_json()} {last_epoch}".encode())
        features = training.features
        for each in (features.audio, features.video, training.sample_text, features.label, training.classes.text):
            of_run.update(each.tobytes())
        return cls(path, of_run.hexdigest())

    def read(self) -> dict[str, Any] | None:
        """What was last written, None where nothing was; raises Conflict for the checkpoint of another run."""
        if not self.path.exists():
            return None
        stored: dict[str, Any] = torch.load(self.path, weights_only=True)
        if stored["run"] != self.run:
            raise Conflict(f"{self.path} is the checkpoint of another recipe or other data; remove it or name another")
        return stored

    def write(self, state: dict[str, Any]) -> None:
        """Replace what was written before, all at once."""
        fresh = self.path.with_name(f".{self.path.name}.fresh")
        with fresh.open("wb") as file:
            torch.save(state | {"run": self.run}, file)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self.path)

    @staticmethod
    def text(history: Sequence[Progress]) -> str:
        """Epochs as JSON: a file of tensors and text can be read without running what is in it."""
        return HISTORY.dump_json(list(history)).decode()

    @staticmethod
    def history(text: str) -> list[Progress]:
        """The epochs of `text`."""
        return HISTORY.validate_json(text)
