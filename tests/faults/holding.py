"""`python -m tests.faults.holding DATA`: the service, except that it never comes to keeping an answer.

What a request changed is committed then, and nobody has been told: the moment to be killed at.
"""

import sys
from pathlib import Path
from threading import Event

from index.catalog.replies import Reply
from index.replies import Replies, Turn
from service.serving import serve
from service.settings import Settings


def hold(_: Replies, turn: Turn, reply: Reply) -> None:
    """Say that a request has come so far, and wait for the end."""
    print(f"{turn.asked.key} {reply.status}\n", end="", flush=True)  # at once, as others say theirs
    Event().wait()


if __name__ == "__main__":
    Replies.keep = hold  # type: ignore[method-assign, assignment]
    serve(
        Settings(data=Path(sys.argv[1]), port=0, job_workers=0, log_level="error"),
        announce=lambda address: print(address, flush=True),
    )
