"""Real clips and networks, which are not part of this repository."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FOLDER = Path(os.environ.get("SIGHTSOUND_TEST_DATA", ROOT / "../shared/data"))


def real(name: str) -> Path:
    """A file or folder of the real test data; skips the test, saying so, where it is missing."""
    path = FOLDER / name
    if not path.exists():
        pytest.skip(f"no real test data at {path}; SIGHTSOUND_TEST_DATA names its folder")
    return path
