"""The application: everything opened once, every route, every refusal in one shape."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from fastapi import Depends, FastAPI
from fastapi.concurrency import contextmanager_in_threadpool

from service import problems
from service.jobs.opening import working
from service.origins import OwnSite
from service.parameters import known_only
from service.resources import Resources, limits
from service.routes import (
    bundles,
    classify,
    clips,
    evaluations,
    explanations,
    galleries,
    health,
    jobs,
    page,
    search,
    views,
)
from service.schemas import Problem
from service.security import SecurityHeaders
from service.settings import Settings
from service.uploads import BodyLimit

ROUTERS = (health, galleries, search, clips, views, classify, bundles, jobs, evaluations, explanations, page)
REFUSALS: dict[int | str, dict[str, Any]] = {
    "default": {
        "description": "A problem document (RFC 9457)",
        "content": {"application/problem+json": {"schema": Problem.model_json_schema()}},
    }
}


def create_app(settings: Settings) -> FastAPI:
    """The service over a data folder, opened here and closed when the application stops.

    Raises:
        SettingsInvalid: there is no such data folder.
        DependencyMissing, BundleInvalid: a gallery's bundle needs what the data folder lacks.
    """
    resources = Resources.open(settings)
    app = FastAPI(
        title="Sightsound",
        summary="Search sight by sound, sound by sight, and both by words.",
        version=_version(),
        lifespan=_working(resources, settings),
        # The usual documentation pages load scripts from other hosts.
        docs_url=None,
        redoc_url=None,
        dependencies=[Depends(known_only)],
        responses=REFUSALS,
        form_limits={"max_files": 1000, "max_fields": 1100, "max_part_size": 64 * 1024},
    )
    app.state.settings, app.state.resources = settings, resources
    app.state.is_leaving = lambda: False  # whoever serves the application knows
    for each in ROUTERS:
        app.include_router(each.router)
    page.mount(app)
    problems.install(app)
    app.add_middleware(BodyLimit, limit_bytes=settings.upload_limit_bytes)
    app.add_middleware(OwnSite, settings=settings)
    app.add_middleware(SecurityHeaders)
    return app


def _working(resources: Resources, settings: Settings) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        with resources:
            worker = working(settings, resources.galleries, resources.board, limits(settings))
            async with contextmanager_in_threadpool(worker):
                yield

    return lifespan


def _version() -> str:
    try:
        return version("sightsound")
    except PackageNotFoundError:
        return "0"
