"""The papers' networks by name: which there are, what each may be told, and that a folder is whole or not there."""

from hashlib import sha256
from inspect import signature
from pathlib import Path

import pytest
import torch

from models.errors import BundleInvalid, Conflict, QueryInvalid
from training.backbones.published import PUBLISHED, import_network


@pytest.mark.parametrize("name", PUBLISHED)
def test_every_network_has_the_options_of_its_importer(name: str) -> None:
    checkpoint, folder, *options = signature(PUBLISHED[name].make).parameters
    assert (checkpoint, folder) == ("checkpoint", "folder")
    assert tuple(options) == PUBLISHED[name].options
    assert tuple(signature(PUBLISHED[name].name).parameters) == PUBLISHED[name].options


@pytest.mark.parametrize(
    ("network", "options", "name"),
    [
        ("vggish", {}, "vggish"),
        ("vggish", {"finish": "quantised"}, "vggish-quantised"),
        ("c3d", {"layer": "fc6"}, "c3d-fc6-avca"),
        ("kumar", {}, "kumar"),
    ],
)
def test_a_backbone_that_is_there_is_not_made_again(
    tmp_path: Path, network: str, options: dict[str, object], name: str
) -> None:
    checkpoint = tmp_path / "some.pth"
    checkpoint.write_bytes(b"weights")
    there = tmp_path / "backbones" / f"{name}@{sha256(b'weights').hexdigest()[:8]}"
    there.mkdir(parents=True)
    with pytest.raises(Conflict, match=f"there is {there.name} in .* already"):
        import_network(network, checkpoint, tmp_path / "backbones", options=options)


def test_a_checkpoint_of_another_network_leaves_nothing(tmp_path: Path) -> None:
    torch.save({"weight": torch.zeros(1)}, tmp_path / "other.pth")
    with pytest.raises(BundleInvalid, match=r"other\.pth lacks"):
        import_network("i3d", tmp_path / "other.pth", tmp_path / "backbones", options={})
    assert list((tmp_path / "backbones").iterdir()) == []


def test_an_unknown_network_is_answered_by_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(QueryInvalid, match="no network 'clip'; there are vggish, kumar, selavi-resnet9"):
        import_network("clip", tmp_path / "none", tmp_path / "backbones", options={})
    assert list(tmp_path.iterdir()) == []


def test_an_option_of_another_network_is_answered_by_its_own(tmp_path: Path) -> None:
    with pytest.raises(QueryInvalid, match="--finish is no option of c3d, which has --layer, --light"):
        import_network("c3d", tmp_path / "none", tmp_path / "backbones", options={"finish": "raw"})
    with pytest.raises(QueryInvalid, match="--layer is no option of i3d, which has none"):
        import_network("i3d", tmp_path / "none", tmp_path / "backbones", options={"layer": "fc6"})
