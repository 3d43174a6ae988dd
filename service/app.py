"""The application: everything opened once, every route, every refusal in one shape, and the layers around them."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from importlib.metadata import PackageNotFoundError, version

from anyio import to_thread
from fastapi import Depends, FastAPI
from fastapi.concurrency import contextmanager_in_threadpool

from service import describing, refusable, replies
from service.access import guard
from service.galleries.bundles import ARRIVING
from service.http import problems
from service.http.bodiless import Bodiless
from service.http.origins import OwnSite
from service.http.parameters import known_only
from service.http.security import SecurityHeaders, security_headers
from service.incoming.spool import PREFIX, Spool, janitor
from service.incoming.uploads import BodyLimit
from service.jobs.opening import check_alone, working
from service.load.lanes import Lanes, in_lane
from service.load.quick_route import way_past
from service.overview import instruments
from service.readiness import Readying
from service.resources import Ready, Resources
from service.routes import (
    archives,
    bundles,
    classify,
    clips,
    evaluations,
    explanations,
    galleries,
    health,
    jobs,
    keys,
    metrics,
    page,
    search,
    session,
    status,
    views,
    vocabularies,
)
from service.settings import Settings

ROUTERS = (
    health,
    galleries,
    archives,
    search,
    clips,
    views,
    classify,
    vocabularies,
    bundles,
    jobs,
    evaluations,
    keys,
    session,
    explanations,
    metrics,
    status,
)
CHANGING = (galleries, archives, clips, vocabularies, bundles, jobs, evaluations)
"""Those whose requests may be sent twice. Not keys: what is answered there once is kept nowhere."""


def create_app(settings: Settings, *, ready: Ready = "at once") -> FastAPI:
    """The service over a data folder, opened here and closed when the application stops.

    Raises:
        SettingsInvalid: there is no such data folder, no key where keys are asked for, or another service of this
            process does jobs.
        DependencyMissing, BundleInvalid: a gallery's bundle needs what the data folder lacks.
    """
    check_alone(settings)
    resources = Resources.open(settings, ready=ready)
    app = _bare(settings, resources)
    _keep(app, settings, resources)
    _answer(app)
    problems.install(app)
    _surround(app, settings, resources)
    describing.describe(app)
    return app


def _bare(settings: Settings, resources: Resources) -> FastAPI:
    """An application without a route, and what holds for each that it will have."""
    return FastAPI(
        title="Sightsound",
        summary="Search sight by sound, sound by sight, and both by words.",
        version=_version(),
        lifespan=_working(resources, settings),
        # The usual documentation pages load scripts from other hosts.
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,  # an address has one way of writing it: another is not found, and is told so
        telemetry={"tracing": False, "metrics": False, "logs": False},  # ours are within, and tell of stages
        # The turn comes last: who is refused, or still sends, takes none.
        dependencies=[Depends(known_only), Depends(in_lane, scope="function")],
        responses={"default": refusable.REFUSAL},
        generate_unique_id_function=describing.operation_id,
        form_limits={"max_files": 1000, "max_fields": 1100, "max_part_size": 64 * 1024},
    )


def _keep(app: FastAPI, settings: Settings, resources: Resources) -> None:
    """What requests share."""
    app.state.settings, app.state.resources = settings, resources
    app.state.spool = Spool(settings.spool_folder, limit_bytes=settings.spool_limit_bytes)
    app.state.lanes, app.state.readying = Lanes(settings), Readying(resources, settings)
    app.state.is_leaving = app.state.is_draining = lambda: False  # whoever serves the application knows


def _answer(app: FastAPI) -> None:
    """Every route; what is asked most, first."""
    app.router.routes.append(way_past(search.router, search.search_by_words))
    for each in ROUTERS:
        app.include_router(each.router, dependencies=[Depends(replies.once)] if each in CHANGING else None)
    page.mount(app)


def _surround(app: FastAPI, settings: Settings, resources: Resources) -> None:
    """The layers around every route, from within: a request meets the last of them first."""
    # What is done once is answered again as it was, before anything outside has changed the answer.
    replies.install(app, resources.galleries.replies(kept_s=replies.KEPT_S))
    # A HEAD is a GET from here on; a body that who asks has already is not sent.
    app.add_middleware(Bodiless)
    # Of who may send one, a body is read as far as its limits of bytes, time and, of JSON, parts.
    app.add_middleware(BodyLimit, limit_bytes=settings.upload_limit_bytes, limit_s=settings.upload_wall_s)
    # Who asks, and whether they may; around it, where that is set, what lets pages of other origins ask.
    guard.install(app, settings, resources.galleries)
    # Nobody is asked for a key who was led here by another site.
    app.add_middleware(OwnSite, settings=settings)
    # Refusals of all these are answers as any: with headers that keep browsers from harm, named, counted, written down.
    app.add_middleware(SecurityHeaders, headers=security_headers(settings))
    instruments.install(app, settings, resources)


def _working(resources: Resources, settings: Settings) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        with (
            app.state.instruments,
            resources,
            janitor((settings.spool_folder, PREFIX), (settings.data / "bundles", ARRIVING)),
        ):
            to_thread.current_default_thread_limiter().total_tokens = app.state.lanes.threads
            worker = working(settings, resources.galleries, resources.board)
            async with contextmanager_in_threadpool(worker):
                yield

    return lifespan


def _version() -> str:
    try:
        return version("sightsound")
    except PackageNotFoundError:
        return "0"
