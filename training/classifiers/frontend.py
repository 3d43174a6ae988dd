"""The nodes before a network: from samples and frames as we decode them to what it was trained on."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from onnx import NodeProto, TensorProto, ValueInfoProto
from onnx.helper import make_node, make_tensor_value_info
from onnx.numpy_helper import from_array

from models.errors import BundleInvalid
from models.types import Sense

COLOURS = 3
WHITE = 255
DIMENSIONS = {"audio": ("n",), "video": ("n", "h", "w", COLOURS)}
NAMES = {"audio": "waveform", "video": "frames"}


@dataclass(frozen=True, slots=True)
class Scaling:
    """What a network of float pictures was trained on: (x / 255 - mean) / std, of red, green and blue."""

    mean: tuple[float, float, float]
    std: tuple[float, float, float]

    def __post_init__(self) -> None:
        if not all(each > 0 for each in self.std):
            raise BundleInvalid(f"pictures are scaled by standard deviations over 0, found {self.std}")


@dataclass(frozen=True, slots=True)
class FrontEnd:
    """Nodes from the input `waveform` or `frames` to a network's own, with their constants."""

    given: ValueInfoProto
    nodes: tuple[NodeProto, ...]
    constants: tuple[TensorProto, ...] = ()


def front_end(sense: Sense, wanted: ValueInfoProto, scaling: Scaling | None) -> FrontEnd:
    """What feeds the network's input `wanted`.

    Sound is float32 [n] or [1, n]. Pictures are uint8 [n, h, w, 3], where the network scales them itself, or float32
    [n, 3, h, w] or [n, h, w, 3], scaled as `scaling` says.

    Raises:
        BundleInvalid: the input is another, or whether and how to scale does not fit it.
    """
    shape, kind = shape_of(wanted), wanted.type.tensor_type.elem_type
    if sense == "audio":
        return _sound(wanted.name, len(shape), kind)
    if kind == TensorProto.UINT8 and len(shape) == 4 and shape[3] == COLOURS:
        if scaling is not None:
            raise BundleInvalid(f"the input {wanted.name} takes bytes, which the network scales itself")
        return FrontEnd(_given(sense), (make_node("Identity", [NAMES[sense]], [wanted.name]),))
    if kind != TensorProto.FLOAT or len(shape) != 4 or COLOURS not in (shape[1], shape[3]):
        raise BundleInvalid(_other(wanted, "uint8 [n, h, w, 3], float32 [n, 3, h, w] or float32 [n, h, w, 3]"))
    if scaling is None:
        raise BundleInvalid(f"the input {wanted.name} takes float32; say the mean and std that pictures are scaled by")
    return _pictures(wanted.name, scaling, channels_first=shape[1])


def shape_of(value: ValueInfoProto) -> tuple[int, ...]:
    """Its dimensions, 0 where any size will do."""
    return tuple(each.dim_value for each in value.type.tensor_type.shape.dim)


def _sound(name: str, rank: int, kind: int) -> FrontEnd:
    if kind != TensorProto.FLOAT or rank not in (1, 2):
        raise BundleInvalid(f"the input {name} is not float32 [n] or [1, n]; its rank is {rank}")
    if rank == 1:
        return FrontEnd(_given("audio"), (make_node("Identity", ["waveform"], [name]),))
    first = from_array(np.array([0], np.int64), "first")
    return FrontEnd(_given("audio"), (make_node("Unsqueeze", ["waveform", "first"], [name]),), (first,))


def _pictures(name: str, scaling: Scaling, *, channels_first: int) -> FrontEnd:
    last = "scaled" if channels_first == COLOURS else name
    nodes = [
        make_node("Cast", ["frames"], ["bytes"], to=TensorProto.FLOAT),
        make_node("Sub", ["bytes", "mean"], ["centred"]),
        make_node("Div", ["centred", "std"], [last]),
    ]
    if last == "scaled":
        nodes.append(make_node("Transpose", ["scaled"], [name], perm=[0, 3, 1, 2]))
    constants = {"mean": scaling.mean, "std": scaling.std}
    return FrontEnd(_given("video"), tuple(nodes), tuple(_of_bytes(row, key) for key, row in constants.items()))


def _of_bytes(row: Sequence[float], name: str) -> TensorProto:
    return from_array(np.array(row, np.float32) * np.float32(WHITE), name)


def _given(sense: Sense) -> ValueInfoProto:
    kind = TensorProto.FLOAT if sense == "audio" else TensorProto.UINT8
    return make_tensor_value_info(NAMES[sense], kind, list(DIMENSIONS[sense]))


def _other(value: ValueInfoProto, expected: str) -> str:
    kind = TensorProto.DataType.Name(value.type.tensor_type.elem_type)
    return f"the input {value.name} is {kind} {list(shape_of(value))}; expected {expected}"
