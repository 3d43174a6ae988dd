"""What a backbone's card says of its rows, and what it may not say."""

import json
from pathlib import Path

import pytest

from models.errors import BundleInvalid
from models.features.backbone import Backbone
from models.features.rows import Rows
from tests.tiny.encoders import tiny_audio_backbone, tiny_video_backbone


def edited(folder: Path, **changes: object) -> Path:
    card = folder / "backbone.json"
    card.write_text(json.dumps(json.loads(card.read_text()) | changes))
    return folder


def test_a_card_of_before_says_nothing_of_its_rows_and_joins_nothing(tmp_path: Path) -> None:
    card = Backbone.open(tiny_video_backbone(tmp_path)).card
    assert (card.rows, card.batch, card.feature) == (None, "none", "mean")


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"of": "frame"}, Rows("frame")),
        ({"of": "window"}, Rows("window")),
        ({"of": "stretch", "length_s": 0.96, "step_s": 0.48}, Rows("stretch", length_s=0.96, step_s=0.48)),
    ],
)
def test_a_card_says_what_a_row_is_made_of(tmp_path: Path, said: dict[str, object], expected: Rows) -> None:
    assert Backbone.open(edited(tiny_video_backbone(tmp_path), rows=said)).card.rows == expected


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"rows": {"of": "shot"}}, "rows"),
        ({"rows": {"of": "stretch"}}, "length_s > 0 and step_s > 0"),
        ({"rows": {"of": "stretch", "length_s": 1.0, "step_s": 0.0}}, "length_s > 0 and step_s > 0"),
        ({"rows": {"of": "frame", "step_s": 1.0}}, "only stretches have a length"),
        ({"rows": {"of": "frame", "colour": "blue"}}, "rows"),
        ({"batch": "rows"}, "batch is rows only where"),
        ({"batch": "rows", "rows": {"of": "window"}}, "batch is rows only where"),
        ({"batch": "all"}, "batch"),
        ({"feature": "largest"}, "feature"),
    ],
)
def test_rows_that_cannot_be_are_refused_by_what_is_wrong(
    tmp_path: Path, changes: dict[str, object], said: str
) -> None:
    with pytest.raises(BundleInvalid, match=said):
        Backbone.open(edited(tiny_video_backbone(tmp_path), **changes))


def test_sound_has_no_frames(tmp_path: Path) -> None:
    with pytest.raises(BundleInvalid, match="no frames that a row could be made of"):
        Backbone.open(edited(tiny_audio_backbone(tmp_path), rows={"of": "frame"}))
