"""A process that does jobs and answers nobody."""

import signal
from collections.abc import Callable
from contextlib import ExitStack
from threading import Event

from service.jobs.opening import open_board, working
from service.resources import check_folder, open_galleries
from service.settings import Settings


def work(settings: Settings, *, announce: Callable[[], None]) -> None:
    """Do the jobs of a data folder until interrupted or terminated; `announce` is called once it has begun.

    Raises:
        SettingsInvalid: there is no such data folder.
        CatalogInvalid: the catalog cannot be read.
        Unavailable: the jobs' database cannot be reached.
    """
    check_folder(settings)
    enough = Event()
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, lambda number, frame: enough.set())
    with ExitStack() as closing:
        galleries = open_galleries(settings)
        closing.callback(galleries.close)
        closing.callback(galleries.keep)
        board = open_board(settings)
        closing.callback(board.close)
        closing.enter_context(working(settings, galleries, board))
        announce()
        enough.wait()
