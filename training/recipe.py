"""A recipe: all that a training run depends on but its data."""

import tomllib
from collections.abc import Mapping
from itertools import product
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt, ValidationError

from models.bundle.manifest import Frozen
from models.errors import DataMissing, RecipeInvalid
from models.methods import checked_options, spec
from training.sampling import Sampling

FOLDER = Path(__file__).parent / "recipes"
SUFFIX = ".toml"
DATASETS = ("audiosetzsl", "vggsound-gzsl", "ucf-gzsl", "activitynet-gzsl", "wikipedia", "pascal", "demo")
"""Those that recipes have tables `[on.<dataset>]` for."""
SEEDS = 2**63
"""How many seeds torch tells apart."""


Precision = Literal["float32", "bfloat16"]
"""Of matrix products: weights and their updates, losses that need it and what is exported stay float32."""


class Optimiser(Frozen):
    """Adam or gradient descent (`sgd`), its learning rate at the start and its weight decay.

    `betas`, the decay rates of both moments, are Adam's; `momentum` is that of gradient descent.
    """

    kind: Literal["adam", "sgd"] = "adam"
    learning_rate: PositiveFloat = 1e-3
    weight_decay: NonNegativeFloat = 0.0
    betas: tuple[float, float] = (0.9, 0.999)
    momentum: float = Field(default=0.0, ge=0, lt=1)

    def model_post_init(self, _: object) -> None:
        """Refuse what only the other kind knows."""
        foreign = {"adam": "momentum", "sgd": "betas"}[self.kind]
        if getattr(self, foreign) != Optimiser.model_fields[foreign].default:
            raise RecipeInvalid(f"optimiser.{foreign}: {self.kind} has none")


class Plateau(Frozen):
    """The learning rate is multiplied by `factor` after more than `patience` epochs without a better validation."""

    factor: float = Field(default=0.1, gt=0, lt=1)
    patience: int = Field(default=3, ge=0)


class Milestones(Frozen):
    """The learning rate is multiplied by `factor` after each of the epochs `after`, which every phase counts from 1."""

    after: tuple[PositiveInt, ...] = ()
    factor: float = Field(default=0.1, gt=0, lt=1)


class Recipe(Frozen):
    """Which method, with which options, how long and how fast; `weights` gives every term exactly one weight.

    A method in closed form has no steps: of its recipe only `options` and `search` count.
    """

    method: str
    seed: int = Field(default=0, ge=0, lt=SEEDS)
    batch: int = Field(default=256, gt=1, description="samples a step; 1 has no batch statistics")
    steps_per_epoch: PositiveInt = 500
    epochs: PositiveInt = 50
    phase_epochs: dict[str, PositiveInt] = Field(
        default_factory=dict, description="epochs of phases that do not last `epochs`, by their names"
    )
    phase_steps: dict[str, PositiveInt] = Field(
        default_factory=dict, description="steps an epoch of phases that do not take `steps_per_epoch`, by their names"
    )
    stop_after: PositiveInt | None = Field(
        default=None, description="epochs without a better validation after which a phase ends early"
    )
    sampling: Sampling = Field(default="classes", description="what is drawn with the same probability")
    precision: Precision = Field(default="float32", description="of matrix products; bfloat16 is faster on GPUs")
    options: dict[str, Any] = Field(default_factory=dict)
    search: dict[str, list[Any]] = Field(
        default_factory=dict,
        description="options to choose by validation, for methods in closed form: all combinations",
    )
    optimiser: Optimiser = Optimiser()
    plateau: Plateau | None = Plateau()
    milestones: Milestones = Field(default=Milestones(), description="lower the rate beside the plateau")
    weights: dict[str, NonNegativeFloat] = Field(default_factory=dict)

    def candidates(self) -> list[dict[str, Any]]:
        """The options to choose from: all combinations of `search`, each over `options`."""
        names = list(self.search)
        return [self.options | dict(zip(names, each, strict=True)) for each in product(*self.search.values())]

    @property
    def learns_by_steps(self) -> bool:
        """Whether its method descends terms, or else is solved in closed form."""
        return bool(spec(self.method).terms)

    def changed(self, keys: Mapping[str, object]) -> "Recipe":
        """This recipe with other values for some keys, checked again; raises RecipeInvalid naming one that is odd."""
        return _checked({**self.model_dump(), **keys})

    def shortened(self, *, epochs: int | None, steps_per_epoch: int | None) -> "Recipe":
        """This recipe with so many epochs and steps an epoch; phases with fewer of their own keep them, None all."""
        return self.changed(
            {
                "epochs": epochs or self.epochs,
                "steps_per_epoch": steps_per_epoch or self.steps_per_epoch,
                "phase_epochs": _at_most(self.phase_epochs, epochs),
                "phase_steps": _at_most(self.phase_steps, steps_per_epoch),
            }
        )

    def model_post_init(self, _: object) -> None:
        """Refuse an unknown method, options it does not have, and weights that are not those of its terms."""
        method = spec(self.method)
        for options in self.candidates():
            checked_options(method, options)
        if self.learns_by_steps and self.search:
            raise RecipeInvalid(f"search: {self.method} learns by steps; only methods in closed form are searched")
        if missing := set(method.terms) - self.weights.keys():
            raise RecipeInvalid(f"weights: {self.method} has terms without one: {', '.join(sorted(missing))}")
        if odd := self.weights.keys() - set(method.terms):
            terms = ", ".join(method.terms) or "none"
            raise RecipeInvalid(f"weights: {self.method} has no term {', '.join(sorted(odd))}; it has {terms}")


