"""What the log tells of jobs: a line when one begins and when it ends, whichever way."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

from models.errors import SightsoundError

_log = logging.getLogger("sightsound.jobs")


@contextmanager
def noted(job_id: str, kind: str, gallery: str) -> Iterator[None]:
    """The lines of one job, which is done within; one that is left between two steps begins once more elsewhere."""
    began_s, fields = monotonic(), {"job": job_id, "kind": kind, "gallery": gallery}

    def note(level: int, what: str) -> None:
        _log.log(level, "job %s (%s of %s) %s", job_id, kind, gallery, what, extra=fields)

    note(logging.INFO, "begins")
    try:
        yield
    except SightsoundError as error:
        note(logging.WARNING, f"failed after {monotonic() - began_s:.1f} s: {error}")
        raise
    except BaseException:  # cancelled, or this process ends
        note(logging.INFO, f"was left after {monotonic() - began_s:.1f} s")
        raise
    note(logging.INFO, f"is done after {monotonic() - began_s:.1f} s")
