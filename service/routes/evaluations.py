"""Evaluations: how well a gallery's bundle does on what the gallery holds."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Response

from service import evaluations, plots
from service.job_schemas import EvaluationList, EvaluationReport, EvaluationRequest, Job
from service.jobs import desk
from service.plots import Plot
from service.resources import Opened
from service.routes.jobs import accepted
from service.schemas import Number

SVG: dict[int | str, dict[str, Any]] = {200: {"content": {"image/svg+xml": {}}}}
router = APIRouter(prefix="/v1/galleries/{gallery}/evaluations", tags=["evaluations"])


@router.post("", status_code=202)
def evaluate(gallery: str, resources: Opened, response: Response, request: EvaluationRequest | None = None) -> Job:
    """Evaluate a gallery in the background; the job's result names the evaluation."""
    wanted = request or EvaluationRequest()
    return accepted(response, desk.evaluate(resources.board, resources.galleries, gallery, wanted))


@router.get("")
def list_evaluations(gallery: str, resources: Opened) -> EvaluationList:
    """The evaluations of a gallery, without their reports."""
    return evaluations.listed(resources.galleries.get(gallery))


@router.get("/{evaluation_id}")
def get_evaluation(gallery: str, evaluation_id: Annotated[Number, Path()], resources: Opened) -> EvaluationReport:
    """What an evaluation found."""
    return evaluations.report(resources.galleries.get(gallery), evaluation_id)


@router.get("/{evaluation_id}/plots/{plot}", response_class=Response, responses=SVG)
def plot_evaluation(gallery: str, evaluation_id: Annotated[Number, Path()], plot: Plot, resources: Opened) -> Response:
    """What an evaluation found, as a picture."""
    found = evaluations.report(resources.galleries.get(gallery), evaluation_id)
    return Response(plots.svg(found, plot), media_type="image/svg+xml")
