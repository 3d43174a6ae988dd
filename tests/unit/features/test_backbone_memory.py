"""A backbone that runs out of memory goes on with less at once; each test in a process that has too little."""

import subprocess
import sys
from pathlib import Path

from tests.tiny.hungry import hungry_backbone

ROOT = Path(__file__).parents[3]
MIB = 2**20
SPARE = 100 * MIB
"""What the process may take on top of what it holds, once everything is loaded."""
BEGINNING = f"""
import resource, sys
from pathlib import Path
import numpy as np
import numpy.testing  # not when the memory is full
from models.errors import BackboneOverrun
from models.features.backbone import Backbone
from models.media.media import FrameSpec, Media, SoundSpec

def window(*greys):
    frames = np.array(greys, np.uint8)[:, None, None, None] * np.ones((1, 4, 4, 3), np.uint8)
    return Media(1.0, SoundSpec(1), FrameSpec(rate=4, size=4, shorter_side=4), None, frames)

backbone = Backbone.open(Path(sys.argv[1]))
held = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (held + {SPARE}, held + {SPARE}))
"""


def in_little_memory(folder: Path, code: str) -> None:
    subprocess.run([sys.executable, "-c", BEGINNING + code, folder], check=True, cwd=ROOT, timeout=60)


def test_a_batch_that_does_not_fit_is_split_and_later_ones_are_smaller(tmp_path: Path) -> None:
    in_little_memory(
        hungry_backbone(tmp_path, frame_bytes=12 * MIB),
        """
windows = [window(*range(16)), window(100), window(7, 9)]
for _ in range(2):
    found = backbone.features(windows)
    np.testing.assert_allclose(np.stack(found)[:, 0], [7.5, 100, 8])
assert 1 <= backbone._batches.size < 16, backbone._batches.size
""",
    )


def test_one_frame_that_does_not_fit_is_an_error_of_its_window(tmp_path: Path) -> None:
    in_little_memory(
        hungry_backbone(tmp_path, frame_bytes=150 * MIB),
        """
try:
    backbone.features([window(1, 2, 3)])
except BackboneOverrun as error:
    assert str(error) == "hungry@1 ran out of memory on a window of 3 frames", error
else:
    raise SystemExit("nothing was said")
""",
    )


def test_a_window_that_cannot_be_split_is_an_error_and_the_next_one_is_run(tmp_path: Path) -> None:
    in_little_memory(
        hungry_backbone(tmp_path, frame_bytes=12 * MIB, batch="none"),
        """
try:
    backbone.feature(window(*range(16)))
except BackboneOverrun as error:
    assert "16 frames" in str(error), error
else:
    raise SystemExit("nothing was said")
np.testing.assert_allclose(backbone.feature(window(5, 7)), 6)
""",
    )
