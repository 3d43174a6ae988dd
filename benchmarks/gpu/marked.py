"""The tests that are marked as needing a GPU."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.gpu.task import Context, Row, Task

PART = "tests"
ROOT = Path(__file__).parents[2]
FILES = (
    "tests/unit/bundle/test_runtime.py",
    "tests/unit/features/test_graph.py",
    "tests/unit/index/test_gpu_store.py",
    "tests/unit/index/test_torch_device.py",
    "tests/unit/training/test_device.py",
)
NEEDS = ("pytest", "xdist", "hypothesis", "pydantic", "faiss", "onnx", "onnxruntime")
NONE_RUN = 5
"""pytest's exit status where no test was chosen."""


def rows(_: Context) -> Iterator[Row]:
    """How many passed, and how many were skipped, which tells nothing where all were."""
    command = [sys.executable, "-m", "pytest", "-n", "0", "-m", "gpu", "-p", "no:cacheprovider", *FILES]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    last = (ran.stdout.strip() or ran.stderr.strip()).splitlines()[-1]
    failed = ran.returncode not in (0, NONE_RUN)
    if failed:
        sys.stderr.write(ran.stdout + ran.stderr)
    yield Row(PART, "pytest -m gpu", last.strip("= "), holds=not failed if failed or "passed" in last else None)


TASKS = (Task("pytest -m gpu", NEEDS, rows),)
