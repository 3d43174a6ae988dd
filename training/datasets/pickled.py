"""Plain values out of pickle files, without running what is in them.

A pickle is a program: it names functions and has them called. Here it may name the parts that numpy's arrays are
pickled as, and those are our own, which only read numbers; whatever else it names is refused. Not even numpy's own
parts are called, since these trust a file with what lies in memory.
"""

import pickle
import re
from collections.abc import Callable
from math import prod
from pathlib import Path
from typing import Any, BinaryIO, Literal, NamedTuple, cast

import numpy as np

from models.errors import TrainingDataInvalid

DAMAGED = (
    pickle.UnpicklingError,
    ArithmeticError,
    AttributeError,
    EOFError,
    LookupError,
    MemoryError,
    TypeError,
    ValueError,
)
"""What unpickling raises where a file is cut, garbled or no pickle; a pickle may ask for more memory than there is."""


def load(path: Path) -> Any:
    """The value of a pickle file: words, numbers, bytes and arrays, in lists and dictionaries.

    Raises:
        TrainingDataInvalid: the file is damaged, or names a function or class that is none of these, which is named.
    """
    with path.open("rb") as file:
        return _value(file, path)


def load_array(path: Path) -> list[Any]:
    """The items of a .npy file of objects, such as a dictionary that `numpy.save` was given; raises as `load`."""
    with path.open("rb") as file:
        try:
            version = np.lib.format.read_magic(file)
            read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
            _, _, dtype = read(file)
        except ValueError as error:
            raise TrainingDataInvalid(f"{path} is not a whole .npy file: {error}") from error
        if not dtype.hasobject:
            raise TrainingDataInvalid(f"{path} holds {dtype} numbers; expected a dictionary")
        return cast(list[Any], _value(file, path))


def _value(file: BinaryIO, path: Path) -> Any:
    try:
        return _with_arrays(_Unpickler(file).load())
    except DAMAGED as error:
        raise TrainingDataInvalid(
            f"{path} cannot be read as plain data: {str(error) or type(error).__name__}"
        ) from error


class _Unpickler(pickle.Unpickler):
    """Knows the names in `PARTS`. Latin-1 is what arrays that Python 2 pickled need."""

    def __init__(self, file: BinaryIO) -> None:
        super().__init__(file, encoding="latin1")

    def find_class(self, module: str, name: str) -> Any:
        # numpy 2 renamed its insides, Python 3 those of Python 2.
        place = module.replace("numpy._core", "numpy.core").replace("__builtin__", "builtins")
        if (part := PARTS.get(f"{place}.{name}")) is None:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}, and may hold numbers, words and arrays only")
        return part


class _Part(NamedTuple):
    """What a pickle may have called. Nothing of it can be set, so that no pickle changes it for the next."""

    build: Callable[..., object]

    def __call__(self, *parts: object) -> object:
        return self.build(*parts)


class _Kind:
    """A numpy dtype by its code, such as f4; its state adds the byte order."""

    __slots__ = ("dtype",)

    def __init__(self, code: str, *_: object) -> None:
        if not re.fullmatch(r"[biufcSU]\d+|O8?", code):
            raise ValueError(f"arrays of {code!r} are not read")
        self.dtype: np.dtype[Any] = np.dtype(code)

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self.dtype = self.dtype.newbyteorder(state[1])


class _Stored:
    """What stands for an array until the pickle is read; an array of objects is a list of its items."""

    __slots__ = ("value",)

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        _, shape, kind, by_column, content = state
        self.value = _array(content, kind, shape, "F" if by_column else "C")


def _array(content: Any, kind: _Kind, shape: tuple[int, ...], order: Literal["C", "F"]) -> Any:
    if kind.dtype.hasobject:
        if len(content) != prod(shape):
            raise ValueError(f"an array {shape} has {len(content)} items")
        return list(content)
    # Python 2 wrote bytes as text.
    content = content.encode("latin1") if isinstance(content, str) else content
    return np.frombuffer(content, kind.dtype).reshape(shape, order=order)


def _from_buffer(content: Any, kind: _Kind, shape: tuple[int, ...], order: Literal["C", "F"]) -> _Stored:
    stored = _Stored()
    stored.value = _array(content, kind, shape, order)
    return stored


def _scalar(kind: _Kind, content: Any) -> Any:
    return _array(content, kind, (1,), "C")[0]


def _encoded(text: str, encoding: str) -> bytes:
    if encoding != "latin1":
        raise ValueError(f"bytes written as {encoding!r}; expected latin1")
    return text.encode("latin1")


PARTS: dict[str, object] = {
    "numpy.core.multiarray._reconstruct": _Part(lambda *_: _Stored()),
    "numpy.core.multiarray.scalar": _Part(_scalar),
    "numpy.core.numeric._frombuffer": _Part(_from_buffer),
    "numpy.dtype": _Part(_Kind),
    "numpy.ndarray": "ndarray",  # only ever handed on
    "_codecs.encode": _Part(_encoded),
    "builtins.bytearray": _Part(bytearray),
    "builtins.bytes": _Part(bytes),
    "builtins.set": _Part(set),
    "builtins.frozenset": _Part(frozenset),
    "collections.OrderedDict": _Part(dict),
}


def _with_arrays(root: object) -> object:
    """The value with every array in place of what stood for it; lists and dictionaries are changed where they are."""
    top = [root]
    todo: list[Any] = [top]
    met: set[int] = set()
    # A loop, and each container once: a pickle can hold itself, and nest as deep and as wide as it likes.
    while todo:
        each = todo.pop()
        if id(each) in met:
            continue
        met.add(id(each))
        for key, value in enumerate(each) if isinstance(each, list) else each.items():
            plain = value.value if isinstance(value, _Stored) else value
            each[key] = plain
            if isinstance(plain, list | dict):
                todo.append(plain)
    return top[0]
