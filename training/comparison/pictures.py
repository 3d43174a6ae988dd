"""The pictures of a comparison's last trials, written into a folder."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from models.bundle.manifest import Channel
from models.calibration import beta_grid
from models.evaluation.evaluating import CHANNELS
from models.evaluation.gzsl import accuracies
from models.types import Metric
from training.comparison import plots
from training.comparison.row import Row
from training.comparison.significance import compare
from training.comparison.tables import values_by_class
from training.comparison.trial import Trial
from training.splits import Dataset
from training.validation import embed, scorer

BARS = 4
"""Methods whose accuracies are drawn class by class."""


def draw(folder: Path, trials: Mapping[str, Trial], dataset: Dataset, rows: Sequence[Row]) -> None:
    """Calibration curves, maps, bars by class and critical differences; file names say of what."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, trial in trials.items():
        channel = widest(trial)
        if channel is not None:
            _curve(folder / f"{_file(name)}-calibration.png", trial, dataset, channel)
        _map(folder / f"{_file(name)}-map.png", trial, dataset)
    by_figure = values_by_class(rows)
    for figure, values in by_figure.items():
        if (compared := compare(values)) is not None:
            plots.critical_differences(folder / f"significance-{_file(figure)}.png", compared, of=figure)
    _bars(folder / "accuracy-by-class.png", by_figure.get("accuracy", {}), dataset)


def widest(trial: Trial) -> Channel | None:
    """The channel with the most modalities that the trial's method can classify by."""
    return next((each for each in reversed(CHANNELS) if each in trial.betas), None)


def _file(name: str) -> str:
    return "".join(letter if letter.isalnum() else "-" for letter in name)


def _curve(path: Path, trial: Trial, dataset: Dataset, channel: Channel) -> None:
    """S, U and HM on the test clips over the betas that change them."""
    scored = scorer(trial.tested.method, dataset.test).scores(f"{channel}->text")
    seen = dataset.test.classes.seen
    if seen.all() or not seen.any():
        return
    betas = np.union1d(beta_grid(scored, seen, intervals=60), [0.0])
    found = [accuracies(scored, dataset.test.features.label, seen, float(beta)).stacked for beta in betas]
    plots.calibration_curve(
        path,
        betas=betas,
        seen=np.array([each.seen for each in found]),
        unseen=np.array([each.unseen for each in found]),
        harmonic=np.array([each.harmonic for each in found]),
        chosen=trial.betas[channel],
    )


def _map(path: Path, trial: Trial, dataset: Dataset) -> None:
    """The test clips' embeddings in the plane, with the classes' texts where they share the space."""
    shared = _shared_space(trial)
    if not shared:
        return
    heads, method, test = trial.tested.method.heads(), trial.tested.method, dataset.test
    embedded = {name: embed(heads[head], test, method.device) for name, head in shared.items()}
    own_text = test.features.text is not None
    texts = None if own_text else embedded.pop("text", None)
    plots.embedding_map(
        path,
        clips=embedded,
        texts=texts,
        labels=test.features.label,
        names=test.classes.names,
        seen=test.classes.seen,
        seed=0,
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
        plots.class_bars(path, values={name: values[name] for name in best}, names=classes.names, seen=classes.seen)
