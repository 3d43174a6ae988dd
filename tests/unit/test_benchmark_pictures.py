"""What clips show in the grids of a comparison."""

from pathlib import Path

import numpy as np

from sightsound.benchmark_pictures import Stills
from tests.tiny.clips import SIDE, render


def test_a_clip_is_shown_by_its_middle_picture_and_one_that_cannot_be_decoded_by_none(tmp_path: Path) -> None:
    levels = np.array([0, 60, 120, 180, 240], np.uint8)
    frames = np.broadcast_to(levels[:, None, None, None], (5, SIDE, SIDE, 3)).repeat(4, axis=0)
    render(tmp_path / "whole.mp4", frames=np.ascontiguousarray(frames))
    (tmp_path / "broken.mp4").write_bytes(b"no clip at all")
    stills = Stills([tmp_path / "broken.mp4", tmp_path / "nowhere.mp4", tmp_path / "whole.mp4"])
    found = stills.of([2, 0, 1, 2])
    assert found.keys() == {0, 1, 2}
    assert (found[0], found[1]) == (None, None)
    assert found[2] is not None
    assert found[2].shape == (112, 112, 3)
    assert abs(float(found[2].mean()) - 120) < 15  # the middle one of five levels, as far as encoding keeps it
    (tmp_path / "whole.mp4").unlink()
    assert stills.of([2])[2] is found[2]


def test_without_files_nothing_is_shown() -> None:
    assert Stills([]).of([3, 4]) == {3: None, 4: None}
