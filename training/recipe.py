"""A recipe: all that a training run depends on but its data."""

import tomllib
from pathlib import Path
from typing import Any

from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt, ValidationError

from models.bundle.manifest import Frozen
from models.errors import RecipeInvalid
from models.methods import checked_options, spec

FOLDER = Path(__file__).parent / "recipes"


class Optimiser(Frozen):
    """Adam's learning rate at the start, and its weight decay."""

    learning_rate: PositiveFloat = 1e-3
    weight_decay: NonNegativeFloat = 0.0


class Plateau(Frozen):
    """The learning rate is multiplied by `factor` after more than `patience` epochs without a better validation."""

    factor: float = Field(default=0.1, gt=0, lt=1)
    patience: int = Field(default=3, ge=0)


class Recipe(Frozen):
    """Which method, with which options, how long and how fast; `weights` gives every term exactly one weight."""

    method: str
    seed: int = Field(default=0, ge=0)
    batch: int = Field(default=256, gt=1, description="samples a step; 1 has no batch statistics")
    steps_per_epoch: PositiveInt = 500
    epochs: PositiveInt = 50
    options: dict[str, Any] = Field(default_factory=dict)
    optimiser: Optimiser = Optimiser()
    plateau: Plateau = Plateau()
    weights: dict[str, NonNegativeFloat]

    def model_post_init(self, _: object) -> None:
        """Refuse an unknown method, options it does not have, and weights that are not those of its terms."""
        method = spec(self.method)
        checked_options(method, self.options)
        if odd := set(method.terms) ^ self.weights.keys():
            raise RecipeInvalid(f"weights and the terms of {self.method} disagree on {', '.join(sorted(odd))}")


def read(path: Path) -> Recipe:
    """The recipe in a TOML file.

    Raises:
        RecipeInvalid: no such file, not TOML, or a key that is missing, unknown or of a wrong kind, named.
    """
    try:
        return parse(tomllib.loads(path.read_text()))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise RecipeInvalid(f"{path.name} cannot be read: {error}") from error


def parse(keys: dict[str, Any]) -> Recipe:
    """The recipe of a TOML table; raises RecipeInvalid naming the key that does not fit."""
    try:
        return Recipe.model_validate(keys)
    except ValidationError as error:
        first = error.errors()[0]
        raise RecipeInvalid(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from error


def named(name: str) -> Recipe:
    """A recipe that comes with Sightsound, such as `demo-cjme`; raises RecipeInvalid naming those there are."""
    path = FOLDER / f"{name}.toml"
    if path.parent != FOLDER or not path.is_file():
        known = ", ".join(sorted(each.stem for each in FOLDER.glob("*.toml")))
        raise RecipeInvalid(f"there is no recipe {name!r}; there are {known}")
    return read(path)
