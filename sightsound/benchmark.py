"""Methods compared on a data set: trained, tested, put beside what their papers print, and drawn."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from pydantic import TypeAdapter
from rich.console import Console

from models.cores import cores
from models.errors import SightsoundError
from sightsound import demo_features, outputs
from sightsound.benchmark_pictures import draw_all
from sightsound.benchmark_plan import Outputs, Plan
from sightsound.benchmark_report import report
from sightsound.progress import Step, Steps
from training import parallel
from training.comparison.pictures import file_name
from training.comparison.row import Row, row
from training.comparison.trial import Setting, Trial
from training.datasets import kept_features
from training.fit import check
from training.progress import Progress
from training.recipe import Recipe
from training.splits import Dataset
from training.writing import write_whole

ROWS = TypeAdapter(list[Row])

DEMO_SEED = 0
"""Of the world that is rendered; the seeds of a comparison are those of training on it."""


@dataclass
class Comparison:
    """What came out so far: rows, why other trials failed, and the trials of the seed that is at work."""

    plan: Plan
    rows: list[Row] = field(default_factory=list)
    failures: dict[str, str] = field(default_factory=dict)
    trials: dict[str, Trial] = field(default_factory=dict)
    dataset: Dataset | None = None

    @property
    def report(self) -> str:
        """The tables of what there is."""
        return report(self.plan, self.rows, self.failures)

    def begin(self, dataset: Dataset) -> None:
        """Go on with another seed's data."""
        self.trials.clear()
        self.dataset = dataset

    def add(self, name: str, trial: Trial, dataset: Dataset) -> None:
        """Take a trial in, and write rows and tables anew, so that a stop at any time leaves those there are."""
        self.trials[name] = trial
        self.rows.append(
            row(
                trial,
                dataset=self.plan.name,
                method=name,
                classes=dataset.test.classes.names,
                choices=self.plan.choices_read,
            )
        )
        self.write()

    def write(self) -> None:
        """Rows and tables, where somebody wants them; of several processes the first writes."""
        places = self.plan.outputs if parallel.rank() == 0 else Outputs()
        if places.json is not None:
            write_whole(places.json, lambda file: file.write(ROWS.dump_json(self.rows, indent=1)))
        if places.markdown is not None:
            write_whole(places.markdown, lambda file: file.write(self.report.encode()))


def run(plan: Plan, console: Console) -> bool:
    """Train and test every contestant with every seed, and show the tables; whether all could be trained.

    Rows and tables are written as they come. Where this is stopped, the tables of what there is are shown. Processes
    that torchrun started share every batch; the first reports and writes.
    """
    with parallel.joined(plan.device):
        return _run(plan, outputs.of_first(console))


def _run(plan: Plan, console: Console) -> bool:
    found = Comparison(plan)
    try:
        with Steps(console) as steps:
            _compare(found, steps)
    finally:
        if found.rows or found.failures:
            console.print(found.report, highlight=False, markup=False, soft_wrap=True)
    found.write()
    if parallel.rank() == 0 and plan.outputs.plots is not None and found.trials and found.dataset is not None:
        with Steps(console) as steps:
            draw_all(plan.outputs.plots, found.trials, found.dataset, found.rows, clips=_test_clips(plan), steps=steps)
    return not found.failures


def _compare(found: Comparison, steps: Steps) -> None:
    plan = found.plan
    if plan.name == "demo":
        parallel.of_first(lambda: demo_features.prepare(plan.features, seed=DEMO_SEED, steps=steps))
    refused: set[str] = set()
    for number, (seed, dataset) in enumerate(_datasets(plan)):
        if number == 0:
            refused = _refused(found, dataset, steps)
        found.begin(dataset)
        for name, recipe in plan.contestants.items():
            if name in refused:
                continue
            try:
                found.add(name, _tried(name, recipe.changed({"seed": seed}), dataset, plan=plan, steps=steps), dataset)
            except SightsoundError as error:
                if parallel.processes() > 1:  # which may not all have met it, and would wait for one another
                    raise
                _fail(found, f"{name}, seed {seed}", error, steps)


def _refused(found: Comparison, dataset: Dataset, steps: Steps) -> set[str]:
    """The contestants that cannot learn from these data at all, which is known before anything is trained."""
    refused = set()
    for name, recipe in found.plan.contestants.items():
        try:
            check(recipe, dataset.training)
        except SightsoundError as error:
            refused.add(name)
            _fail(found, name, error, steps)
    return refused


def _fail(found: Comparison, what: str, error: SightsoundError, steps: Steps) -> None:
    found.failures[what] = str(error)
    steps.say(f"{what} could not be trained: {error}")


def _datasets(plan: Plan) -> Iterator[tuple[int, Dataset]]:
    """Every seed with its data; read once where seeds do not split them."""
    dataset = None
    for seed in plan.seeds:
        if dataset is None or plan.benchmark.splits_by_seed:
            dataset = plan.benchmark.read(plan.features, replace(plan.choices, seed=seed))
        yield seed, dataset


def _test_clips(plan: Plan) -> list[Path]:
    """The files of the test clips, in the order of their features, where there are such."""
    return [clip.path for clip in kept_features.clips(plan.features, "test")] if plan.name == "demo" else []


def _tried(name: str, recipe: Recipe, dataset: Dataset, *, plan: Plan, steps: Steps) -> Trial:
    setting = Setting(dataset, plan.protocol, plan.device, cores())
    trial = f"{name}, seed {recipe.seed}"
    with steps.step(trial) as step:
        chosen = setting.choose(recipe, partial(_chosen, step), checkpoint=_checkpoint(plan, trial))
    if dataset.retraining is None:
        return setting.test(chosen, chosen)
    with steps.step(f"{trial}, again") as step:
        again = setting.train_again(chosen, partial(_again, step), checkpoint=_checkpoint(plan, f"{trial}, again"))
    return setting.test(chosen, again)


def _checkpoint(plan: Plan, stage: str) -> Path | None:
    folder = plan.outputs.checkpoints
    if folder is None:
        return None
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{file_name(stage)}.pt"


def _chosen(step: Step, at: Progress) -> None:
    step.advance(f"{at.phase} {at.epoch}/{at.epochs}, validation {at.merit:.1%}", left=at.left)


def _again(step: Step, at: Progress) -> None:
    """Validation clips are trained on as well by now, and say nothing."""
    step.advance(f"{at.phase} {at.epoch}/{at.epochs}, loss {at.loss:.3g}", left=at.left)
