"""Weights that others published: what is read, what fits, what is refused."""

import pickle
import re
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from models.errors import BundleInvalid
from tests.tiny.pca import pca_file
from tests.tiny.sound import noise
from training.backbones.kumar import KumarCNN, import_kumar
from training.backbones.resnet9 import ResNet9, import_resnet9
from training.backbones.vggish import VGGish, import_vggish, read_pca
from training.backbones.weights import fill, read_weights


@pytest.mark.parametrize("name", ["params.npz", "arrays.pth", "tensors.pth"])
def test_pca_parameters_are_read_from_every_form_they_are_published_in(tmp_path: Path, name: str) -> None:
    whitening = read_pca(pca_file(tmp_path, name))
    assert whitening.eigenvectors.shape == (128, 128)
    assert whitening.means.shape == (128,)
    assert whitening.means.dtype == torch.float32


def test_other_parameters_than_those_of_pca_are_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "other.npz", pca_eigen_vectors=np.zeros((64, 128)))
    with pytest.raises(BundleInvalid, match=re.escape("has {'pca_eigen_vectors': [64, 128]}; expected")):
        read_pca(tmp_path / "other.npz")
    (tmp_path / "broken.npz").write_bytes(b"PK\x03\x04 and no more")
    with pytest.raises(BundleInvalid, match=r"broken\.npz is not an archive of numpy arrays"):
        read_pca(tmp_path / "broken.npz")
    with pytest.raises(BundleInvalid, match=r"there is no none\.npz in"):
        read_pca(tmp_path / "none.npz")


def test_weights_of_sound_are_taken_out_of_a_checkpoint_of_both_senses(tmp_path: Path) -> None:
    state = {f"module.audio_network.base.{name}": each for name, each in ResNet9().state_dict().items()}
    both = {**state, "module.video_network.base.stem.0.weight": torch.zeros(1)}
    torch.save({"model": both, "epoch": 200, "args": Namespace(hc=10)}, tmp_path / "both.pth")
    whole = read_weights(tmp_path / "both.pth", within="model")
    assert whole.keys() == {name.removeprefix("module.") for name in both}
    del both["module.audio_network.base.bn1.bias"]
    torch.save({"model": both, "epoch": 200}, tmp_path / "lacking.pth")
    with pytest.raises(BundleInvalid, match=r"audio_network\.base of .*lacking\.pth lacks bn1\.bias"):
        import_resnet9(tmp_path / "lacking.pth", tmp_path / "out")
    torch.save({"state": both}, tmp_path / "other.pth")
    with pytest.raises(BundleInvalid, match=r"other\.pth does not hold tensors by name in 'model'"):
        import_resnet9(tmp_path / "other.pth", tmp_path / "out")


def vggish_weights() -> dict[str, Tensor]:
    """As published, by names and shapes, without memory for them."""
    with torch.device("meta"):
        return dict(VGGish().state_dict())


def test_weights_of_the_published_layout_fill_vggish() -> None:
    with torch.device("meta"):
        network = VGGish()
    fill(network, vggish_weights(), source="it")


def dropped(weights: dict[str, Tensor]) -> None:
    del weights["features.3.bias"]


def added(weights: dict[str, Tensor]) -> None:
    weights |= {f"classifier.{i}.weight": torch.zeros(1) for i in range(5)}


def narrowed(weights: dict[str, Tensor]) -> None:
    weights["embeddings.4.weight"] = torch.zeros(64, 4096)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (dropped, "it lacks features.3.bias"),
        (added, "it has the unknown classifier.0.weight, classifier.1.weight, classifier.2.weight and 2 more"),
        (narrowed, "it has embeddings.4.weight [64, 4096]; expected [128, 4096]"),
    ],
)
def test_weights_of_another_layout_are_refused_by_what_is_wrong(
    change: Callable[[dict[str, Tensor]], None], said: str
) -> None:
    weights = vggish_weights()
    change(weights)
    with torch.device("meta"):
        network = VGGish()
    with pytest.raises(BundleInvalid, match=re.escape(said)):
        fill(network, weights, source="it")


def test_weights_saved_by_an_old_pytorch_from_several_gpus_fill_kumar(tmp_path: Path) -> None:
    network = KumarCNN().eval()
    for layer in network.modules():  # statistics that a new network has not
        if isinstance(layer, nn.BatchNorm2d) and layer.running_mean is not None:
            layer.running_mean.uniform_(-0.2, 0.2)
    kept = {f"module.{name}": each for name, each in network.state_dict().items() if not name.endswith("tracked")}
    torch.save(kept, tmp_path / "mx.pkl", _use_new_zipfile_serialization=False)
    other = KumarCNN().eval()
    fill(other, read_weights(tmp_path / "mx.pkl"), source="it")
    samples = torch.from_numpy(noise(30_000)[None])
    with torch.inference_mode():
        torch.testing.assert_close(other(samples), network(samples), rtol=0, atol=0)


class Harmful:
    def __reduce__(self) -> tuple[Callable[[str], object], tuple[str]]:
        return eval, ("1 / 0",)


@pytest.mark.parametrize("importer", [import_vggish, import_kumar])
def test_files_that_are_no_weights_are_refused_and_nothing_in_them_is_run(
    tmp_path: Path, importer: Callable[[Path, Path], object]
) -> None:
    (tmp_path / "text").write_text("no weights")
    (tmp_path / "empty").write_bytes(b"")
    (tmp_path / "harmful").write_bytes(pickle.dumps(Harmful(), protocol=2))
    torch.save([1, 2], tmp_path / "list")
    torch.save({"step": 3}, tmp_path / "numbers")
    for name in ("text", "empty", "harmful", "list", "numbers", "missing"):
        with pytest.raises(BundleInvalid, match=name):
            importer(tmp_path / name, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_the_other_port_of_vggish_is_read_by_its_own_names(tmp_path: Path) -> None:
    weights = {name: torch.zeros(1) for name in VGGish(channels=(1, 1, 1, 1), hidden=1, width=1).state_dict()}
    renamed = {name.replace("embeddings.", "fc."): each for name, each in weights.items()}
    torch.save(renamed, tmp_path / "fc.pth")
    with pytest.raises(BundleInvalid, match=re.escape("features.0.weight [1]; expected [64, 1, 3, 3]")):
        import_vggish(tmp_path / "fc.pth", tmp_path / "out")
