"""Graphs on the device that was asked for, or said not to be."""

import logging
import subprocess
import sys
from ctypes.util import find_library
from pathlib import Path

import numpy as np
import onnxruntime as ort
import pytest

from models.errors import BundleInvalid
from models.features.backbone import BATCH, Backbone
from models.features.graph import CPU, CUDA, Graph
from models.media.media import FrameSpec, Media, SoundSpec
from tests.tiny.encoders import tiny_video_backbone
from tests.tiny.hungry import hungry_backbone

FRAMES = np.random.default_rng(0).integers(0, 256, (6, 32, 32, 3), dtype=np.uint8)
NO_GPU = CUDA not in ort.get_available_providers()


def graph(folder: Path, device: str = "cpu") -> Graph:
    content = (tiny_video_backbone(folder) / "backbone.onnx").read_bytes()
    return Graph(content, name="tiny", inputs=["frames"], threads=1, device="gpu" if device == "gpu" else "cpu")


def plain(folder: Path, frames: np.ndarray) -> np.ndarray:
    session = ort.InferenceSession(folder / "backbone.onnx", providers=["CPUExecutionProvider"])
    return np.asarray(session.run(["embedding"], {"frames": frames})[0])


def test_bound_inputs_and_outputs_give_what_a_plain_run_gives(tmp_path: Path) -> None:
    bound = graph(tmp_path)
    np.testing.assert_array_equal(bound.embedding({"frames": FRAMES}), plain(tmp_path, FRAMES))


def test_frames_that_do_not_lie_in_a_row_are_run_as_they_are_seen(tmp_path: Path) -> None:
    mirrored = FRAMES[::2, :, ::-1]
    found = graph(tmp_path).embedding({"frames": mirrored})
    np.testing.assert_array_equal(found, plain(tmp_path, np.ascontiguousarray(mirrored)))


def test_what_a_call_gave_is_not_overwritten_by_the_next(tmp_path: Path) -> None:
    bound = graph(tmp_path)
    first = bound.embedding({"frames": FRAMES})
    kept = first.copy()
    bound.embedding({"frames": 255 - FRAMES})
    np.testing.assert_array_equal(first, kept)


@pytest.mark.skipif(not NO_GPU, reason="this ONNX Runtime knows a GPU")
def test_where_there_is_no_gpu_the_log_says_so_and_the_cpu_runs(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        fallen_back = graph(tmp_path, "gpu")
    assert "tiny runs on the CPU" in caplog.text
    assert fallen_back.device == "cpu"
    np.testing.assert_array_equal(fallen_back.embedding({"frames": FRAMES}), plain(tmp_path, FRAMES))


@pytest.mark.skipif(find_library("cuda") is not None, reason="there is a driver of NVIDIA's")
def test_without_a_driver_a_runtime_for_gpus_is_not_asked_for_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Else it would write several lines of its own for each graph."""
    monkeypatch.setattr(ort, "get_available_providers", lambda: [CUDA, CPU])
    assert graph(tmp_path, "gpu").device == "cpu"
    assert capfd.readouterr() == ("", "")


def test_nobody_is_told_of_a_cpu_that_was_asked_for(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        graph(tmp_path)
    assert not caplog.text


@pytest.mark.gpu
@pytest.mark.skipif(NO_GPU, reason="this ONNX Runtime knows no GPU")
def test_a_gpu_gives_what_the_cpu_gives(tmp_path: Path) -> None:
    on_cpu, on_gpu = graph(tmp_path), graph(tmp_path, "gpu")
    assert on_gpu.device == "gpu"
    found = on_gpu.embedding({"frames": FRAMES})
    np.testing.assert_allclose(found, on_cpu.embedding({"frames": FRAMES}), rtol=1e-4, atol=1e-5)


LITTLE = """
import sys
from pathlib import Path
import numpy as np
import onnxruntime as ort
from models.features import graph

little = ort.OrtArenaCfg({"max_mem": 2**20})
ort.create_and_register_allocator(ort.OrtMemoryInfo("Cpu", ort.OrtAllocatorType.ORT_ARENA_ALLOCATOR, 0,
    ort.OrtMemType.DEFAULT), little)
plain = ort.SessionOptions
def options():
    made = plain()
    made.add_session_config_entry("session.use_env_allocators", "1")
    return made
graph.ort.SessionOptions = options
tiny = graph.Graph(Path(sys.argv[1]).read_bytes(), name="tiny", inputs=["frames"], threads=1)
try:
    tiny.embedding({"frames": np.zeros((64, 256, 256, 3), np.uint8)})
except MemoryError as error:
    assert "smaller than requested bytes" in str(error.__cause__), error.__cause__
else:
    raise SystemExit("nothing was said")
"""


def test_an_arena_with_a_limit_that_is_reached_is_too_little_memory(tmp_path: Path) -> None:
    """As that of a GPU is, where a limit is set: its error has other words."""
    path = tiny_video_backbone(tmp_path) / "backbone.onnx"
    subprocess.run([sys.executable, "-c", LITTLE, path], check=True, cwd=Path(__file__).parents[3], timeout=60)


def test_a_graph_that_does_not_run_on_what_its_card_takes_is_invalid(tmp_path: Path) -> None:
    shown = Media(1.0, SoundSpec(16_000), FrameSpec(rate=4, size=4, shorter_side=4), None, FRAMES[:, :4, :4])
    with pytest.raises(BundleInvalid, match=r"hungry@1 does not run on FrameSpec\(rate=4.*size=4"):
        Backbone.open(hungry_backbone(tmp_path, frame_bytes=120, side=8)).feature(shown)


def test_a_backbone_takes_as_many_frames_a_call_as_suit_its_device(tmp_path: Path) -> None:
    folder = hungry_backbone(tmp_path, frame_bytes=120)
    assert Backbone.open(folder).windows_a_call == 1
    assert Backbone.open(folder, device="gpu").windows_a_call == BATCH["gpu"].frames // 40
    assert Backbone.open(folder, batch=120).windows_a_call == 3
