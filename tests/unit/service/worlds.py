"""A library with one more bundle: over a backbone for sound that is another file, though it hears the same."""

import json
from hashlib import sha256
from pathlib import Path
from shutil import copytree

import onnx

from models.bundle.manifest import EncoderRef
from models.bundle.store import load_manifest
from tests.tiny.bundles import tiny_bundle


def with_new_ears(library: Path) -> str:
    """Add the backbone and the bundle "new-ears", which maps as "tiny" does; returns the backbone's sha256."""
    made = load_manifest(library / "bundles" / "tiny")
    folder = Path(copytree(library / "backbones" / "tiny-audio@1", library / "backbones" / "tiny-audio@2"))
    card = json.loads((folder / "backbone.json").read_text())
    graph = onnx.load(str(folder / card["file"]))
    graph.doc_string = "the same, said otherwise"
    (folder / card["file"]).write_bytes(graph.SerializeToString())
    card |= {"version": "2", "sha256": sha256((folder / card["file"]).read_bytes()).hexdigest()}
    (folder / "backbone.json").write_text(json.dumps(card))
    audio = EncoderRef(name="tiny-audio@2", sha256=card["sha256"], width=8)
    video, text = made.backbones["video"], made.text_encoder
    tiny_bundle(library / "bundles" / "new-ears", name="new-ears", audio=audio, video=video, text=text)
    return str(card["sha256"])
