"""CLIP's network of pictures as a backbone's graph, with its front end.

Source: CLIPImageProcessor (transformers 5.23.0): the shorter side scaled, the middle cut out, values over 255, less
the mean, over the standard deviation; the numbers are those of the repository's own `preprocessor_config.json`.
"""

from collections.abc import Mapping
from typing import Any

from onnx import TensorProto
from onnx.helper import make_tensor_value_info
from onnx.numpy_helper import to_array

from models.errors import BundleInvalid
from models.media.media import FrameSpec
from training.classifiers.frontend import Scaling, front_end
from training.hub.composing import composed, read_network, unit

RATE = 1.0
"""Frames a second: the networks of pictures that people use look at one or two."""
DONE = ("do_resize", "do_center_crop", "do_normalize")


def frames_taken(config: Mapping[str, Any]) -> FrameSpec:
    """How clips are decoded for a network; raises BundleInvalid for a front end that is not CLIP's."""
    if skipped := [each for each in DONE if not config.get(each, True)]:
        raise BundleInvalid(f"preprocessor_config.json: {skipped[0]} is off; expected CLIP's front end")
    size = _side(config, "crop_size", ("height", "width"))
    shorter = _side(config, "size", ("shortest_edge",))
    if shorter < size:
        raise BundleInvalid(f"preprocessor_config.json: {size} pixels are cut out of {shorter}")
    return FrameSpec(rate=RATE, size=size, shorter_side=shorter)


def picture_graph(content: bytes, *, name: str, config: Mapping[str, Any], width: int) -> bytes:
    """From `frames` uint8 [n, h, w, 3] to `embedding` [n, width], a row a frame.

    Raises:
        BundleInvalid: the network is not CLIP's, or its front end is another.
    """
    network = read_network(content, name=name, inputs=["pixel_values"], output="image_embeds")
    side = frames_taken(config).size
    wanted = make_tensor_value_info(network.inputs["pixel_values"].name, TensorProto.FLOAT, ["n", 3, side, side])
    front = front_end("video", wanted, Scaling(_colours(config, "image_mean"), _colours(config, "image_std")))
    nodes = [*front.nodes, *network.nodes, unit(network.output)]
    constants = {each.name: to_array(each) for each in front.constants}
    return composed(network, nodes, given=[front.given], constants=constants, width=width)


def _side(config: Mapping[str, Any], key: str, names: tuple[str, ...]) -> int:
    """A number of pixels, written as such or under each of the names."""
    value = config.get(key)
    sides = {value.get(each) for each in names} if isinstance(value, Mapping) else {value}
    side = sides.pop()
    if sides or not isinstance(side, int) or side < 1:
        raise BundleInvalid(f"preprocessor_config.json: {key} is {value}; expected a number of pixels")
    return side


def _colours(config: Mapping[str, Any], key: str) -> tuple[float, float, float]:
    value = config.get(key)
    if not isinstance(value, list) or len(value) != 3 or not all(isinstance(each, int | float) for each in value):
        raise BundleInvalid(f"preprocessor_config.json: {key} is {value}; expected a number for red, green and blue")
    red, green, blue = map(float, value)
    return red, green, blue
