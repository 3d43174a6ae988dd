"""Whether frames may share a call is found out, not taken on trust."""

import json
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from models.features.card import BackboneCard
from models.features.graph import Graph
from models.features.rows import Rows
from models.media.media import FrameSpec, SoundSpec
from tests.tiny.classifiers import COLOURS, SOUNDS, colour, loudness
from tests.tiny.encoders import tiny_video_backbone
from tests.tiny.hungry import hungry_backbone
from training.backbones.export import export_backbone
from training.classifiers.importing import Reading, import_classifier
from training.frames import are_apart

TAKES = FrameSpec(rate=4, size=8, shorter_side=8)
PICTURES = FrameSpec(rate=1, size=32, shorter_side=36)


class Still(nn.Module):
    """Frames [b, t, 8, 8, 3] to a row a frame [b, t, 4]."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.project = nn.Linear(3, 4)

    def forward(self, frames: Tensor) -> Tensor:
        """Their mean colours, projected."""
        rows: Tensor = self.project(frames.float().mean(dim=(2, 3)) / 255)
        return rows


class Moving(Still):
    """As many rows, each of what has changed since the frame before too."""

    def forward(self, frames: Tensor) -> Tensor:
        """As ever, and the change."""
        rows = super().forward(frames)
        return rows + torch.cat([torch.zeros_like(rows[:, :1]), rows[:, 1:] - rows[:, :-1]], dim=1)


def graph(folder: Path) -> Graph:
    return Graph((folder / "backbone.onnx").read_bytes(), name="tiny", inputs=["frames"], threads=1)


def exported(network: nn.Module, folder: Path, rows: Rows | None) -> BackboneCard:
    return export_backbone(network, folder, name="tiny", takes=TAKES, width=4, source="a test", rows=rows)


def test_frames_that_give_the_rows_they_give_alone_are_apart(tmp_path: Path) -> None:
    assert are_apart(graph(tiny_video_backbone(tmp_path)), PICTURES)


def test_frames_of_which_one_row_is_made_are_not(tmp_path: Path) -> None:
    folder = hungry_backbone(tmp_path, frame_bytes=120, averaged=(0, 1, 2))
    assert not are_apart(graph(folder), FrameSpec(rate=1, size=4, shorter_side=4))


def test_a_graph_that_does_not_run_on_such_frames_is_not(tmp_path: Path) -> None:
    folder = hungry_backbone(tmp_path, frame_bytes=120, side=4)
    assert not are_apart(graph(folder), FrameSpec(rate=1, size=8, shorter_side=8))


@pytest.mark.parametrize(("network", "batch"), [(Still(), "rows"), (Moving(), "none")])
def test_an_exported_network_shares_calls_only_where_it_sees_frames_one_by_one(
    tmp_path: Path, network: nn.Module, batch: str
) -> None:
    card = exported(network, tmp_path, Rows("frame"))
    assert (card.rows, card.batch) == (Rows("frame"), batch)
    assert json.loads((tmp_path / "backbone.json").read_text())["batch"] == batch


def test_a_classifier_of_pictures_shares_calls_and_one_of_sound_does_not(tmp_path: Path) -> None:
    seen = import_classifier(colour(tmp_path / "c.onnx"), tmp_path, Reading(COLOURS, PICTURES), licence="none")
    assert (seen.rows, seen.batch) == (Rows("frame"), "rows")
    heard = import_classifier(loudness(tmp_path / "l.onnx"), tmp_path, Reading(SOUNDS, SoundSpec(16_000)), licence="no")
    assert (heard.rows, heard.batch) == (None, "none")


def test_a_card_of_before_is_completed_by_importing_again(tmp_path: Path) -> None:
    reading = Reading(COLOURS, PICTURES)
    card = import_classifier(colour(tmp_path / "c.onnx"), tmp_path, reading, licence="none")
    path = tmp_path / card.ref / "backbone.json"
    old = {key: value for key, value in json.loads(path.read_text()).items() if key not in ("rows", "batch", "feature")}
    path.write_text(json.dumps(old))
    assert import_classifier(tmp_path / "c.onnx", tmp_path, reading, licence="none") == card
    assert BackboneCard.model_validate_json(path.read_bytes()) == card
