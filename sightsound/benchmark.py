"""Methods compared on a data set: trained, tested, put beside what their papers print, and drawn."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import cast, get_args

from pydantic import TypeAdapter
from rich.console import Console
from rich.markdown import Markdown

from models.errors import QueryInvalid, SightsoundError
from sightsound import demo_features
from sightsound.demo_making import cores
from sightsound.progress import Step, Steps
from training.comparison import tables
from training.comparison.ablations import ABLATIONS
from training.comparison.benchmarks import BENCHMARKS, Benchmark, Choices
from training.comparison.pictures import draw
from training.comparison.published import CLASSIFICATION, NOT_COMPARABLE, RETRIEVAL
from training.comparison.row import Row, row
from training.comparison.trial import Trial, attempt
from training.datasets.gzsl_layout import ClassSplit
from training.datasets.word_vectors import W2VOrder
from training.progress import Progress
from training.protocol import protocol
from training.recipe import Recipe, named, names
from training.splits import Dataset

ROWS = TypeAdapter(list[Row])
FEATURES = Path("sightsound-features")
TEMPORAL = ("tcaf",)
"""The recipes that read features over time."""

DEMO_SEED = 0
"""Of the world that is rendered; the seeds of a comparison are those of training on it."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to compare: the data set, recipes, seeds, and how long; None is as the recipe says."""

    name: str
    features: Path
    recipes: tuple[str, ...]
    seeds: tuple[int, ...]
    choices: Choices
    ablate: str | None = None
    epochs: int | None = None
    steps_per_epoch: int | None = None
    json: Path | None = None
    markdown: Path | None = None
    plots: Path | None = None
    device: str = "cpu"

    @property
    def benchmark(self) -> Benchmark:
        """The benchmark of that name."""
        return BENCHMARKS[self.name]

    def contestants(self) -> dict[str, Recipe]:
        """The recipes to train, by the names that tables show."""
        if self.ablate is None:
            return {name: self._shortened(self._recipe(name)) for name in self.recipes}
        whole = self._recipe(self.ablate)
        changed = {name: each.of(whole) for name, each in ABLATIONS[self.ablate].items()}
        return {name: self._shortened(each) for name, each in ({self.ablate: whole} | changed).items()}

    def _recipe(self, name: str) -> Recipe:
        """The recipe of that name for this data set; that of its features, where there is one."""
        of_features = f"{name}-{self.choices.class_split}"
        recipe = named(of_features if of_features in names() else name, on=self.benchmark.recipes_on or self.name)
        if self.choices.steps is None:
            return recipe
        over_time = {"audio_steps": self.choices.steps, "video_steps": self.choices.steps}
        return Recipe.model_validate(recipe.model_dump() | {"options": recipe.options | over_time})

    def _shortened(self, recipe: Recipe) -> Recipe:
        asked = {"epochs": self.epochs, "steps_per_epoch": self.steps_per_epoch}
        return recipe.model_copy(update={key: value for key, value in asked.items() if value is not None})


def plan(
    name: str,
    *,
    features: Path | None,
    recipes: Sequence[str],
    seeds: Sequence[str],
    class_split: str,
    w2v_order: str,
    steps: int | None,
    ablate: str | None,
    epochs: int | None,
    steps_per_epoch: int | None,
    json: Path | None,
    markdown: Path | None,
    plots: Path | None,
    device: str,
) -> Plan:
    """What a command line asks for; raises QueryInvalid naming what is not there and what is."""
    benchmark = BENCHMARKS[_one_of("benchmark", name, BENCHMARKS)]
    for each in recipes:
        _one_of("recipe", each, names())
    if ablate is not None:
        _one_of("recipe with ablations", ablate, ABLATIONS)
    _one_of(f"split of {name}", class_split, benchmark.class_splits)
    _one_of("order of word vectors", w2v_order, get_args(W2VOrder))
    if odd := [each for each in seeds if not each.isdecimal()]:
        raise QueryInvalid(f"seeds must be numbers, found {odd[0]!r}")
    return Plan(
        name=name,
        features=features or FEATURES / name,
        recipes=tuple(recipes) or (benchmark.recipes if steps is None else TEMPORAL),
        seeds=tuple(map(int, seeds)) or benchmark.seeds,
        choices=Choices(cast(ClassSplit, class_split), cast(W2VOrder, w2v_order), steps),
        ablate=ablate,
        epochs=epochs,
        steps_per_epoch=steps_per_epoch,
        json=json,
        markdown=markdown,
        plots=plots,
        device=device,
    )


