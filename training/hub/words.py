"""The text networks of CLIP and CLAP as graphs of a text encoder.

Both exports take `input_ids` alone and give `text_embeds` (scripts/extra/clip.py of xenova/transformers.js; the
inputs of Xenova/clap-htsat-unfused as Findit-AI/textclap lists them, tests/fixtures/golden_onnx_io.json). CLIP's is
causal and read at the first end of the text, so that what follows changes nothing. CLAP's, a RoBERTa, looks at all it
is given: its padding has to be taken off, text by text.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from onnx import NodeProto, TensorProto, ValueInfoProto
from onnx.helper import make_graph, make_node, make_tensor_value_info

from training.hub.catalogue import Kind
from training.hub.composing import Network, composed, read_network, unit

IDS, MASK = "input_ids", "attention_mask"
MAX_TOKENS: Mapping[Kind, int] = {"clip": 77, "clap": 512}
"""Places for tokens: `max_position_embeddings` of CLIPTextConfig and, without RoBERTa's two, of ClapTextConfig."""


def text_graph(content: bytes, *, name: str, kind: Kind, width: int) -> bytes:
    """From `input_ids` and `attention_mask` int64 [b, s] to `embedding` [b, width]; raises as `read_network`."""
    network = read_network(content, name=name, inputs=[IDS, MASK], output="text_embeds")
    masked = MASK in network.inputs or kind == "clip"
    nodes, constants = _together(network) if masked else _one_by_one(network)
    return composed(network, nodes, given=[_given(IDS), _given(MASK)], constants=constants, width=width)


def _together(network: Network) -> tuple[list[NodeProto], dict[str, NDArray[np.generic]]]:
    fed = [make_node("Identity", [name], [value.name]) for name, value in network.inputs.items()]
    return [*fed, *network.nodes, unit(network.output)], {}


def _one_by_one(network: Network) -> tuple[list[NodeProto], dict[str, NDArray[np.generic]]]:
    """A loop over the texts: the tokens that the mask keeps, through the network."""
    tokens = [
        make_node("Gather", [IDS, "text"], ["ids_of_text"]),
        make_node("Gather", [MASK, "text"], ["mask_of_text"]),
        make_node("NonZero", ["mask_of_text"], ["kept"]),
        make_node("Reshape", ["kept", "flat"], ["places"]),
        make_node("Gather", ["ids_of_text", "places"], ["tokens"]),
        make_node("Reshape", ["tokens", "one_row"], [network.inputs[IDS].name]),
    ]
    last = [
        make_node("Reshape", [network.output, "flat"], ["row"]),
        make_node("Identity", ["going_on"], ["still_going_on"]),
    ]
    body = make_graph(
        [*tokens, *network.nodes, *last],
        "one_text",
        [
            make_tensor_value_info("text", TensorProto.INT64, []),
            make_tensor_value_info("going_on", TensorProto.BOOL, []),
        ],
        [
            make_tensor_value_info("still_going_on", TensorProto.BOOL, []),
            make_tensor_value_info("row", TensorProto.FLOAT, ["width"]),
        ],
    )
    nodes = [
        make_node("Shape", [IDS], ["shape"]),
        make_node("Gather", ["shape", "first"], ["texts"]),
        make_node("Loop", ["texts", ""], ["rows_of_texts"], body=body),
        unit("rows_of_texts"),
    ]
    constants = {"flat": np.array([-1]), "one_row": np.array([1, -1]), "first": np.array(0)}
    return nodes, constants


def _given(name: str) -> ValueInfoProto:
    return make_tensor_value_info(name, TensorProto.INT64, ["b", "s"])
