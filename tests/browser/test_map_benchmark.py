"""The benchmark of maps at a tiny size: it places and draws them, and says so. No time is asserted."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.browser.conftest import CHROMIUM

ROOT = Path(__file__).parents[2]


@pytest.mark.skipif(not CHROMIUM.exists(), reason=f"there is no {CHROMIUM}")
def test_points_are_placed_and_drawn_by_the_pages_own_modules() -> None:
    command = [sys.executable, "-m", "benchmarks.maps", "--windows", "60", "--frames", "3"]
    ended = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=200)
    assert ended.returncode == 0, ended.stderr
    assert re.search(r"170 points of 64 numbers placed in [\d.]+ s, 750 rounds", ended.stdout)
    assert re.search(r"170 points drawn on \d+ x \d+ pixels: median [\d.]+ ms a frame", ended.stdout)
