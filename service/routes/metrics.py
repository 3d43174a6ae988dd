"""What Prometheus asks for."""

from typing import Annotated

from fastapi import APIRouter, Header, Request, Response

router = APIRouter(tags=["observing"])
TEXT = {"content": {"text/plain": {"schema": {"type": "string"}}}, "description": "In Prometheus' or OpenMetrics' text"}


@router.get("/metrics", response_class=Response, responses={200: TEXT})
def get_metrics(asked: Request, accept: Annotated[str, Header(include_in_schema=False)] = "") -> Response:
    """Everything that is counted and timed, for Prometheus; in OpenMetrics' format where that is accepted."""
    found, media_type = asked.app.state.instruments.metrics.exposition(accept)
    return Response(found, headers={"Content-Type": media_type, "Cache-Control": "no-store"})
