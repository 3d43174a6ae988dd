"""`sightsound backbone pull`: CLIP and CLAP from the hub as backbones and text encoders of a data folder."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sightsound.commands.outcome import done
from sightsound.commands.reach import FOLDER, AsJson, Folder

if TYPE_CHECKING:
    from sightsound.progress import Steps
    from training.hub.catalogue import Pretrained
    from training.hub.fetching import Hub

PUBLIC = "https://huggingface.co"
MB = 1_000_000


def pull(
    name: Annotated[str, typer.Argument(help="Which: clip-vit-b-32, clap-htsat-unfused; see the documentation.")],
    data: Folder = FOLDER,
    endpoint: Annotated[
        str, typer.Option(envvar=["SIGHTSOUND_HUB", "HF_ENDPOINT"], help="The hub's address, or a mirror's.")
    ] = PUBLIC,
    offline: Annotated[
        bool,
        typer.Option("--offline", envvar=["SIGHTSOUND_OFFLINE", "HF_HUB_OFFLINE"], help="Take only what is there."),
    ] = False,
    catalogue: Annotated[
        Path | None, typer.Option(help="A file of one's own that names what can be pulled; by default ours.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Fetch a pre-trained shared space: a backbone of one sense and the text encoder that goes with it."""
    from rich.console import Console

    from sightsound.progress import Steps
    from training.hub.building import Place
    from training.hub.catalogue import OURS, find
    from training.hub.fetching import Hub
    from training.hub.lock import LOCK, Lock

    entry = find(name, catalogue or OURS)
    hub = Hub(data / "hub", Lock(data / LOCK), endpoint=endpoint.rstrip("/") or PUBLIC, offline=offline)
    with Steps(Console(stderr=as_json)) as steps:
        commit = _pulled(name, entry, hub, data / "backbones", steps)
    place = Place(data / "backbones", name, commit)
    made = {"backbone": place.media.name, "text_encoder": place.text.name}
    said = f"The backbone {place.media.name} and the text encoder {place.text.name} are in {data / 'backbones'}."
    done(said, made, as_json=as_json)


def _pulled(name: str, entry: "Pretrained", hub: "Hub", backbones: Path, steps: "Steps") -> str:
    """The commit that was pulled, or is there already."""
    from training.hub.building import Place, kept, write_backbone, write_text

    commit = hub.commit(entry)
    if commit is not None and kept(Place(backbones, name, commit)):
        return commit
    files = {file: _fetched(entry, file, hub, steps) for file in entry.files}
    commit = hub.commit(entry)
    assert commit is not None, "what was fetched is of some commit"
    place = Place(backbones, name, commit)
    with steps.step("Building", 2) as step:
        write_backbone(place, entry, files)
        step.advance()
        write_text(place, entry, files)
    return commit


def _fetched(entry: "Pretrained", file: str, hub: "Hub", steps: "Steps") -> Path:
    with steps.step(f"Fetching {Path(file).name}") as step:
        return hub.fetch(entry, file, lambda done, total: step.to(done // MB, _megabytes(done, total)))


def _megabytes(done: int, total: int | None) -> str:
    return f"{done / MB:.1f} MB" if total is None else f"{done / MB:.1f} of {total / MB:.1f} MB"
