"""ONNX Runtime sessions over checked bytes, on the CPU or on an NVIDIA GPU."""

import ctypes
import logging
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray
from onnxruntime.capi import onnxruntime_pybind11_state as failures

from models.errors import BundleInvalid
from models.features.running import Device
from models.types import F32, I64, U8

ERRORS_ONLY = 3  # onnxruntime's log severity
BROKEN = (
    failures.EPFail,
    failures.Fail,
    failures.InvalidArgument,
    failures.InvalidGraph,
    failures.InvalidProtobuf,
    failures.NotImplemented,
    failures.RuntimeException,
    RuntimeError,  # all that running with bound inputs raises
)
NO_MEMORY = (
    *("failed to allocate memory", "smaller than requested bytes", "bad_alloc", "bad allocation"),
    *("out of memory", "alloc_failed", "allocation_failed"),
)
"""What ONNX Runtime's errors say, in lower case, of which none has a class of its own: its arena's, also where that has
a limit, C++'s, those of CUDA, cuBLAS and cuDNN."""

CPU, CUDA = "CPUExecutionProvider", "CUDAExecutionProvider"
CUDA_OPTIONS = {
    "use_tf32": "0",  # ten bits of products are too few for features that a CPU's are compared with
    "cudnn_conv_algo_search": "HEURISTIC",  # else every new size of a batch is tried in all ways there are
    "arena_extend_strategy": "kSameAsRequested",  # else it takes up to twice what is needed
}

log = logging.getLogger(__name__)


class Graph:
    """An encoder's ONNX graph; runs with `threads` threads of the CPU, or on a GPU, from any number of callers at once.

    `device` is where it does, which is the CPU where no GPU can be used.
    """

    def __init__(
        self, content: bytes, *, name: str, inputs: Sequence[str], threads: int, device: Device = "cpu"
    ) -> None:
        self._session = open_session(content, name=name, threads=threads, device=device)
        _check_names(self._session, name=name, inputs=inputs)
        self.device: Device = "gpu" if self._session.get_providers()[0] == CUDA else "cpu"
        self._memory = "cuda" if self.device == "gpu" else "cpu"
        self._name = name

    def embedding(self, feeds: Mapping[str, F32 | I64 | U8]) -> F32:
        """The output `embedding` [rows, width]; raises MemoryError where there is too little for it."""
        try:
            rows = self._run(feeds)
        except BROKEN as error:
            if ran_out(error):
                raise MemoryError(f"{self._name} ran out of memory") from error
            raise
        embedding: NDArray[np.float32] = np.asarray(rows, np.float32)
        return embedding

    def _run(self, feeds: Mapping[str, F32 | I64 | U8]) -> NDArray[Any]:
        """Inputs are copied to the device once, or not at all where that is the CPU; the output comes back once."""
        binding = self._session.io_binding()
        for name, values in feeds.items():
            held = ort.OrtValue.ortvalue_from_numpy(np.ascontiguousarray(values), self._memory, 0)
            binding.bind_ortvalue_input(name, held)
        binding.bind_output("embedding")
        self._session.run_with_iobinding(binding)
        rows: NDArray[Any] = binding.copy_outputs_to_cpu()[0]
        return rows


def ran_out(error: Exception) -> bool:
    """Whether an error of ONNX Runtime says that there was too little memory."""
    return any(each in str(error).lower() for each in NO_MEMORY)


def open_session(content: bytes, *, name: str, threads: int, device: Device = "cpu") -> ort.InferenceSession:
    """A graph that can be run; raises BundleInvalid, with the name, for bytes that are none.

    Where a GPU is asked for and none can be used, the log says so and the graph runs on the CPU.
    """
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = ERRORS_ONLY
    try:
        session = ort.InferenceSession(content, options, providers=_providers(device))
    except BROKEN as error:
        raise BundleInvalid(f"{name} is not an ONNX graph that can be run: {error}") from error
    if device == "gpu" and session.get_providers()[0] != CUDA:
        log.warning("%s runs on the CPU: this ONNX Runtime can use no NVIDIA GPU", name)
    return session


def _providers(device: Device) -> list[str | tuple[str, dict[str, str]]]:
    """What runs a graph, the first that can; ONNX Runtime refuses those that it was built without."""
    if device == "cpu" or CUDA not in ort.get_available_providers() or not _has_cuda():
        return [CPU]
    return [(CUDA, CUDA_OPTIONS), CPU]


@cache
def _has_cuda() -> bool:
    """Whether there is a driver; CUDA's libraries are loaded then, from where pip has put them.

    Without one, ONNX Runtime would write several lines of its own for each graph, and load three gigabytes for nothing.
    """
    try:
        ctypes.CDLL("nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1")
    except OSError:
        return False
    ort.preload_dlls()
    return True


def _check_names(session: ort.InferenceSession, *, name: str, inputs: Sequence[str]) -> None:
    found = sorted(each.name for each in session.get_inputs())
    if found != sorted(inputs):
        raise BundleInvalid(f"{name} has the inputs {found}; expected {sorted(inputs)}")
    outputs = [each.name for each in session.get_outputs()]
    if "embedding" not in outputs:
        raise BundleInvalid(f"{name} has the outputs {outputs}; expected one of them to be embedding")
