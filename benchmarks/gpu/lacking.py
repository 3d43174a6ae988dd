"""Small packages that a bare machine lacks, put where one run alone finds them: never torch, ONNX Runtime or FAISS."""

import subprocess
import sys
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).parents[2]
PATIENCE_S = 60.0
PACKAGES: Mapping[str, tuple[str, ...]] = {
    "pydantic": ("pydantic", "pydantic-core", "annotated-types", "typing-inspection", "typing-extensions"),
    "threadpoolctl": ("threadpoolctl",),
    "onnx": ("onnx", "ml-dtypes", "protobuf"),
    "onnxscript": ("onnxscript", "onnx-ir"),
    "pytest": ("pytest", "pluggy", "iniconfig", "packaging", "pygments"),
    "xdist": ("pytest-xdist", "execnet"),
    "hypothesis": ("hypothesis", "sortedcontainers"),
}
"""By the module that is looked for: what has it, and what that needs beside torch and numpy."""


def lacking() -> list[str]:
    """The packages of all modules that are not here."""
    return [name for module, names in PACKAGES.items() if find_spec(module) is None for name in names]


def fetch(names: Sequence[str], folder: Path) -> str | None:
    """Put packages into a folder, from wherever pip looks, in the versions that were tested together.

    Says why none is there; None where all are.
    """
    options = ["--quiet", "--no-deps", "--only-binary", ":all:", "--retries", "1", "--target", str(folder)]
    constraints = ["--constraint", str(ROOT / "constraints.txt")]
    command = [sys.executable, "-m", "pip", "install", *options, *constraints, *names]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE_S)
    except subprocess.TimeoutExpired:
        return f"pip was not done after {PATIENCE_S:g} s"
    return None if done.returncode == 0 else done.stderr.strip().splitlines()[-1]
