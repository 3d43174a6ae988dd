"""The `sightsound` command as a process: what becomes of what its commands answer, and of whoever stops it."""

import atexit
import os
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress

FAILED, INTERRUPTED = 2, 130


def main() -> None:
    """The command's entry point."""
    # Idle threads of torch sleep rather than spin: on a busy machine that is ten times as fast.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    ending = Ending()
    atexit.register(ending.leave)  # the first to be registered is the last to be called
    ending.status = run(sys.argv[1:])
    sys.exit(ending.status)


class Ending:
    """The end of a process that may have left a step of a job behind, in the midst of a network's or an index's run.

    The interpreter would unwind such a thread when it comes back from native code, which C++ takes for a crash: the
    process would end by SIGABRT with everything done and closed. So it ends without that.
    """

    status = FAILED

    def leave(self) -> None:
        """End at once if a thread was left behind, else as any process does."""
        if any(each.daemon for each in threading.enumerate()):
            for each in (sys.stdout, sys.stderr):
                with suppress(OSError, ValueError):  # who read it has gone
                    each.flush()
            os._exit(self.status)


def run(arguments: Sequence[str]) -> int:
    """The exit status of the command with these arguments; a failure is one line on stderr, never a traceback."""
    try:
        status = _answered(arguments)
    except KeyboardInterrupt:
        status = INTERRUPTED
    if status == INTERRUPTED:
        print("sightsound: stopped", file=sys.stderr)
    return status


def _answered(arguments: Sequence[str]) -> int:
    """Imports within, so that whoever stops the command at once meets no traceback either."""
    import typer

    from sightsound.application import app

    try:
        status = app(arguments, prog_name="sightsound", standalone_mode=False)
    except typer.Abort:
        return INTERRUPTED
    except _failures() as error:
        from sightsound.commands.failures import line_of

        typer.echo(f"sightsound: {line_of(error)}", err=True)
        return FAILED
    return status if isinstance(status, int) else 0


def _failures() -> tuple[type[Exception], ...]:
    """What may go wrong; looked up when something has."""
    from sightsound.commands.failures import FAILURES

    return FAILURES
