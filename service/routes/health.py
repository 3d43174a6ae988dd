"""Whether the service lives, and whether it can answer."""

from fastapi import APIRouter

from service.resources import Opened
from service.schemas import Health

router = APIRouter(tags=["health"])


@router.get("/livez")
async def livez() -> Health:
    """The process answers; nothing else is touched."""
    return Health(status="alive")


@router.get("/readyz")
def readyz(resources: Opened) -> Health:
    """A real tiny inference: words are embedded and every gallery is searched with them."""
    resources.rehearse()
    return Health(status="ready")
