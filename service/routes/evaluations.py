"""Evaluations: how well a gallery's bundle does on what the gallery holds."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response

from service.evaluations import comparing, evaluations, mapping, plots
from service.evaluations.comparison_schemas import EvaluationComparison
from service.evaluations.evaluation_schemas import EvaluationList, EvaluationReport, EvaluationRequest
from service.evaluations.map_schemas import EvaluationMap
from service.evaluations.plots import Plot
from service.http.json_bodies import JsonRoute
from service.jobs import desk
from service.jobs.job_schemas import Job
from service.replies import JobId
from service.resources import Opened
from service.routes.jobs import accepted
from service.schemas import Number

SVG: dict[int | str, dict[str, Any]] = {200: {"content": {"image/svg+xml": {}}}}
router = APIRouter(prefix="/v1/galleries/{gallery}/evaluations", tags=["evaluations"], route_class=JsonRoute)


@router.post("", status_code=202)
def start_evaluation(
    gallery: str, resources: Opened, response: Response, job_id: JobId, request: EvaluationRequest | None = None
) -> Job:
    """Evaluate a gallery in the background; the job's result names the evaluation."""
    wanted = request or EvaluationRequest()
    return accepted(response, desk.evaluate(resources.board, resources.galleries, gallery, wanted, job_id=job_id))


@router.get("")
def list_evaluations(gallery: str, resources: Opened) -> EvaluationList:
    """The evaluations of a gallery in short, without their reports."""
    return evaluations.listed(resources.galleries.get(gallery))


@router.get("/compare")
def compare_evaluations(
    gallery: str,
    resources: Opened,
    first: Annotated[Number, Query(description="The id of an evaluation.")],
    second: Annotated[Number, Query(description="The id of another one, of the same clips.")],
) -> EvaluationComparison:
    """Two evaluations of the same clips side by side, paired by class."""
    return comparing.compared(resources.galleries.get(gallery), first, second)


@router.get("/{evaluation_id}")
def get_evaluation(gallery: str, evaluation_id: Annotated[Number, Path()], resources: Opened) -> EvaluationReport:
    """What an evaluation found."""
    return evaluations.report(resources.galleries.get(gallery), evaluation_id)


@router.get("/{evaluation_id}/map")
def get_evaluation_map(gallery: str, evaluation_id: Annotated[Number, Path()], resources: Opened) -> EvaluationMap:
    """Where the gallery's sound, pictures and words lie beside each other, if the evaluation was asked for a map."""
    return mapping.evaluation_map(resources.galleries.get(gallery), evaluation_id)


@router.delete("/{evaluation_id}", status_code=204)
def remove_evaluation(gallery: str, evaluation_id: Annotated[Number, Path()], resources: Opened) -> None:
    """Delete an evaluation with its report."""
    resources.galleries.get(gallery).remove_evaluation(evaluation_id)


@router.get("/{evaluation_id}/plots/{plot}", response_class=Response, responses=SVG)
def plot_evaluation(
    gallery: str,
    evaluation_id: Annotated[Number, Path()],
    plot: Plot,
    resources: Opened,
    beside: Annotated[Number | None, Query(description="The id of another evaluation, of the same clips.")] = None,
) -> Response:
    """What an evaluation found, as a picture, perhaps beside another one."""
    found = comparing.side_by_side(resources.galleries.get(gallery), evaluation_id, beside)
    return Response(plots.svg(found[0], plot, beside=found[1]), media_type="image/svg+xml")
