"""Evaluations: how well a gallery's bundle does on what the gallery holds."""

from fastapi import APIRouter, Response

from service.job_schemas import EvaluationReport, EvaluationRequest, Job
from service.jobs import desk
from service.resources import Opened
from service.routes.jobs import accepted

router = APIRouter(tags=["evaluations"])


@router.post("/v1/galleries/{gallery}/evaluations", status_code=202)
def evaluate(gallery: str, resources: Opened, response: Response, request: EvaluationRequest | None = None) -> Job:
    """Evaluate a gallery in the background; the evaluation has the job's id."""
    wanted = request or EvaluationRequest()
    return accepted(response, desk.evaluate(resources.board, resources.galleries, gallery, wanted))


@router.get("/v1/evaluations/{evaluation_id}")
def get_evaluation(evaluation_id: str, resources: Opened) -> EvaluationReport:
    """What an evaluation found."""
    return desk.evaluation(resources.board, evaluation_id)
