"""Reading a bundle's manifest, and refusing files that do not fit it."""

import math
import re
from hashlib import sha256
from pathlib import Path

from pydantic import ValidationError

from models.bundle.manifest import HeadSpec, Manifest
from models.errors import BundleInvalid

MANIFEST = "bundle.json"
MOST_FAULTS = 1000
HEAD_FILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,95}\.onnx")


def load_manifest(folder: Path) -> Manifest:
    """The manifest of a bundle folder, after checking it and the sha256 of every head.

    Raises:
        BundleInvalid: no manifest, keys or widths that do not fit, a file that is missing or is not the one named.
    """
    manifest = _parse(folder / MANIFEST)
    _check_widths(manifest)
    for head, spec in manifest.heads.items():
        check_file_name(head, spec)
        head_bytes(folder, head, spec)
    return manifest


def head_bytes(folder: Path, head: str, spec: HeadSpec) -> bytes:
    """A head's graph; raises BundleInvalid where its file is gone, a link, or not the one that the manifest names."""
    path = folder / spec.file
    if path.is_symlink() or not path.is_file():
        raise BundleInvalid(f"head {head!r}: there is no file {spec.file!r} in {folder.name!r}")
    content = path.read_bytes()
    if (found := sha256(content).hexdigest()) != spec.sha256:
        raise BundleInvalid(f"head {head!r}: {spec.file} has sha256 {found}, expected {spec.sha256}")
    return content


def check_file_name(head: str, spec: HeadSpec) -> None:
    """Refuse a head whose file is not a plain name in the bundle's folder."""
    if not HEAD_FILE.fullmatch(spec.file):
        raise BundleInvalid(f"head {head!r} names the file {spec.file!r}; expected a plain name ending in .onnx")


def _parse(path: Path) -> Manifest:
    if not path.is_file():
        raise BundleInvalid(f"{path.parent.name!r} has no {MANIFEST}")
    try:
        return Manifest.model_validate_json(path.read_bytes())
    except ValidationError as error:
        raise BundleInvalid(f"{path.parent.name}/{MANIFEST}: {_first(error)}") from error


def _first(error: ValidationError) -> str:
    """The first fault, where there are not so many that to list them takes seconds."""
    if (count := error.error_count()) > MOST_FAULTS:
        return f"the whole: it has {count} faults"
    first = error.errors()[0]
    return f"{'.'.join(map(str, first['loc'])) or 'the whole'}: {first['msg']}"


def _check_widths(manifest: Manifest) -> None:
    known = {*manifest.backbones, "text"}
    for head, spec in manifest.heads.items():
        if odd := set(spec.inputs) - known:
            raise BundleInvalid(f"head {head!r} reads {sorted(odd)}, for which the bundle names no backbone")
    for seen in manifest.seen_classes:
        if len(seen.feature) != manifest.text_encoder.width or not all(map(math.isfinite, seen.feature)):
            raise BundleInvalid(
                f"class {seen.name!r} needs {manifest.text_encoder.width} finite numbers as its feature"
            )
    _check_attention(manifest)


def _check_attention(manifest: Manifest) -> None:
    if manifest.attention is None:
        return
    spec = manifest.heads[manifest.attention]
    if set(spec.inputs) != {"audio", "video"} or spec.dim != 2:
        raise BundleInvalid(f"attention {manifest.attention!r} must read audio and video and have dim 2, found {spec}")