def _one_of(what: str, found: str, there_are: Iterable[str]) -> str:
    if found not in (known := list(there_are)):
        raise QueryInvalid(f"there is no {what} {found!r}; there are {', '.join(known)}")
    return found


def run(plan: Plan, console: Console) -> list[Row]:
    """Train and test every contestant with every seed; rows are written as they come."""
    rows: list[Row] = []
    failures: dict[str, str] = {}
    last: dict[str, Trial] = {}
    with Steps(console) as steps:
        if plan.name == "demo":
            demo_features.prepare(plan.features, seed=DEMO_SEED, steps=steps)
        for seed, dataset in _datasets(plan):
            for name, recipe in plan.contestants().items():
                try:
                    last[name] = _train(name, recipe, dataset, seed=seed, plan=plan, steps=steps)
                except SightsoundError as error:
                    failures[f"{name}, seed {seed}"] = str(error)
                    continue
                rows.append(
                    row(
                        last[name],
                        dataset=plan.name,
                        method=name,
                        classes=dataset.test.classes.names,
                        choices=_choices(plan),
                    )
                )
                _write(plan, rows)
    report = _report(plan, rows, failures)
    console.print(Markdown(report) if console.is_terminal else report, highlight=False, soft_wrap=True)
    if plan.markdown is not None:
        plan.markdown.write_text(report)
    if plan.plots is not None and last:
        draw(plan.plots, last, dataset, rows)
    return rows


def _datasets(plan: Plan) -> Iterator[tuple[int, Dataset]]:
    """Every seed with its data; read once where seeds do not split them."""
    dataset = None
    for seed in plan.seeds:
        if dataset is None or plan.benchmark.splits_by_seed:
            dataset = plan.benchmark.read(plan.features, replace(plan.choices, seed=seed))
        yield seed, dataset


def _train(name: str, recipe: Recipe, dataset: Dataset, *, seed: int, plan: Plan, steps: Steps) -> Trial:
    stages = 1 if dataset.retraining is None else 2
    with steps.step(f"{name}, seed {seed}", stages * recipe.epochs) as step:
        return attempt(
            dataset,
            recipe.model_copy(update={"seed": seed}),
            protocol=protocol(plan.benchmark.protocol),
            report=partial(_epoch, step),
            device=plan.device,
            threads=cores(),
        )


def _epoch(step: Step, at: Progress) -> None:
    step.advance(f"{at.phase} {at.epoch}/{at.epochs}, validation {at.merit:.1%}")


def _choices(plan: Plan) -> dict[str, str | int | None]:
    return {"class_split": plan.choices.class_split, "w2v_order": plan.choices.w2v_order, "steps": plan.choices.steps}


def _write(plan: Plan, rows: Sequence[Row]) -> None:
    if plan.json is not None:
        fresh = plan.json.with_name(f".{plan.json.name}.fresh")
        fresh.write_bytes(ROWS.dump_json(list(rows), indent=1))
        fresh.replace(plan.json)


def _report(plan: Plan, rows: Sequence[Row], failures: dict[str, str]) -> str:
    printed = plan.name if plan.choices.class_split == "main" else f"{plan.name} {plan.choices.class_split}"
    by_ablation = {} if plan.ablate is None else ABLATIONS[plan.ablate]
    theirs = CLASSIFICATION.get(printed, {}) | {
        name: each.printed[printed] for name, each in by_ablation.items() if printed in each.printed
    }
    their_maps = RETRIEVAL.get(printed, {}) | {
        name: each.printed_map[printed] for name, each in by_ablation.items() if printed in each.printed_map
    }
    parts = [
        ("Classification, %", tables.classification(rows, theirs)),
        ("Retrieval, mAP %", tables.retrieval(rows, their_maps)),
        *tables.significances(rows),
        ("Not comparable", NOT_COMPARABLE.get(plan.name, "")),
        ("Could not be trained", "\n".join(f"- {name}: {why}" for name, why in failures.items())),
    ]
    rules = protocol(plan.benchmark.protocol)
    described = ", ".join(f"{key} {value}" for key, value in rules.model_dump(exclude={"name"}).items())
    seeds = ", ".join(map(str, plan.seeds))
    heading = f"# {plan.name}\n\nProtocol {rules.name}: {described}. Seeds {seeds}.{_read(plan)}\n\n"
    return heading + tables.sections(parts)


def _read(plan: Plan) -> str:
    """What of the data set was read, where there is a choice: figures of other word vectors are not comparable."""
    if len(plan.benchmark.class_splits) == 1:
        return ""
    steps = "" if plan.choices.steps is None else f", {plan.choices.steps} steps"
    return f" Split {plan.choices.class_split}, word vectors {plan.choices.w2v_order}{steps}."
