"""Evaluations: how well a gallery's bundle does on what the gallery holds."""

from typing import Annotated

from fastapi import APIRouter, Path, Response

from service import evaluations
from service.job_schemas import EvaluationList, EvaluationReport, EvaluationRequest, Job
from service.jobs import desk
from service.resources import Opened
from service.routes.jobs import accepted
from service.schemas import Number

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
