"""The log-mel spectrogram inside the sound network's graph, against an FFT in numpy and ONNX's STFT operator."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import onnxruntime as ort
import torch
from numpy.lib.stride_tricks import sliding_window_view
from onnx import TensorProto
from onnx.helper import make_graph, make_model, make_node, make_opsetid, make_tensor_value_info
from onnx.numpy_helper import from_array

from benchmarks.contest import Contest, Way
from models.types import F32
from training.backbones.log_mel import LogMel
from training.export import quiet_exporter

RATE = 16_000
FLOOR = np.float32(1e-4)  # LogMel's own
HOW = ("log-mel by a convolution in ONNX", "numpy's rfft", "ONNX's STFT operator")
SAME = 2e-3  # logarithms of float32 sums in three orders


@dataclass(frozen=True, slots=True)
class FrontEnd:
    """So many seconds of 16 kHz sound, cut into frames of each of these sizes, on one thread."""

    name: ClassVar[str] = "front end"
    seconds: float = 10.0
    sizes: tuple[int, ...] = (512, 400)

    @contextmanager
    def contest(self) -> Iterator[Contest]:
        """Frames of 512 samples are what the backbone takes; 400, 25 ms, are usual and no power of two."""
        waveform = np.random.default_rng(0).uniform(-0.5, 0.5, (1, round(self.seconds * RATE))).astype(np.float32)
        ways: dict[str, Way] = {}
        pairs = []
        for size in self.sizes:
            ours, *peers = (f"{how}, frames of {size}" for how in HOW)
            ways |= zip((ours, *peers), _checked(LogMel(rate=RATE, size=size), waveform), strict=True)
            pairs += [(ours, peer) for peer in peers]
        yield Contest(ways, pairs)


def _checked(log_mel: LogMel, waveform: F32) -> list[Callable[[], F32]]:
    """The log-mel [64, t] by each of `HOW`, which give the same."""
    convolution, operator = _session(_exported(log_mel, waveform)), _session(_stft_graph(log_mel))
    window, filters = _window(log_mel), log_mel.filters.numpy()
    ways: list[Callable[[], F32]] = [
        lambda: _run(convolution, waveform),
        lambda: _by_fft(waveform[0], window, filters, log_mel.hop),
        lambda: _run(operator, waveform),
    ]
    first, *others = (way() for way in ways)
    assert all(np.abs(other - first).max() < SAME for other in others), "the ways give different spectrograms"
    return ways


def _run(session: ort.InferenceSession, waveform: F32) -> F32:
    log_mel: F32 = session.run(None, {"waveform": waveform})[0][0]
    return log_mel


def _session(graph: bytes) -> ort.InferenceSession:
    """On one thread, as backbones run."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    return ort.InferenceSession(graph, options, ["CPUExecutionProvider"])


def _exported(log_mel: LogMel, waveform: F32) -> bytes:
    with quiet_exporter():
        program = torch.onnx.export(
            log_mel,
            (torch.from_numpy(waveform),),
            input_names=["waveform"],
            dynamo=True,
            external_data=False,
            verbose=False,
        )
    assert program is not None, "the dynamo exporter returns a program"
    return bytes(program.model_proto.SerializeToString())


def _window(log_mel: LogMel) -> F32:
    """The Hann window [size]: the kernel of frequency 0 is nothing else."""
    window: F32 = log_mel.kernels[0, 0].numpy()
    return window


def _by_fft(waveform: F32, window: F32, filters: F32, hop: int) -> F32:
    """The log-mel [mels, t] of a waveform [n], as a numpy user writes it."""
    padded = np.pad(waveform, len(window) // 2)
    frames = sliding_window_view(padded, len(window))[::hop] * window
    spectrum = np.fft.rfft(frames)
    power = spectrum.real**2 + spectrum.imag**2
    energies: F32 = np.log(filters @ power.T + FLOOR)
    return energies


def _stft_graph(log_mel: LogMel) -> bytes:
    """The same as a graph around the STFT operator: `waveform` [1, n] to [1, mels, t]."""
    half = log_mel.size // 2
    constants = {
        "pads": np.array([0, half, 0, half], np.int64),
        "last": np.array([-1], np.int64),
        "hop": np.array(log_mel.hop, np.int64),
        "window": _window(log_mel),
        "filters": np.ascontiguousarray(log_mel.filters.numpy().T),
        "floor": np.array(FLOOR),
    }
    nodes = [
        make_node("Pad", ["waveform", "pads"], ["padded"]),
        make_node("Unsqueeze", ["padded", "last"], ["signal"]),
        make_node("STFT", ["signal", "hop", "window"], ["spectrum"]),
        make_node("ReduceSumSquare", ["spectrum", "last"], ["power"], keepdims=0),
        make_node("MatMul", ["power", "filters"], ["energies"]),
        make_node("Add", ["energies", "floor"], ["lifted"]),
        make_node("Log", ["lifted"], ["logarithms"]),
        make_node("Transpose", ["logarithms"], ["log_mel"], perm=[0, 2, 1]),
    ]
    graph = make_graph(
        nodes,
        "log_mel",
        [make_tensor_value_info("waveform", TensorProto.FLOAT, [1, "n"])],
        [make_tensor_value_info("log_mel", TensorProto.FLOAT, [1, "mels", "t"])],
        [from_array(np.asarray(value), name) for name, value in constants.items()],
    )
    return bytes(make_model(graph, opset_imports=[make_opsetid("", 18)], ir_version=8).SerializeToString())
