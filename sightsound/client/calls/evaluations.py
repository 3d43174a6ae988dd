"""Evaluations: how well a gallery's bundle does on what the gallery holds; `jobs.evaluate` makes one."""

from typing import Literal

from sightsound.client.addresses import of_evaluation, of_gallery
from sightsound.client.call import Call, content, delete, get, part
from sightsound.comparison_answers import EvaluationComparison
from sightsound.job_answers import EvaluationList, EvaluationReport, EvaluationSummary
from sightsound.map_answers import EvaluationMap

Plot = Literal["precision", "curves", "classes", "calibration"]


def evaluations(gallery: str) -> Call[tuple[EvaluationSummary, ...]]:
    """The evaluations of a gallery, the oldest first, in short; `jobs.evaluate` makes one."""
    return part(get(EvaluationList, f"{of_gallery(gallery)}/evaluations"), lambda found: found.evaluations)


def evaluation(gallery: str, number: int) -> Call[EvaluationReport]:
    """What one of them found."""
    return get(EvaluationReport, of_evaluation(gallery, number))


def evaluation_map(gallery: str, number: int) -> Call[EvaluationMap]:
    """Where sound, pictures and words lie beside each other, by one that was asked for a map."""
    return get(EvaluationMap, f"{of_evaluation(gallery, number)}/map")


def compare_evaluations(gallery: str, first: int, second: int) -> Call[EvaluationComparison]:
    """Two of them, of the same clips, side by side."""
    query = {"first": str(first), "second": str(second)}
    return get(EvaluationComparison, f"{of_gallery(gallery)}/evaluations/compare", query)


def evaluation_plot(gallery: str, number: int, plot: Plot, *, beside: int | None = None) -> Call[bytes]:
    """A picture of what one of them found, as SVG, perhaps with another one in it."""
    address = f"{of_evaluation(gallery, number)}/plots/{plot}"
    return content(address, None if beside is None else {"beside": str(beside)})


def remove_evaluation(gallery: str, number: int) -> Call[None]:
    """Delete an evaluation with its report."""
    return delete(of_evaluation(gallery, number))
