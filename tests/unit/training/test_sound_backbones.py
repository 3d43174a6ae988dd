"""The networks of sound that the papers' features were made with: their rows, layers, sizes and graphs."""

from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from models.errors import BundleInvalid
from models.features.backbone import Backbone
from models.features.card import BackboneCard
from models.features.graph import Graph
from models.types import F32
from tests.tiny.pca import pca_file
from tests.tiny.sound import noise
from training.backbones.kumar import CHANNELS, KumarCNN, import_kumar
from training.backbones.resnet9 import ResNet9, export_resnet9
from training.backbones.vggish import Quantising, VGGish, Whitening, export_vggish, read_pca

VGGISH_LAYERS = {
    "features.0": [64, 1, 3, 3],
    "features.3": [128, 64, 3, 3],
    "features.6": [256, 128, 3, 3],
    "features.8": [256, 256, 3, 3],
    "features.11": [512, 256, 3, 3],
    "features.13": [512, 512, 3, 3],
    "embeddings.0": [4096, 512 * 4 * 6],
    "embeddings.2": [4096, 4096],
    "embeddings.4": [128, 4096],
}
"""torchvggish/vggish.py of github.com/harritaylor/torchvggish: what its state names and their weights' shapes are."""

KUMAR_LAYERS = {
    1: [16, 1, 3, 3],
    2: [16, 16, 3, 3],
    4: [32, 16, 3, 3],
    5: [32, 32, 3, 3],
    7: [64, 32, 3, 3],
    8: [64, 64, 3, 3],
    10: [128, 64, 3, 3],
    11: [128, 128, 3, 3],
    13: [256, 128, 3, 3],
    14: [256, 256, 3, 3],
    16: [512, 256, 3, 3],
    18: [1024, 512, 2, 2],
    19: [527, 1024, 1, 1],
}
"""network_architectures.py of github.com/anuragkr90/weak_feature_extractor, class weak_mxh64_1024."""


def lively(network: nn.Module) -> nn.Module:
    """Weights that let what is heard through to the end, and statistics that are not those of a new network."""
    torch.manual_seed(0)
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            nn.init.kaiming_normal_(layer.weight)
            if layer.bias is not None:  # drawn before the seed was set, it would be another in every run
                nn.init.uniform_(layer.bias, -0.1, 0.1)
        if isinstance(layer, nn.BatchNorm2d) and layer.running_mean is not None and layer.running_var is not None:
            layer.running_mean.uniform_(-0.2, 0.2)
            layer.running_var.uniform_(0.8, 1.2)
    return network.eval()


def small_vggish() -> VGGish:
    network = lively(VGGish(channels=(4, 4, 8, 8), hidden=32))
    assert isinstance(network, VGGish)
    return network


def small_kumar() -> KumarCNN:
    network = lively(KumarCNN(channels=(2, 2, 4, 4, 8, 8, 1024), sounds=5))
    assert isinstance(network, KumarCNN)
    return network


def small_resnet9() -> ResNet9:
    network = lively(ResNet9(channels=(2, 2, 4, 512)))
    assert isinstance(network, ResNet9)
    return network


@pytest.mark.parametrize(("n", "rows"), [(1, 1), (23_999, 1), (47_999, 1), (48_000, 2), (240_000, 10)])
def test_selavi_gives_a_row_for_every_whole_second_and_at_least_one(n: int, rows: int) -> None:
    with torch.inference_mode():
        assert small_resnet9()(torch.zeros(2, n)).shape == (2, rows, 512)


@pytest.mark.parametrize(
    ("n", "rows"), [(1, 1), (399, 1), (15_599, 1), (15_600, 1), (30_959, 1), (30_960, 2), (160_000, 10)]
)
def test_vggish_gives_a_row_for_every_96_whole_steps_and_at_least_one(n: int, rows: int) -> None:
    with torch.inference_mode():
        assert small_vggish()(torch.zeros(2, n)).shape == (2, rows, 128)


@pytest.mark.parametrize(("n", "rows"), [(1, 1), (512, 1), (65_536, 1), (97_791, 1), (97_792, 2), (441_000, 12)])
def test_kumar_gives_a_row_for_every_128_steps_64_apart_and_at_least_one(n: int, rows: int) -> None:
    network = small_kumar()
    with torch.inference_mode():
        assert network(torch.zeros(2, n)).shape == (2, rows, 1024)
        assert network.sounds(torch.zeros(2, n)).shape == (2, 5)


def test_sound_shorter_than_a_row_of_vggish_is_followed_by_silence() -> None:
    network, samples = small_vggish(), torch.from_numpy(noise(9000)[None])
    with torch.inference_mode():
        silent = torch.cat([samples, torch.zeros(1, 6600)], dim=1)
        torch.testing.assert_close(network(samples), network(silent), rtol=0, atol=1e-6)


