"""ONNX Runtime sessions over checked bytes."""

from collections.abc import Mapping, Sequence

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray
from onnxruntime.capi import onnxruntime_pybind11_state as failures

from models.errors import BundleInvalid
from models.types import F32, I64, U8

ERRORS_ONLY = 3  # onnxruntime's log severity
BROKEN = (
    failures.Fail,
    failures.InvalidArgument,
    failures.InvalidGraph,
    failures.InvalidProtobuf,
    failures.NotImplemented,
    failures.RuntimeException,
)


class Graph:
    """An encoder's ONNX graph; runs on the CPU with `threads` threads, from any number of callers at once."""

    def __init__(self, content: bytes, *, name: str, inputs: Sequence[str], threads: int) -> None:
        self._session = open_session(content, name=name, threads=threads)
        _check_names(self._session, name=name, inputs=inputs)

    def embedding(self, feeds: Mapping[str, F32 | I64 | U8]) -> F32:
        """The output `embedding` [rows, width]."""
        (rows,) = self._session.run(["embedding"], dict(feeds))
        embedding: NDArray[np.float32] = np.asarray(rows, np.float32)
        return embedding


def open_session(content: bytes, *, name: str, threads: int) -> ort.InferenceSession:
    """A graph that runs on the CPU; raises BundleInvalid, with the name, for bytes that are none."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = ERRORS_ONLY
    try:
        return ort.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except BROKEN as error:
        raise BundleInvalid(f"{name} is not an ONNX graph that can be run: {error}") from error


def _check_names(session: ort.InferenceSession, *, name: str, inputs: Sequence[str]) -> None:
    found = sorted(each.name for each in session.get_inputs())
    if found != sorted(inputs):
        raise BundleInvalid(f"{name} has the inputs {found}; expected {sorted(inputs)}")
    outputs = [each.name for each in session.get_outputs()]
    if "embedding" not in outputs:
        raise BundleInvalid(f"{name} has the outputs {outputs}; expected one of them to be embedding")
