"""A data folder's board, and the worker of this process."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta

from index.galleries import Galleries
from models.media.cage import Cage
from service.encoding.encoders import Encoders
from service.encoding.recollection import Recollection
from service.incoming.fetching import Fetcher, FetchRules
from service.jobs.board import Board
from service.jobs.database import url_of
from service.jobs.work import Workshop
from service.settings import Settings

FOLDER = "jobs"


def check_alone(settings: Settings) -> None:
    """Refuse to do jobs where another service or worker of this process does; raises SettingsInvalid."""
    if settings.job_workers:
        from service.jobs import worker

        worker.check_alone()


def open_board(settings: Settings) -> Board:
    """The jobs of a data folder; raises SettingsInvalid for a database of another kind."""
    return Board(url_of(settings.data, settings.jobs_url, settings.catalog), settings.data / FOLDER)


@contextmanager
def working(settings: Settings, galleries: Galleries, board: Board) -> Iterator[None]:
    """Work on jobs, `job_workers` at once, for as long as the block lasts.

    Clips are decoded by children of its own, so that nobody who waits for an answer waits for them.

    Raises:
        SettingsInvalid: another worker is in this process.
        Unavailable: the jobs' database cannot be reached.
    """
    if not settings.job_workers:
        yield
        return
    from service.jobs.worker import Worker

    with ExitStack() as closing:
        cage = closing.enter_context(Cage(settings.limits, settings.job_workers))
        recollection = Recollection(galleries.extracted, limit_bytes=0)  # what a job makes is in a gallery right away
        encoders = Encoders(settings.data / "backbones", cage, running=settings.running, recollection=recollection)
        fetcher = Fetcher(FetchRules.of(settings)) if settings.fetch_urls else None
        workshop = Workshop(galleries, encoders, settings.ingest_root, settings.kept_generations, fetcher)
        kept = timedelta(days=settings.kept_jobs_days)
        worker = Worker(workshop, board, jobs=settings.job_workers, stall_s=settings.job_stall_s, kept=kept)
        closing.callback(worker.close)
        worker.start(url_of(settings.data, settings.jobs_url, settings.catalog), settings.data / FOLDER / "workers")
        yield
