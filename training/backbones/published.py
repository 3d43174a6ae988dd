"""The papers' networks by name: from their authors' checkpoints to backbones of a folder."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from models.errors import QueryInvalid
from models.features.card import BackboneCard
from training.backbones import c3d, vggish
from training.backbones.i3d import import_i3d
from training.backbones.kumar import import_kumar
from training.backbones.placing import building
from training.backbones.r2plus1d import import_r2plus1d
from training.backbones.resnet9 import import_resnet9
from training.backbones.weights import file_version


@dataclass(frozen=True, slots=True)
class Published:
    """A network that others trained.

    Args:
        make: writes a backbone of a checkpoint into a folder.
        name: what that is called.
        options: what both may be told, by name.
    """

    make: Callable[..., BackboneCard]
    name: Callable[..., str]
    options: tuple[str, ...] = ()


PUBLISHED: Mapping[str, Published] = {
    "vggish": Published(vggish.import_vggish, vggish.name_of, ("finish", "pca")),
    "kumar": Published(import_kumar, lambda: "kumar"),
    "selavi-resnet9": Published(import_resnet9, lambda: "selavi-resnet9"),
    "selavi-r2plus1d-18": Published(import_r2plus1d, lambda: "selavi-r2plus1d-18"),
    "c3d": Published(c3d.import_c3d, c3d.name_of, ("layer", "light")),
    "i3d": Published(import_i3d, lambda: "i3d-rgb"),
}


def import_network(name: str, checkpoint: Path, backbones: Path, *, options: Mapping[str, object]) -> BackboneCard:
    """Write the backbone `<name>@<start of the checkpoint's sha256>` into a folder of backbones, whole or not at all.

    Args:
        options: those of the network's importer, by name.

    Raises:
        QueryInvalid: there is no such network, or it has no such option.
        BundleInvalid: the checkpoint does not hold its layers, or ONNX Runtime gives others than torch.
        Conflict: the backbone is there already.
    """
    network = _known(name)
    if odd := sorted(options.keys() - set(network.options)):
        known = ", ".join(f"--{each}" for each in network.options) or "none"
        raise QueryInvalid(f"--{odd[0]} is no option of {name}, which has {known}")
    folder = backbones / f"{network.name(**options)}@{file_version(checkpoint)}"
    with building(folder) as draft:
        card = network.make(checkpoint, draft, **options)
        assert card.ref == folder.name, f"{name} is called {card.ref}, expected {folder.name}"
    return card


def _known(name: str) -> Published:
    if name not in PUBLISHED:
        raise QueryInvalid(f"there is no network {name!r}; there are {', '.join(PUBLISHED)}")
    return PUBLISHED[name]
