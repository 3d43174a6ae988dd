"""The pictures of trials and of a whole comparison, written into a folder."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from models.bundle.manifest import Channel
from models.calibration import beta_grid, curve
from models.evaluation.evaluating import CHANNELS
from models.types import Metric
from training.comparison import plots
from training.comparison.maps import embedding_map
from training.comparison.row import Row
from training.comparison.significance import compare
from training.comparison.tables import values_by_class
from training.comparison.trial import Trial
from training.splits import Dataset
from training.validation import embed, scorer

BARS = 4
"""Methods whose accuracies are drawn class by class."""


def draw_trial(folder: Path, name: str, trial: Trial, dataset: Dataset) -> None:
    """The calibration curve of a trial's widest channel, and the map of its embeddings, as far as it has them."""
    title = f"{name} on {dataset.name}, seed {trial.chosen.recipe.seed}"
    if (channel := widest(trial)) is not None:
        _curve(folder / f"{file_name(name)}-calibration.png", trial, dataset, channel=channel, title=title)
    _map(folder / f"{file_name(name)}-map.png", trial, dataset, title=title)


def draw_comparison(folder: Path, rows: Sequence[Row], dataset: Dataset) -> None:
    """Accuracies by class, and of every figure who differs from whom; file names say of what."""
    by_figure = values_by_class(rows)
    for figure, values in by_figure.items():
        if (compared := compare(values)) is not None:
            place = folder / f"significance-{file_name(figure)}.png"
            plots.critical_differences(place, compared, title=f"{dataset.name}: mean rank by {figure}")
    _bars(folder / "accuracy-by-class.png", by_figure.get("accuracy", {}), dataset)


def widest(trial: Trial) -> Channel | None:
    """The channel with the most modalities that the trial's method can classify by."""
    return next((each for each in reversed(CHANNELS) if each in trial.betas), None)


def file_name(name: str) -> str:
    """A name of anything as part of a file's name."""
    return "".join(letter if letter.isalnum() else "-" for letter in name)


def _curve(path: Path, trial: Trial, dataset: Dataset, *, channel: Channel, title: str) -> None:
    """S, U and HM on the test clips over the betas that change them."""
    scored = scorer(trial.tested.method, dataset.test).scores(f"{channel}->text")
    seen = dataset.test.classes.seen
    if seen.all() or not seen.any():
        return
    betas = np.union1d(beta_grid(scored, seen, intervals=60), [0.0])
    found = curve(scored, dataset.test.features.label, seen, betas)
    plots.calibration_curve(
        path,
        betas=betas,
        seen=np.array([each.seen_accuracy for each in found]),
        unseen=np.array([each.unseen_accuracy for each in found]),
        harmonic=np.array([each.harmonic_mean for each in found]),
        chosen=(trial.betas[channel], trial.evaluation.classification[channel].stacked.harmonic),
        title=f"{title}: stacking calibrated, by {channel}",
    )


def _map(path: Path, trial: Trial, dataset: Dataset, *, title: str) -> None:
    """The test clips' embeddings in the plane, with the classes' texts where they share the space."""
    shared = _shared_space(trial)
    if not shared:
        return
    heads, method, test = trial.tested.method.heads(), trial.tested.method, dataset.test
    embedded = {name: embed(heads[head], test, method.device) for name, head in shared.items()}
    own_text = test.features.text is not None
    texts = None if own_text else embedded.pop("text", None)
    embedding_map(
        path,
        clips=embedded,
        texts=texts,
        labels=test.features.label,
        names=test.classes.names,
        seen=test.classes.seen,
        seed=0,
        title=f"{title}: test clips in the plane (t-SNE)",
    )


def _shared_space(trial: Trial) -> dict[str, str]:
    """Heads whose embeddings are compared by distance or cosine: of a route to text, or between two modalities."""
    routes = trial.tested.method.routes()
    for chosen in (
        ("audio->text", "video->text"),
        ("av->text",),
        ("video->text",),
        ("audio->text",),
        ("audio->video",),
    ):
        if all(name in routes and routes[name].metric is not Metric.INNER for name in chosen):
            ends = {name.split("->")[0]: routes[name].query for name in chosen}
            return ends | {chosen[0].split("->")[1]: routes[chosen[0]].gallery}
    return {}


def _bars(path: Path, values: Mapping[str, Sequence[float]], dataset: Dataset) -> None:
    """The accuracy by class of the best methods, the rest of a long comparison left out."""
    best = sorted(values, key=lambda name: -float(np.nanmean(values[name])))[:BARS]
    if best:
        classes = dataset.test.classes
        plots.class_bars(
            path,
            values={name: values[name] for name in best},
            names=classes.names,
            seen=classes.seen,
            title=f"{dataset.name}: accuracy by class, mean of all seeds; dashed: mean of seen (S), of unseen (U)",
        )