def test_a_spectrogram_shorter_than_a_row_of_kumar_is_followed_by_0_db() -> None:
    network, samples = small_kumar(), torch.from_numpy(noise(9000)[None])
    steps = torch.zeros(1, 1, 128, 128)
    with torch.inference_mode():
        steps[0, 0, :18] = network.log_mel(samples)[0]
        for number in range(1, 19):
            steps = network.get_submodule(f"layer{number}")(steps)
        torch.testing.assert_close(network(samples)[0, 0], steps[0, :, 0, 0])


def test_rows_of_vggish_are_those_of_their_own_stretches() -> None:
    network, samples = small_vggish(), torch.from_numpy(noise(50_000)[None])
    with torch.inference_mode():
        rows = network(samples)
        for row in range(3):
            alone = network(samples[:, 15_360 * row : 15_360 * row + 15_600])
            torch.testing.assert_close(rows[:, row : row + 1], alone, rtol=1e-4, atol=1e-4)


def test_vggish_has_the_published_layers_and_number_of_parameters() -> None:
    with torch.device("meta"):
        network = VGGish()
    shapes = {name: list(each.shape) for name, each in network.state_dict().items()}
    assert shapes == {
        f"{layer}.{part}": shape if part == "weight" else shape[:1]
        for layer, shape in VGGISH_LAYERS.items()
        for part in ("weight", "bias")
    }
    # 72.1 million, a file of 289 MB.
    assert sum(each.numel() for each in network.parameters()) == 72_141_184


def test_kumar_has_the_published_layers_and_the_size_of_the_published_file() -> None:
    with torch.device("meta"):
        network = KumarCNN()
    state = network.state_dict()
    assert {name for name in state if name.endswith("0.weight")} == {f"layer{i}.0.weight" for i in KUMAR_LAYERS}
    assert all(list(state[f"layer{i}.0.weight"].shape) == shape for i, shape in KUMAR_LAYERS.items())
    stored = sum(each.numel() for name, each in state.items() if not name.endswith("tracked"))
    assert stored * 4 / 2**20 == pytest.approx(19.1, abs=0.05)


def test_whitened_and_quantised_rows_are_what_the_published_code_makes_of_them() -> None:
    rng = np.random.default_rng(0)
    rows, eigenvectors, means = rng.normal(size=(50, 128)), rng.normal(size=(128, 128)) / 10, rng.normal(size=128)
    whitened = (eigenvectors @ (rows.T - means[:, None])).T
    expected = ((np.clip(whitened, -2, 2) + 2) * (255 / 4)).astype(np.uint8)
    white = Whitening(torch.from_numpy(eigenvectors), torch.from_numpy(means))(torch.from_numpy(rows))
    np.testing.assert_allclose(white.numpy(), whitened, atol=1e-12)
    np.testing.assert_array_equal(Quantising()(white).numpy(), expected)
    assert expected.min() == 0
    assert expected.max() == 255


def test_whitened_rows_need_the_parameters_of_pca(tmp_path: Path) -> None:
    with pytest.raises(BundleInvalid, match="whitened rows need vggish_pca_params"):
        export_vggish(small_vggish(), tmp_path / "out", finish="whitened", pca=None, version="1")
    assert not (tmp_path / "out").exists()


def test_vggish_as_a_graph_gives_what_torch_gives_at_every_length(tmp_path: Path) -> None:
    network, pca = small_vggish(), pca_file(tmp_path, "params.npz")
    card = export_vggish(network, tmp_path / "out", finish="quantised", pca=pca, version="1")
    assert (card.ref, card.takes.rate, card.width) == ("vggish-quantised@1", 16_000, 128)
    whole = nn.Sequential(network, read_pca(pca), Quantising())
    pairs = [both_rows(tmp_path / "out", whole, n) for n in (1, 399, 15_599, 15_601, 30_960, 100_003)]
    found, expected = (np.concatenate(rows) for rows in zip(*pairs, strict=True))
    assert found.shape == (12, 128)
    assert ((found > 0) & (found < 255)).mean() > 0.5
    # On an edge, the last bit decides between two numbers: 1 value in 1,000 means rows that differ by 1e-5.
    assert (found != expected).mean() <= 1e-3
    assert np.abs(found - expected).max() <= 1
    assert np.std(found, axis=0).max() > 5  # what is heard reaches the end


def test_kumar_s_weights_as_a_graph_give_what_torch_gives_at_every_length(tmp_path: Path) -> None:
    network = lively(KumarCNN())
    torch.save({f"module.{name}": each for name, each in network.state_dict().items()}, tmp_path / "mx.pkl")
    card = import_kumar(tmp_path / "mx.pkl", tmp_path / "out")
    assert card.ref == f"kumar@{sha256((tmp_path / 'mx.pkl').read_bytes()).hexdigest()[:8]}"
    assert (card.takes.rate, card.width) == (44_100, CHANNELS[-1])
    pairs = [both_rows(tmp_path / "out", network, n) for n in (1, 512, 513, 65_023, 97_792, 300_001)]
    found, expected = (np.concatenate(rows) for rows in zip(*pairs, strict=True))
    assert found.shape == (14, 1024)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5 * expected.max())  # random weights give rows to 100
    assert np.std(found, axis=0).max() > 0.1


