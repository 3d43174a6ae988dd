"""How the service does, for people and the page."""

from fastapi import APIRouter, Request

from service.overview.status import status
from service.overview.status_schemas import Status
from service.resources import Opened

router = APIRouter(tags=["observing"])


@router.get("/v1/status")
def get_status(asked: Request, resources: Opened) -> Status:
    """What the galleries hold, what waits and runs, how long it takes, and how well it finds."""
    app = asked.app
    return status(
        app.state.instruments,
        resources,
        settings=app.state.settings,
        lanes=app.state.lanes,
        spool=app.state.spool,
        version=app.version,
    )
