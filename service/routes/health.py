"""Whether the service lives, and whether it can answer."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from models.errors import Unavailable
from service.callers.caller import Asking, Caller
from service.http.problems import status_of
from service.readiness import Health, Part, Readiness, Readying, Report, Unready

router = APIRouter(tags=["health"])


@router.get("/livez")
async def get_liveness() -> Health:
    """The process answers; nothing else is touched."""
    return Health(status="alive")


@router.get("/readyz", response_model=Readiness, response_model_exclude_none=True)
async def get_readiness(asked: Request, caller: Asking) -> Readiness | Response:
    """A real tiny inference of every part, at most once a second; 503 where it cannot answer, or is to end."""
    if asked.app.state.is_draining():
        raise Unavailable("the service is about to end")
    readying: Readying = asked.app.state.readying
    report = await readying.report()
    parts = _seen(report, caller)
    if report.faults:
        return _unready("; ".join(report.faults) if caller.may_all else "a part does not work", parts)
    return Readiness(parts=parts)


def _seen(report: Report, caller: Caller) -> tuple[Part, ...] | None:
    """The parts, for administrators: of what they see."""
    if not caller.may("admin"):
        return None
    return tuple(each for each in report.parts if each.gallery is None or caller.sees(each.gallery))


def _unready(detail: str, parts: tuple[Part, ...] | None) -> Response:
    error = Unavailable(detail)
    problem = Unready(
        type=f"/problems/{error.code}",
        title=error.title,
        status=status_of(Unavailable),
        detail=detail,
        instance="/readyz",
        parts=parts,
    )
    content = problem.model_dump(exclude_none=True)
    return JSONResponse(content, problem.status, media_type="application/problem+json")
