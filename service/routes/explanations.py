"""What each kind of problem means: the address that problem documents name as their type."""

from fastapi import APIRouter

from service.http.explanations import explain
from service.http.problem_schemas import ProblemKind

router = APIRouter(tags=["problems"])


@router.get("/problems/{code}")
async def explain_problem(code: str) -> ProblemKind:
    """What a kind of problem means and what to do about it."""
    return explain(code)
