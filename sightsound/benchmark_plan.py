"""What `sightsound benchmark` is asked to do, checked before hours are spent on it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import cast

from models.errors import QueryInvalid
from models.methods import spec
from sightsound import outputs
from training.comparison.ablations import ABLATIONS, Ablation
from training.comparison.benchmarks import BENCHMARKS, Benchmark, Choices
from training.datasets.gzsl_layout import ClassSplit
from training.datasets.word_vectors import W2VOrder
from training.device import device as found_device
from training.protocol import Protocol, protocol
from training.recipe import SEEDS, Recipe, find, names

FEATURES = Path("sightsound-features")
OVER_TIME = ("tcaf",)
"""The recipes that are compared on features over time by default."""


@dataclass(frozen=True, slots=True)
class Outputs:
    """Where rows, tables and pictures are written, and states from which a stopped comparison goes on."""

    json: Path | None = None
    markdown: Path | None = None
    plots: Path | None = None
    checkpoints: Path | None = None

    def check(self) -> None:
        """Raise SettingsInvalid for a place that cannot be written, QueryInvalid for one that is named twice."""
        named = [path for path in (self.json, self.markdown, self.plots, self.checkpoints) if path is not None]
        if len({path.absolute() for path in named}) < len(named):
            raise QueryInvalid("two outputs have the same name")
        for option, file in (("--json", self.json), ("--markdown", self.markdown)):
            if file is not None:
                outputs.check_file(file, option=option)
        for option, folder in (("--plots", self.plots), ("--checkpoints", self.checkpoints)):
            if folder is not None:
                outputs.check_folder(folder, option=option)


@dataclass(frozen=True, slots=True)
class Plan:
    """What to compare: the data set, recipes by the names that tables show, and seeds.

    `ablated` says what was changed of the first recipe, by the names of the others; `epochs` and `steps_per_epoch`
    what all recipes take in place of their own, None where each keeps its own.
    """

    name: str
    features: Path
    contestants: Mapping[str, Recipe]
    seeds: tuple[int, ...]
    protocol: Protocol
    choices: Choices
    outputs: Outputs
    device: str
    ablated: Mapping[str, Ablation]
    epochs: int | None
    steps_per_epoch: int | None

    @property
    def benchmark(self) -> Benchmark:
        """The benchmark of that name."""
        return BENCHMARKS[self.name]

    @property
    def choices_read(self) -> dict[str, str | int | None]:
        """What of the data set is read, by name."""
        found = self.choices
        return {"class_split": found.class_split, "w2v_order": found.w2v_order, "steps": found.steps}

    @property
    def trials(self) -> int:
        """How many there are."""
        return len(self.contestants) * len(self.seeds)


def plan(
    name: str,
    *,
    features: Path | None,
    recipes: Sequence[str],
    seeds: Sequence[str],
    rules: str | None,
    class_split: str,
    w2v_order: str,
    steps: int | None,
    ablate: str | None,
    epochs: int | None,
    steps_per_epoch: int | None,
    device: str,
    outputs: Outputs,
) -> Plan:
    """What a command line asks for; `rules` are a protocol's name.

    Raises:
        QueryInvalid: something that is not there, naming what is.
        DataMissing, RecipeInvalid: a recipe that is not there, or cannot be trained as asked.
        SettingsInvalid: an output that cannot be written.
    """
    benchmark = BENCHMARKS[_one_of("benchmark", name, BENCHMARKS)]
    choices = _choices(name, class_split=class_split, w2v_order=w2v_order, steps=steps)
    ablated = {} if ablate is None else _ablations(ablate, recipes)
    contestants = _methods(recipes, name, choices) if ablate is None else _changed(ablate, ablated, name, choices)
    found_device(device)
    outputs.check()
    return Plan(
        name=name,
        features=features or FEATURES / name,
        contestants={
            each: recipe.shortened(epochs=epochs, steps_per_epoch=steps_per_epoch)
            for each, recipe in contestants.items()
        },
        seeds=_seeds(seeds) or benchmark.seeds,
        protocol=protocol(rules or benchmark.protocol),
        choices=choices,
        outputs=outputs,
        device=device,
        ablated=ablated,
        epochs=epochs,
        steps_per_epoch=steps_per_epoch,
    )


def _choices(name: str, *, class_split: str, w2v_order: str, steps: int | None) -> Choices:
    benchmark = BENCHMARKS[name]
    _one_of(f"split of {name}", class_split, benchmark.class_splits)
    _one_of(f"order of word vectors of {name}", w2v_order, benchmark.w2v_orders)
    if steps is not None and not benchmark.over_time:
        those = [other for other, each in BENCHMARKS.items() if each.over_time]
        raise QueryInvalid(f"{name} has no features over time; --steps goes with {', '.join(those)}")
    return Choices(cast(ClassSplit, class_split), cast(W2VOrder, w2v_order), steps)


def _ablations(recipe: str, others: Sequence[str]) -> Mapping[str, Ablation]:
    if others:
        raise QueryInvalid("--ablate compares a recipe with changes of its own; leave out --methods")
    return ABLATIONS[_one_of("recipe with ablations", recipe, ABLATIONS)]


def _changed(recipe: str, ablated: Mapping[str, Ablation], name: str, choices: Choices) -> dict[str, Recipe]:
    """A recipe, and each of its ablations."""
    whole = _recipe(recipe, name, choices)
    return {recipe: whole} | {changed: each.of(whole) for changed, each in ablated.items()}


def _methods(recipes: Sequence[str], name: str, choices: Choices) -> dict[str, Recipe]:
    """The recipes that are asked for, by default the benchmark's."""
    found: dict[str, Recipe] = {}
    for each in recipes or (BENCHMARKS[name].recipes if choices.steps is None else OVER_TIME):
        shown = Path(each).stem
        if shown in found:
            raise QueryInvalid(f"the recipe {shown!r} is given twice")
        found[shown] = _recipe(each, name, choices)
    return found


def _recipe(text: str, name: str, choices: Choices) -> Recipe:
    """The recipe of a name or file for this data set; that of its features, where there is one."""
    of_features = f"{text}-{choices.class_split}"
    recipe = find(of_features if of_features in names() else text, on=BENCHMARKS[name].recipes_on or name)
    return recipe if choices.steps is None else _over_time(recipe, text, choices.steps)


def _over_time(recipe: Recipe, text: str, steps: int) -> Recipe:
    """The recipe for features of so many steps, of which it is shown no more than there are."""
    known = {each.name for each in fields(spec(recipe.method).options)}
    if not {"audio_steps", "video_steps"} <= known:
        raise QueryInvalid(f"{text} does not read features over time; --steps goes with {', '.join(OVER_TIME)}")
    options = recipe.options | {"audio_steps": steps, "video_steps": steps}
    shown = {key: min(options[key], steps) for key in ("shown_audio_steps", "shown_video_steps") if options.get(key)}
    return recipe.changed({"options": options | shown})


def _seeds(texts: Sequence[str]) -> tuple[int, ...]:
    for each in texts:
        if not each.isdecimal() or int(each) >= SEEDS:
            raise QueryInvalid(f"seeds must be numbers below 2^63, found {each!r}")
    if len(set(map(int, texts))) < len(texts):
        raise QueryInvalid(f"a seed is given twice: {', '.join(texts)}")
    return tuple(map(int, texts))


def _one_of(what: str, found: str, there_are: Iterable[str]) -> str:
    if found not in (known := list(there_are)):
        raise QueryInvalid(f"there is no {what} {found!r}; there are {', '.join(known)}")
    return found
