"""Heads that run: what they compute and what they refuse."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
import pytest

from models.bundle.runtime import Bundle
from models.bundle.store import save
from models.errors import BundleInvalid, InvalidInput
from models.types import F32, Modality
from tests.tiny.bundles import AUDIO, TEXT, VIDEO, tiny_bundle, tiny_maps

MODALITIES: tuple[Modality, ...] = ("audio", "video", "text")


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    folder = tmp_path_factory.mktemp("bundles") / "tiny"
    tiny_bundle(folder, seed=3)
    return Bundle.open(folder)


def features(rows: int, seed: int = 0) -> dict[Modality, F32]:
    numbers = np.random.default_rng(seed)
    return {each: numbers.normal(size=(rows, 8)).astype(np.float32) for each in MODALITIES}


@pytest.mark.parametrize("rows", [0, 1, 257])
def test_a_head_embeds_batches_of_any_size(bundle: Bundle, rows: int) -> None:
    maps = tiny_maps({"audio": AUDIO, "video": VIDEO, "text": TEXT}, 3)
    found = bundle.embed("audio", features(rows))
    assert found.shape == (rows, 4)
    assert found == pytest.approx(features(rows)["audio"] @ maps["audio"], abs=1e-5)


def test_the_augmented_heads_score_both_distances_in_one_inner_product(bundle: Bundle) -> None:
    clips, words = features(5), features(4, seed=1)
    audio, video = bundle.embed("audio", clips), bundle.embed("video", clips)
    text = bundle.embed("text", words)
    both = bundle.embed("text_av", words) @ bundle.embed("av", clips).T
    for i, t in enumerate(text):
        for j, (a, v) in enumerate(zip(audio, video, strict=True)):
            assert both[i, j] == pytest.approx(-(((a - t) ** 2).sum() + ((v - t) ** 2).sum()) / 2, abs=1e-5)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"audio": np.zeros((2, 7), np.float32)}, r"audio features must be float32 \[b, 8\], found float32 \(2, 7\)"),
        ({"audio": np.zeros(8, np.float32)}, r"found float32 \(8,\)"),
        ({"audio": np.zeros((2, 8))}, "found float64"),
        ({"audio": np.full((2, 8), np.nan, np.float32)}, "must be finite"),
        ({"audio": np.zeros((3, 8), np.float32)}, r"as many rows of each modality, found \[2, 3\]"),
    ],
)
def test_features_that_do_not_fit_are_refused(bundle: Bundle, change: dict[Any, Any], complaint: str) -> None:
    with pytest.raises(InvalidInput, match=complaint):
        bundle.embed("av", features(2) | change)


def test_a_missing_feature_and_an_unknown_head_are_named(bundle: Bundle) -> None:
    with pytest.raises(InvalidInput, match="reads audio, video; there is no video feature"):
        bundle.embed("av", {"audio": features(2)["audio"]})
    with pytest.raises(BundleInvalid, match=r"no head 'odour'; it has \['audio'"):
        bundle.embed("odour", features(2))


def test_a_file_that_is_no_graph_is_refused(bundle: Bundle, tmp_path: Path) -> None:
    graphs = dict.fromkeys(bundle.manifest.heads, b"no graph")
    heads = {
        name: head.model_copy(update={"sha256": sha256(b"no graph").hexdigest()})
        for name, head in bundle.manifest.heads.items()
    }
    save(tmp_path / "odd", bundle.manifest.model_copy(update={"heads": heads}), graphs, "")
    with pytest.raises(BundleInvalid, match=r"head 'audio': .* is not an ONNX graph"):
        Bundle.open(tmp_path / "odd").embed("audio", features(1))


def test_a_head_that_vanishes_or_changes_after_the_bundle_was_opened_is_refused(tmp_path: Path) -> None:
    manifest = tiny_bundle(tmp_path / "tiny")
    bundle = Bundle.open(tmp_path / "tiny")
    (tmp_path / "tiny" / manifest.heads["audio"].file).unlink()
    (tmp_path / "tiny" / manifest.heads["video"].file).write_bytes(b"another")
    with pytest.raises(BundleInvalid, match="head 'audio': there is no file"):
        bundle.embed("audio", features(1))
    with pytest.raises(BundleInvalid, match=r"head 'video': .* has sha256"):
        bundle.embed("video", features(1))


def test_a_graph_with_other_inputs_or_dims_than_declared_is_refused(tmp_path: Path) -> None:
    manifest = tiny_bundle(tmp_path / "tiny")
    graphs = {name: (tmp_path / "tiny" / head.file).read_bytes() for name, head in manifest.heads.items()}
    swapped = manifest.heads | {
        "audio": manifest.heads["audio"].model_copy(update={"inputs": ("video",)}),
        "video": manifest.heads["video"].model_copy(update={"dim": 5}),
    }
    save(tmp_path / "odd", manifest.model_copy(update={"heads": swapped, "routes": {}}), graphs, "")
    odd = Bundle.open(tmp_path / "odd")
    with pytest.raises(BundleInvalid, match=r"inputs \['audio'\]"):
        odd.embed("audio", features(1))
    with pytest.raises(BundleInvalid, match=r"gave float32 \(1, 4\), expected float32 \(1, 5\)"):
        odd.embed("video", features(1))


def test_threads_may_share_a_bundle(bundle: Bundle) -> None:
    expected = bundle.embed("av", features(3))
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: bundle.embed("av", features(3)), range(50)))
    assert all((each == expected).all() for each in found)


LITTLE = """
import resource, sys
from pathlib import Path
import numpy as np
import onnxruntime as ort
from models.bundle.runtime import Bundle
from models.errors import Unavailable

