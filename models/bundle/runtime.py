"""A bundle that runs: its heads as ONNX Runtime sessions, opened when first used."""

from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from threading import Lock

import numpy as np
import onnxruntime as ort

from models.bundle.manifest import HeadSpec, Manifest
from models.bundle.reading import MANIFEST, head_bytes, load_manifest
from models.errors import BundleInvalid, InvalidInput, Unavailable
from models.features.graph import BROKEN, open_session, ran_out
from models.features.running import Device
from models.types import F32, Modality


class Bundle:
    """The heads of a trained method, from features to embeddings; safe to use from several threads.

    `sha256` is that of the manifest, which names the sha256 of every head: it tells bundles apart. `size_bytes` is what
    all its files take.
    """

    def __init__(self, folder: Path, manifest: Manifest, *, threads: int = 1, device: Device = "cpu") -> None:
        self.manifest = manifest
        self.sha256 = sha256((folder / MANIFEST).read_bytes()).hexdigest()
        self.size_bytes = sum(each.stat().st_size for each in folder.iterdir())
        self._folder = folder
        self._threads, self._device = threads, device
        self._sessions: dict[str, ort.InferenceSession] = {}
        self._opening = Lock()

    @classmethod
    def open(cls, folder: Path, *, threads: int = 1, device: Device = "cpu") -> "Bundle":
        """The bundle in a folder; raises BundleInvalid when its files do not fit its manifest."""
        return cls(folder, load_manifest(folder), threads=threads, device=device)

    @property
    def name(self) -> str:
        """The bundle's name."""
        return self.manifest.name

    def width(self, modality: Modality) -> int:
        """How wide a feature of this modality is; raises BundleInvalid where the bundle reads none."""
        if modality == "text":
            return self.manifest.text_encoder.width
        if modality not in self.manifest.backbones:
            raise BundleInvalid(f"the bundle {self.name!r} names no backbone for {modality}")
        return self.manifest.backbones[modality].width

    def embed(self, head: str, features: Mapping[Modality, F32]) -> F32:
        """The embeddings [b, dim] of features [b, width], one array a modality that the head reads.

        Raises:
            InvalidInput: a feature is missing, of another shape or type, or not finite.
            BundleInvalid: the bundle has no such head, or its graph does not do what the manifest says.
            Unavailable: there is too little memory for it, as where other things fill a GPU.
        """
        spec = self._spec(head)
        inputs = {name: features[name] for name in spec.inputs if name in features}
        rows = self._check(head, spec, inputs)
        if rows == 0:
            return np.empty((0, spec.dim), np.float32)
        embedding = self._run(head, spec, inputs)
        if embedding.shape != (rows, spec.dim) or embedding.dtype != np.float32:
            raise BundleInvalid(
                f"head {head!r} gave {embedding.dtype} {embedding.shape}, expected float32 {(rows, spec.dim)}"
            )
        return embedding

    def _run(self, head: str, spec: HeadSpec, inputs: Mapping[Modality, F32]) -> F32:
        try:
            embedding: F32 = self._session(head, spec).run(None, inputs)[0]
        except BROKEN as error:
            if ran_out(error):
                raise Unavailable(f"head {head!r} of {self.name} ran out of memory") from error
            raise
        return embedding

    def _spec(self, head: str) -> HeadSpec:
        if head not in self.manifest.heads:
            raise BundleInvalid(f"the bundle {self.name!r} has no head {head!r}; it has {sorted(self.manifest.heads)}")
        return self.manifest.heads[head]

    def _check(self, head: str, spec: HeadSpec, inputs: Mapping[Modality, F32]) -> int:
        if missing := [name for name in spec.inputs if name not in inputs]:
            raise InvalidInput(
                f"head {head!r} reads {', '.join(spec.inputs)}; there is no {', '.join(missing)} feature"
            )
        for modality, feature in inputs.items():
            _check_feature(modality, feature, self.width(modality))
        rows = {len(feature) for feature in inputs.values()}
        if len(rows) != 1:
            raise InvalidInput(f"head {head!r} needs as many rows of each modality, found {sorted(rows)}")
        return rows.pop()

    def _session(self, head: str, spec: HeadSpec) -> ort.InferenceSession:
        with self._opening:
            if head not in self._sessions:
                self._sessions[head] = self._open_session(head, spec)
            return self._sessions[head]

    def _open_session(self, head: str, spec: HeadSpec) -> ort.InferenceSession:
        content = head_bytes(
            self._folder, head, spec
        )  # again: it may have gone, or become another, since it was opened
        name = f"head {head!r}: {spec.file}"
        session = open_session(content, name=name, threads=self._threads, device=self._device)
        found = sorted(each.name for each in session.get_inputs())
        if found != sorted(spec.inputs) or len(session.get_outputs()) != 1:
            outputs = [each.name for each in session.get_outputs()]
            raise BundleInvalid(
                f"head {head!r}: the graph has inputs {found}, outputs {outputs}; expected {spec.inputs}"
            )
        return session


def _check_feature(modality: Modality, feature: F32, width: int) -> None:
    if feature.dtype != np.float32 or feature.ndim != 2 or feature.shape[1] != width:
        raise InvalidInput(f"{modality} features must be float32 [b, {width}], found {feature.dtype} {feature.shape}")
    if not np.isfinite(feature).all():
        raise InvalidInput(f"{modality} features must be finite, found NaN or infinity")