def find(text: str, *, on: str | None = None) -> Recipe:
    """The recipe of a name, or in a TOML file; raises DataMissing where it is neither, else as `read`."""
    path = Path(text)
    if path.suffix == SUFFIX or path.is_file():
        return read(path, on=on)
    if text not in names():
        raise DataMissing(f"{text!r} is neither a recipe file nor one of those that ship: {', '.join(names())}")
    return named(text, on=on)


def read(path: Path, *, on: str | None = None) -> Recipe:
    """The recipe in a TOML file, with what its table `[on.<dataset>]` says otherwise for a data set.

    Raises:
        RecipeInvalid: no such file, not TOML, or a key that is missing, unknown or of a wrong kind, named.
    """
    try:
        keys = tomllib.loads(path.read_text())
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise RecipeInvalid(f"{path.name} cannot be read: {error}") from error
    try:
        return parse(keys, on=on)
    except RecipeInvalid as error:
        raise RecipeInvalid(f"{path.name}: {error}") from error


def parse(keys: dict[str, Any], *, on: str | None = None) -> Recipe:
    """The recipe of a TOML table; raises RecipeInvalid naming the key that does not fit."""
    common = {key: value for key, value in keys.items() if key != "on"}
    by_dataset = keys.get("on", {})
    if not isinstance(by_dataset, dict) or not all(isinstance(each, dict) for each in by_dataset.values()):
        raise RecipeInvalid("on: expected a table a data set, such as [on.demo]")
    if odd := sorted(by_dataset.keys() - set(DATASETS)):
        raise RecipeInvalid(f"on.{odd[0]}: there is no such data set; there are {', '.join(DATASETS)}")
    return _checked(_merged(common, by_dataset.get(on, {})))


def named(name: str, *, on: str | None = None) -> Recipe:
    """A recipe that comes with Sightsound, such as `cjme`; raises RecipeInvalid naming those there are."""
    path = FOLDER / f"{name}{SUFFIX}"
    if path.parent != FOLDER or not path.is_file():
        raise RecipeInvalid(f"there is no recipe {name!r}; there are {', '.join(names())}")
    return read(path, on=on)


def names() -> list[str]:
    """The recipes that come with Sightsound."""
    return sorted(each.stem for each in FOLDER.glob(f"*{SUFFIX}"))


def _checked(keys: dict[str, Any]) -> Recipe:
    try:
        return Recipe.model_validate(keys)
    except ValidationError as error:
        first = error.errors()[0]
        raise RecipeInvalid(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from error


def _at_most(own: dict[str, int], most: int | None) -> dict[str, int]:
    return own if most is None else {phase: min(count, most) for phase, count in own.items()}


def _merged(common: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """Tables key by key, what is in both from `other`."""
    return common | {
        key: _merged(common[key], value) if isinstance(value, dict) and isinstance(common.get(key), dict) else value
        for key, value in other.items()
    }
