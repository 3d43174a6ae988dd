"""Pictures are drawn of whatever there is, without a warning, and are not blank."""

from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from PIL import Image

from models.types import F32
from training.comparison.canvas import SEEN, UNSEEN
from training.comparison.grids import RIGHT, WRONG, Shown, retrieval_grid
from training.comparison.maps import embedding_map
from training.comparison.plots import calibration_curve, class_bars, critical_differences
from training.comparison.significance import compare


def numbers() -> np.random.Generator:
    """The same ones in every test, whichever tests ran before it."""
    return np.random.default_rng(0)


def colours(path: Path) -> int:
    with Image.open(path) as picture:
        return len(picture.convert("RGB").getcolors(1 << 24) or [])


@pytest.mark.parametrize(("clips", "width"), [(40, 6), (40, 1), (5, 3)])
@pytest.mark.parametrize("unseen", [0, 3, 25])
def test_a_map_is_drawn_of_few_clips_narrow_embeddings_and_any_number_of_unseen_classes(
    clips: int, width: int, unseen: int, tmp_path: Path
) -> None:
    classes, drawn = unseen + 4, numbers()

    def embedded(rows: int) -> F32:
        return drawn.normal(size=(rows, width)).astype(np.float32)

    embedding_map(
        tmp_path / "map.png",
        clips={"audio": embedded(clips), "video": embedded(clips)},
        texts=embedded(classes) if unseen else None,
        labels=drawn.integers(0, classes, clips),
        names=[f"class {row}" for row in range(classes)],
        seen=np.arange(classes) < 4,
        seed=0,
        title="a map",
    )
    assert colours(tmp_path / "map.png") > 20


@pytest.mark.parametrize("classes", [2, 51, 309])
@pytest.mark.parametrize("methods", [1, 4])
def test_bars_are_drawn_of_few_and_many_classes_with_long_names_and_none(
    classes: int, methods: int, tmp_path: Path
) -> None:
    drawn = numbers()
    values = {f"method {row}": drawn.uniform(0, 100, classes) for row in range(methods)}
    values["method 0"][0] = np.nan
    class_bars(
        tmp_path / "bars.png",
        values={name: each.tolist() for name, each in values.items()},
        names=[f"somebody is putting on make-up, take {row}" for row in range(classes)],
        seen=np.arange(classes) < classes // 2,
        title="bars",
    )
    assert colours(tmp_path / "bars.png") > 20
    with Image.open(tmp_path / "bars.png") as picture:
        assert picture.width < 3000


@pytest.mark.parametrize("methods", [3, 25])
def test_ranks_are_drawn_of_few_and_many_methods(methods: int, tmp_path: Path) -> None:
    drawn = numbers()
    found = compare({f"a method's name {row}": drawn.normal(row / 3, 1, 33) for row in range(methods)})
    assert found is not None
    critical_differences(tmp_path / "ranks.png", found, title="ranks")
    assert colours(tmp_path / "ranks.png") > 20


@pytest.mark.parametrize("chosen", [-1.0, 2.9])
def test_a_curve_is_drawn_also_where_nothing_is_right(chosen: float, tmp_path: Path) -> None:
    betas, zero = np.linspace(-1, 3, 9), np.zeros(9)
    calibration_curve(
        tmp_path / "curve.png", betas=betas, seen=zero, unseen=zero, harmonic=zero, chosen=(chosen, 0.0), title="zero"
    )
    assert colours(tmp_path / "curve.png") > 20


def test_right_hits_are_green_and_wrong_ones_red(tmp_path: Path) -> None:
    picture = np.full((8, 8, 3), 200, np.uint8)
    query, right, wrong = (
        Shown("a dog barking", True),
        Shown("a dog barking", True, picture),
        Shown("cat", False, picture),
    )

    def shares(hits: list[Shown]) -> tuple[bool, bool]:
        retrieval_grid(tmp_path / "grid.png", queries=[query], hits=[hits], by="its words", title="a grid")
        with Image.open(tmp_path / "grid.png") as drawn:
            pixels = {colour for _, colour in drawn.convert("RGB").getcolors(1 << 24) or []}
        return (0x2A, 0x8F, 0x4F) in pixels, (0xC0, 0x39, 0x2B) in pixels

    assert shares([right, right]) == (True, False)
    assert shares([wrong, right]) == (True, True)
    assert shares([wrong]) == (False, True)


def test_a_wrong_hit_does_not_look_like_a_query_of_an_unseen_class() -> None:
    # Of red, green and blue from 0 to 1; two that are 0.13 apart were taken for one another.
    for one, other in combinations((SEEN, UNSEEN, RIGHT, WRONG), 2):
        assert np.linalg.norm(np.subtract(to_rgb(one), to_rgb(other))) > 0.3
