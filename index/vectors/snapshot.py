"""Vector tables on the disk: what a start maps instead of building it anew, checked, and never trusted."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, ValidationError

from index.vectors.base import VectorIndex
from index.vectors.contents import Contents
from index.vectors.exact import ExactIndex
from index.vectors.kinds import Near, Report
from index.vectors.stored_files import StoredFile, check, clear, place, replace
from models.bundle.manifest import Frozen
from models.errors import InvalidInput, SnapshotInvalid
from models.types import Metric

FORMAT = 2
HEAD = "snapshot.json"
ATTACHED = "attached-"
"""How the names of files begin that hold arrays of the caller."""

Arrays = Mapping[str, NDArray[Any]]


class Identity(Frozen):
    """Whose vectors these are: of this space, gallery and generation, and of no other."""

    space: str
    gallery: str
    generation: int


class Head(Frozen):
    """`snapshot.json`: what the snapshot holds, up to which of the gallery's changes, and its files.

    `token` is that of the change at the position, which another history of the catalog has not.
    """

    format: int
    identity: Identity
    position: int = Field(ge=0)
    token: int = Field(ge=0)
    kind: str
    metric: Metric
    dim: int = Field(gt=0)
    count: int = Field(ge=0)
    parameters: Mapping[str, int]
    near: Near | None
    report: Report | None
    files: Mapping[str, StoredFile]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A table as it was at a position of its gallery's changes, with the report of its building, if it has one.

    `attached` are the caller's arrays, which may be written to: what is written stays in this process.
    """

    index: VectorIndex
    position: int
    report: Report | None
    token: int = 0
    attached: Arrays = field(default_factory=dict)


@runtime_checkable
class Kept(Protocol):
    """A vector table that can be kept, as FaissIndex and ExactIndex can; others keep themselves, or cannot."""

    def contents(self) -> Contents: ...


def write(
    index: VectorIndex,
    folder: Path,
    *,
    identity: Identity,
    position: int,
    token: int = 0,
    report: Report | None = None,
    attached: Arrays | None = None,
) -> None:
    """Keep the table as it is now; until this returns the folder's last snapshot stays the valid one.

    Only one at a time may write to a folder; changes to the index meanwhile are not in it. Raises OSError where the
    disk is full or cannot be written: then, too, the last snapshot stays. Refuses tables that are not `Kept`, and
    attached arrays with a name of other signs than a-z, 0-9 and - (InvalidInput).
    """
    if not isinstance(index, Kept):
        raise InvalidInput(f"a vector table of kind {index.kind!r} cannot be kept as a snapshot")
    contents = index.contents()
    arrays = {**contents.arrays, **_named_attached(attached or {})}
    folder.mkdir(parents=True, exist_ok=True)
    files = {f"{name}.npy": place(folder, f"{name}.npy", _saver(rows)) for name, rows in arrays.items()}
    if contents.save_structure is not None:
        files["structure.faiss"] = place(folder, "structure.faiss", contents.save_structure)
    head = Head(
        format=FORMAT,
        identity=identity,
        position=position,
        token=token,
        kind=contents.kind,
        metric=contents.metric,
        dim=contents.vectors.shape[1],
        count=int(np.count_nonzero(contents.live)) + len(contents.fresh_ids),
        parameters=contents.parameters,
        near=contents.near,
        report=report,
        files=files,
    )
    replace(folder / HEAD, _rendered(head))
    clear(folder, {HEAD, *(stored.name for stored in files.values())})


def read(folder: Path, identity: Identity) -> Snapshot:
    """The snapshot of this identity, its sealed part mapped from the disk.

    Raises SnapshotInvalid for one that is missing, damaged, of another identity or of a format not known here.
    """
    head = _head(folder / HEAD)
    if head.identity != identity:
        raise SnapshotInvalid(f"{folder} holds {_named(head.identity)}, expected {_named(identity)}")
    check(folder, head.files.values())
    try:
        index, attached = _index(folder, head), _attached(folder, head)
    except (OSError, ValueError, KeyError, RuntimeError) as error:  # as numpy and FAISS refuse
        raise SnapshotInvalid(f"{folder} cannot be read: {error}") from error
    if len(index) != head.count:
        raise SnapshotInvalid(f"{folder} holds {len(index)} vectors, expected {head.count}")
    return Snapshot(index, head.position, head.report, head.token, attached)


def _index(folder: Path, head: Head) -> VectorIndex:
    paths = {name: folder / stored.name for name, stored in head.files.items()}

    def mapped(name: str) -> Any:
        return _mapped(paths[f"{name}.npy"], "r")

    contents = Contents(
        kind=head.kind,
        metric=head.metric,
        ids=mapped("ids"),
        vectors=mapped("vectors"),
        live=mapped("live"),
        fresh_ids=mapped("fresh-ids"),
        fresh_vectors=mapped("fresh-vectors"),
        parameters=head.parameters,
        near=head.near,
    )
    if head.kind == ExactIndex.kind or find_spec("faiss") is None:
        return ExactIndex.of(contents)
    from index.vectors.faiss_store import FaissIndex  # loaded only where there is FAISS

    return FaissIndex.of(contents, paths.get("structure.faiss"))


def _named_attached(attached: Arrays) -> Arrays:
    """The arrays by the name of their file."""
    for name in attached:
        if not re.fullmatch("[a-z0-9-]+", name):
            raise InvalidInput(f"an attached array must be named by a-z, 0-9 and -, found {name!r}")
    return {f"{ATTACHED}{name}": each for name, each in attached.items()}


def _attached(folder: Path, head: Head) -> Arrays:
    """The caller's arrays by their names; one that is written to is copied, page by page."""
    files = {name: stored for name, stored in head.files.items() if name.startswith(ATTACHED)}
    return {
        name.removeprefix(ATTACHED).removesuffix(".npy"): _mapped(folder / stored.name, "c")
        for name, stored in files.items()
    }


def _head(path: Path) -> Head:
    """What the snapshot says of itself, if every byte of that is as it was written."""
    try:
        found = path.read_bytes()
        known = json.loads(found)
        _check_format(path, known)
        head = Head.model_validate(known["head"])
    except OSError as error:
        raise SnapshotInvalid(f"there is no snapshot that can be read at {path}: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, ValidationError) as error:
        raise SnapshotInvalid(f"{path} is damaged: {error}") from error
    if found != _rendered(head):
        raise SnapshotInvalid(f"{path} is damaged: its content does not fit its checksum")
    return head


def _check_format(path: Path, known: Any) -> None:
    if (found := known["head"]["format"]) != FORMAT:
        raise SnapshotInvalid(f"{path} is of format {found!r}, expected {FORMAT}")


def _rendered(head: Head) -> bytes:
    """The bytes of `snapshot.json`: the head and its checksum."""
    content = head.model_dump(mode="json")
    digest = sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
    return json.dumps({"head": content, "sha256": digest}, sort_keys=True, indent=2).encode()


def _saver(rows: NDArray[Any]) -> Callable[[Path], None]:
    def save(path: Path) -> None:
        with path.open("wb") as opened:  # given a path, numpy would end its name in .npy
            np.save(opened, rows, allow_pickle=False)

    return save


def _mapped(path: Path, mode: Literal["r", "c"]) -> Any:
    """An array that is read from the disk as it is needed; as a plain array, for a memmap is slow to slice."""
    return np.asarray(np.load(path, mmap_mode=mode, allow_pickle=False))


def _named(identity: Identity) -> str:
    return f"generation {identity.generation} of {identity.gallery!r} in space {identity.space[:12]}"
