"""Bundles of a service or a data folder, listed, shown and brought: more commands of `sightsound bundle`."""

import tarfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer

from sightsound.commands.reach import FOLDER, AsJson, Data, Key, Server, reached
from sightsound.commands.transfers import opened, said, shown

if TYPE_CHECKING:
    from sightsound.bundle_answers import BundleDetail


def list_all(server: Server = None, key: Key = None, data: Data = FOLDER, as_json: AsJson = False) -> None:
    """Show the bundles there are, their routes and what they were trained on."""
    from sightsound.commands.tables import of_rows, say

    with reached(server, key, data) as client:
        found = client.bundles()
    rows = [(each.name, each.method, ", ".join(each.routes), each.trained_on) for each in found]
    say(
        found,
        of_rows(("bundle", "method", "routes", "trained on"), rows, nothing="There is no bundle."),
        as_json=as_json,
    )


def show(
    name: Annotated[str, typer.Argument(help="The bundle's name.")],
    server: Server = None,
    key: Key = None,
    data: Data = FOLDER,
    as_json: AsJson = False,
) -> None:
    """Show all that a bundle says of itself."""
    with reached(server, key, data) as client:
        found = client.bundle(name)
    _say(found, as_json=as_json)


def upload(
    path: Annotated[Path, typer.Argument(exists=True, help="A bundle: its folder, or that as a zip or tar.")],
    server: Server = None,
    key: Key = None,
    data: Data = FOLDER,
    as_json: AsJson = False,
) -> None:
    """Bring a bundle, which is checked and tried; `sightsound reindex --bundle` then uses it."""
    with _packed(path) as archive, reached(server, key, data) as client, shown(f"Sending {path.name}") as told:
        found = client.add_bundle(archive, told=told)
    _say(found, as_json=as_json)


def download(
    name: Annotated[str, typer.Argument(help="The bundle's name.")],
    file: Annotated[Path, typer.Argument(help="The tar to write; - is the standard output.")],
    server: Server = None,
    key: Key = None,
    data: Data = FOLDER,
    as_json: AsJson = False,
) -> None:
    """Fetch a bundle as one tar, which `upload` takes elsewhere."""
    with reached(server, key, data) as client, shown(f"Fetching {name}") as told:
        client.bundle_archive(name, opened(file), told=told)
    said(name, file, as_json=as_json)


COMMANDS: Mapping[str, Callable[..., None]] = {"list": list_all, "show": show, "upload": upload, "download": download}
"""Of `sightsound bundle`."""


@contextmanager
def _packed(path: Path) -> Iterator[Path]:
    """The archive of a folder for as long as the block lasts; an archive as it is."""
    if not path.is_dir():
        yield path
        return
    with TemporaryDirectory(prefix="sightsound-") as place:
        archive = Path(place) / "bundle.tar"
        with tarfile.open(archive, "w") as into:
            for each in sorted(path.iterdir()):
                into.add(each, each.name, recursive=False)
        yield archive


def _say(found: "BundleDetail", *, as_json: bool) -> None:
    from sightsound.commands.tables import of_figures, say

    told: dict[str, object] = {
        "method": found.method,
        "routes": ", ".join(sorted(found.routes)),
        "classifies by": ", ".join(found.channels),
        "reads": ", ".join(each.name for each in (*found.backbones.values(), found.text_encoder)),
        "trained on": found.trained_on,
        "classes": f"{len(found.vocabulary)}, {len(found.seen_classes)} of them seen",
        **{name: f"{value:.1%}" for name, value in found.evaluation.items()},
        "size": f"{found.size_bytes / 1e6:,.1f} MB",
        "sha256": found.sha256,
    }
    say(found, of_figures(found.name, told), as_json=as_json)
