"""The main job end to end, and what it showed: made once, kept, and shown again."""

import resource
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError
from rich.console import Console

from models.errors import Conflict
from sightsound import figures
from sightsound.figures import Figure
from sightsound.progress import Steps
from training.datasets.demo_world.world import Listing, listings

REPORT = "report.json"


class Report(BaseModel):
    """What a finished demo showed, kept in its data folder."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    seed: int
    bundle: str
    figures: list[Figure]
    seconds: dict[str, float]

    @property
    def holds(self) -> bool:
        """Whether every figure keeps its bound."""
        return all(figure.holds for figure in self.figures)


def prepare(data: Path, *, seed: int, console: Console, clips: Sequence[Listing] | None = None) -> Report:
    """The demo's data folder, made if it is not there, and its report, printed.

    Args:
        clips: what to render, all of the world by default.

    Raises:
        Conflict: the folder holds something else, or a demo of another seed.
    """
    if data.exists() and any(data.iterdir()):
        report = _read(data, seed)
        console.print(f"The demo in {data} is ready since an earlier run.")
    else:
        with drafted(data) as draft:
            report = _make(draft, listings() if clips is None else clips, seed=seed, console=console)
    console.print(figures.table(f"What the demo shows, by the bundle {report.bundle}", report.figures))
    return report


@contextmanager
def drafted(data: Path) -> Iterator[Path]:
    """A folder beside `data` that takes its name at the end, or is deleted where making the demo fails."""
    draft = data.with_name(data.name + ".partial")
    shutil.rmtree(draft, ignore_errors=True)  # of a run that was killed
    draft.mkdir(parents=True)
    try:
        yield draft
        draft.rename(data)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _read(data: Path, seed: int) -> Report:
    path = data / REPORT
    if not path.is_file():
        raise Conflict(f"{data} exists and holds no finished demo; expected a folder to be made, or one with {REPORT}")
    try:
        report = Report.model_validate_json(path.read_bytes())
    except ValidationError as error:
        raise Conflict(
            f"{path} is not the report of a demo that this version made; delete the folder or choose another --data"
        ) from error
    if report.seed != seed:
        raise Conflict(f"{data} holds the demo of seed {report.seed}, not {seed}; choose another --data folder")
    return report


def _make(data: Path, clips: Sequence[Listing], *, seed: int, console: Console) -> Report:
    # Here, as it takes seconds and a finished demo does without: torch, training.
    from models.cores import cores
    from sightsound.demo_making import make

    started = time.monotonic()
    with Steps(console) as steps:
        bundle, evaluations = make(data, clips, seed=seed, steps=steps)
    console.print(figures.comparison(evaluations))
    cost = figures.of_cost(seconds=time.monotonic() - started, peak_bytes=_peak_bytes(cores()))
    found = [*figures.of_evaluation(evaluations[bundle]), *cost]
    report = Report(seed=seed, bundle=bundle, figures=found, seconds=steps.seconds)
    (data / REPORT).write_text(report.model_dump_json(indent=2))
    return report


def _peak_bytes(workers: int) -> int:
    """The memory of this process at its largest, and as much for each worker as the largest child ever had."""
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    child = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return (own + workers * child) * 1024
