"""The pictures of a comparison, with what clips show where their files are at hand."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from models.cores import cores
from models.media.cage import Cage
from models.media.limits import Limits
from models.media.media import FrameSpec, Media, SoundSpec
from models.types import U8
from sightsound.progress import Steps
from training.comparison.grids import Shown, retrieval_grid
from training.comparison.hits import Found, best_hits, shown_routes
from training.comparison.pictures import draw_comparison, draw_trial, file_name
from training.comparison.row import Row
from training.comparison.trial import Trial
from training.splits import ClassTable, Dataset

SOUND = SoundSpec(rate=8000)
PICTURES = FrameSpec(rate=4.0, size=112, shorter_side=112)
BY = {"text": "its words", "audio": "its sound"}
"""What of a query is looked for, as a grid says it."""


@dataclass
class Stills:
    """The middle picture of clips, each decoded once; None where it cannot be."""

    paths: Sequence[Path]
    _known: dict[int, U8 | None] = field(default_factory=dict)

    def of(self, rows: Iterable[int]) -> dict[int, U8 | None]:
        """By the rows of clips; none where the files are not at hand."""
        if not self.paths:
            return dict.fromkeys(rows)
        wanted = set(rows)
        if new := sorted(wanted - self._known.keys()):
            with Cage(Limits(), workers=cores()) as cage:
                found = cage.decode_all([self.paths[row] for row in new], sound=SOUND, pictures=PICTURES)
                self._known.update(zip(new, map(_middle, found), strict=True))
        return {row: self._known[row] for row in wanted}


def draw_all(
    folder: Path,
    trials: Mapping[str, Trial],
    dataset: Dataset,
    rows: Sequence[Row],
    *,
    clips: Sequence[Path],
    steps: Steps,
) -> None:
    """Everything that there is to see of some trials; `clips` are the files of the test clips, none if not at hand."""
    stills = Stills(clips)
    with steps.step("Drawing", len(trials) + 1) as step:
        for name, trial in trials.items():
            draw_trial(folder, name, trial, dataset)
            _draw_hits(folder, name, trial, dataset, stills)
            step.advance(name)
        draw_comparison(folder, rows, dataset)


def _draw_hits(folder: Path, name: str, trial: Trial, dataset: Dataset, stills: Stills) -> None:
    """A grid a route: what words find, and what sounds find."""
    method, rules = trial.tested.method, trial.tested.protocol
    for route in shown_routes(method):
        found = best_hits(method, dataset.test, route, leave_one_out=rules.leave_one_out)
        queries, hits = _shown(found, dataset, stills)
        retrieval_grid(
            folder / f"{file_name(name)}-hits-{file_name(route)}.png",
            queries=queries,
            hits=hits,
            by=BY[route.split("->")[0]],
            title=f"{name} on {dataset.name}, seed {trial.chosen.recipe.seed}: {route}",
        )


def _shown(found: Found, dataset: Dataset, stills: Stills) -> tuple[list[Shown], list[list[Shown]]]:
    """Queries and hits as a grid shows them."""
    of_clips, classes = dataset.test.features.label, dataset.test.classes
    pictures = stills.of({int(row) for row in (*found.clips, *found.hits.ravel()) if row >= 0})
    queries = [
        _one(classes, int(label), pictures.get(int(row))) for label, row in zip(found.labels, found.clips, strict=True)
    ]
    hits = [[_one(classes, int(of_clips[row]), pictures[int(row)]) for row in line] for line in found.hits]
    return queries, hits


def _one(classes: ClassTable, label: int, picture: U8 | None) -> Shown:
    return Shown(classes.names[label], bool(classes.seen[label]), picture)


def _middle(media: object) -> U8 | None:
    if not isinstance(media, Media) or media.frames is None:
        return None
    middle: U8 = media.frames[len(media.frames) // 2]
    return middle
