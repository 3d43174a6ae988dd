"""What torchrun starts: a command as two processes."""

import os
import subprocess
import sys

from tests.documents import ROOT

PATIENCE_S = 600
"""However slow the machine is."""


def as_two(*command: str) -> str:
    """What both print; neither may fail."""
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    done = subprocess.run(
        [*torchrun, *command],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
