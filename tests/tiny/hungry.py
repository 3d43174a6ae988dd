"""A backbone of pictures that needs as much memory as a test wants it to."""

import json
from hashlib import sha256
from pathlib import Path

import numpy as np
from onnx import TensorProto
from onnx.helper import make_graph, make_model, make_node, make_opsetid, make_tensor_value_info
from onnx.numpy_helper import from_array

SIDE = 4


def hungry_backbone(
    folder: Path,
    *,
    frame_bytes: int,
    batch: str = "rows",
    side: int | str = "side",
    averaged: tuple[int, ...] = (1, 2),
) -> Path:
    """The mean colour of frames, a row each, by way of `frame_bytes` of memory for each of them; returns `folder`.

    `side` is the only size it runs on, `averaged` the axes over which colours are: with the first one there is one row.
    """
    folder.mkdir(parents=True, exist_ok=True)
    nodes = [
        make_node("Cast", ["frames"], ["bytes"], to=TensorProto.FLOAT),
        make_node("ReduceMean", ["bytes", "plane"], ["means"], keepdims=0),
        make_node("Reshape", ["means", "three"], ["colours"]),
        make_node("Unsqueeze", ["colours", "last"], ["thin"]),
        make_node("Expand", ["thin", "size"], ["thick"]),
        make_node("ReduceMax", ["thick", "last"], ["embedding"], keepdims=0),
    ]
    constants = {"plane": list(averaged), "three": [-1, 3], "last": [2], "size": [1, 1, frame_bytes // 12]}
    graph = make_graph(
        nodes,
        "hungry",
        [make_tensor_value_info("frames", TensorProto.UINT8, ["n", side, side, 3])],
        [make_tensor_value_info("embedding", TensorProto.FLOAT, ["rows", 3])],
        [from_array(np.array(value, np.int64), name) for name, value in constants.items()],
    )
    content = make_model(graph, opset_imports=[make_opsetid("", 18)], ir_version=8).SerializeToString()
    card = {
        "name": "hungry",
        "version": "1",
        "sense": "video",
        "takes": {"rate": 4.0, "size": SIDE, "shorter_side": SIDE},
        "rows": {"of": "frame"},
        "batch": batch,
        "width": 3,
        "file": "backbone.onnx",
        "sha256": sha256(content).hexdigest(),
        "licence": "Apache-2.0",
        "source": "made for tests",
    }
    (folder / "backbone.onnx").write_bytes(content)
    (folder / "backbone.json").write_text(json.dumps(card))
    return folder
