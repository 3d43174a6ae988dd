"""How much is done at once, how long it may go on, and what is fetched for it."""

from typing import Annotated

from pydantic import Field, PositiveFloat

from service.settings.topic import Days, Names, Topic, Turns


class WorkSettings(Topic):
    """How much is done at once, how long it may go on, and what is fetched for it."""

    interactive_at_once: Turns = 32
    """How many searches and reads are answered at once; more wait."""
    bulk_at_once: Turns = 4
    """How many additions, batch searches and reindexings are done at once."""
    queue_limit: Annotated[int, Field(ge=0, le=100_000)] = 128
    """How many requests of a kind wait for their turn; the next is refused."""
    drain_s: Annotated[float, Field(ge=0)] = 0.0
    """How long the service, told to end, goes on unready before it takes no more."""
    shutdown_s: Annotated[int, Field(ge=1, le=86_400)] = 30
    """How long requests that were taken may go on after that."""
    job_workers: Annotated[int, Field(ge=0, le=64)] = 1
    """How many jobs run in this process at once; 0 leaves them to others."""
    job_stall_s: PositiveFloat = 600.0
    """A job without progress for so long has failed."""
    kept_jobs_days: Days = 30
    """After how many days jobs that have ended are forgotten."""
    fetch_urls: bool = False
    """Allow jobs to fetch clips by https from public hosts."""
    fetch_hosts: Names = ()
    """The only hosts to fetch from, separated by commas; .name stands for all below it."""
    fetch_wall_s: PositiveFloat = 300.0
    """How long fetching one clip may take."""