def test_resnet9_as_a_graph_gives_what_torch_gives_at_every_length(tmp_path: Path) -> None:
    network = small_resnet9()
    card = export_resnet9(network, tmp_path / "out", version="1")
    assert (card.ref, card.takes.rate, card.width) == ("selavi-resnet9@1", 24_000, 512)
    pairs = [both_rows(tmp_path / "out", network, n) for n in (1, 23_999, 24_001, 48_000, 130_001)]
    found, expected = (np.concatenate(rows) for rows in zip(*pairs, strict=True))
    assert found.shape == (10, 512)
    np.testing.assert_allclose(found, expected, atol=1e-4)
    assert np.std(found, axis=0).max() > 0.01


def test_resnet9_has_the_published_layers_and_torchvision_s_number_of_parameters() -> None:
    with torch.device("meta"):
        network = ResNet9()
    layers = {name.removesuffix(".weight") for name in network.state_dict() if name.endswith("weight")}
    stages = {f"layer{stage}.0.{part}" for stage in range(1, 5) for part in ("conv1", "bn1", "conv2", "bn2")}
    shortcuts = {f"layer{stage}.0.downsample.{part}" for stage in range(2, 5) for part in range(2)}
    assert layers == {"conv1", "bn1"} | stages | shortcuts
    # A 7 x 7 stem and its norm, then 3 x 3 pairs, 1 x 1 shortcuts, and two numbers a channel of every norm.
    pairs = sum(9 * (before + after) * after for before, after in [(64, 64), (64, 128), (128, 256), (256, 512)])
    shortcut = sum(before * 2 * before for before in (64, 128, 256))
    norms = 2 * (64 + 2 * (64 + 128 + 256 + 512) + 128 + 256 + 512)
    assert sum(each.numel() for each in network.parameters()) == 49 * 64 + pairs + shortcut + norms


def both_rows(folder: Path, network: nn.Module, n: int) -> tuple[F32, F32]:
    """The rows of n samples as the exported graph gives them, and as torch does."""
    samples, card = noise(n), Backbone.open(folder).card
    graph = Graph((folder / card.file).read_bytes(), name=card.ref, inputs=["waveform"], threads=1)
    with torch.inference_mode():
        expected: F32 = network(torch.from_numpy(samples[None]))[0].numpy()
    assert abs(len(expected) - rows_said(card, n / card.takes.rate)) <= 1  # of what begins a row and what fills one
    return graph.embedding({"waveform": samples}), expected


def rows_said(card: BackboneCard, seconds: float) -> int:
    """How many rows so much sound has, as the card describes them."""
    assert card.rows is not None
    assert card.rows.length_s is not None
    assert card.rows.step_s is not None
    return max(1, 1 + int((seconds - card.rows.length_s) / card.rows.step_s))


def test_vggish_reads_its_maps_row_by_row_all_channels_of_a_place_together() -> None:
    network, samples = small_vggish(), torch.from_numpy(noise(15_600)[None])
    network.embeddings = nn.Sequential()
    with torch.inference_mode():
        maps = network.features(network.log_mel(samples)[None])[0]
        read = network(samples)[0, 0]
    assert maps.shape == (8, 6, 4)
    expected = [maps[channel, step, band] for step in range(6) for band in range(4) for channel in range(8)]
    torch.testing.assert_close(read, torch.stack(expected))


def test_resnet9_adds_and_halves_where_torchvision_does() -> None:
    network, samples = small_resnet9(), torch.from_numpy(noise(24_000)[None])
    state = network.state_dict()

    def convolved(maps: Tensor, convolution: str, norm: str, *, stride: int, padding: int) -> Tensor:
        maps = functional.conv2d(maps, state[f"{convolution}.weight"], stride=stride, padding=padding)
        mean, variance, weight, bias = (
            state[f"{norm}.{part}"] for part in ("running_mean", "running_var", "weight", "bias")
        )
        return functional.batch_norm(maps, mean, variance, weight, bias)

    with torch.inference_mode():
        maps = convolved(network.log_mel(samples)[:, None], "conv1", "bn1", stride=2, padding=3).relu()
        maps = functional.max_pool2d(maps, 3, 2, 1)
        for stage, stride in ((1, 1), (2, 2), (3, 2), (4, 2)):
            block = f"layer{stage}.0"
            inner = convolved(maps, f"{block}.conv1", f"{block}.bn1", stride=stride, padding=1).relu()
            inner = convolved(inner, f"{block}.conv2", f"{block}.bn2", stride=1, padding=1)
            if f"{block}.downsample.0.weight" in state:
                maps = convolved(maps, f"{block}.downsample.0", f"{block}.downsample.1", stride=stride, padding=0)
            maps = (inner + maps).relu()
        torch.testing.assert_close(network(samples)[0], maps.mean(dim=(2, 3)), rtol=1e-5, atol=1e-5)