bundle = Bundle.open(Path(sys.argv[1]))
rows = {"audio": np.zeros((8_000_000, 8), np.float32)}
bundle.embed("audio", {"audio": rows["audio"][:10]})
held = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (held + 90 * 2**20, held + 90 * 2**20))
try:
    bundle.embed("audio", rows)
except Unavailable as error:
    assert str(error) == "head 'audio' of tiny ran out of memory", error
else:
    raise SystemExit("nothing was said")
assert bundle.embed("audio", {"audio": rows["audio"][:10]}).shape == (10, 4)
"""


def test_a_head_that_memory_is_too_little_for_is_unavailable_and_runs_again_later(tmp_path: Path) -> None:
    tiny_bundle(tmp_path / "tiny")
    command = [sys.executable, "-c", LITTLE, str(tmp_path / "tiny")]
    subprocess.run(command, check=True, cwd=Path(__file__).parents[3], timeout=60)


@pytest.mark.skipif("CUDAExecutionProvider" in ort.get_available_providers(), reason="this ONNX Runtime knows a GPU")
def test_heads_that_a_gpu_is_asked_for_run_where_there_is_none(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    tiny_bundle(tmp_path / "tiny", seed=3)
    found = Bundle.open(tmp_path / "tiny", device="gpu").embed("audio", features(3))
    assert (found == Bundle.open(tmp_path / "tiny").embed("audio", features(3))).all()
    assert "head 'audio': audio.onnx runs on the CPU" in caplog.text


@pytest.mark.gpu
@pytest.mark.skipif("CUDAExecutionProvider" not in ort.get_available_providers(), reason="ONNX Runtime knows no GPU")
def test_heads_on_a_gpu_give_what_they_give_on_the_cpu(tmp_path: Path) -> None:
    tiny_bundle(tmp_path / "tiny", seed=3)
    on_gpu, on_cpu = (Bundle.open(tmp_path / "tiny", device=device) for device in ("gpu", "cpu"))
    for head in on_cpu.manifest.heads:
        inputs = {each: features(9)[each] for each in on_cpu.manifest.heads[head].inputs}
        np.testing.assert_allclose(on_gpu.embed(head, inputs), on_cpu.embed(head, inputs), rtol=1e-4, atol=1e-5)
