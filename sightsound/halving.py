"""`sightsound bundle halve`: a bundle with its heads in float16, where it still finds the same."""

from typing import Annotated

import typer

from sightsound.commands.outcome import done
from sightsound.commands.reach import FOLDER, AsJson, Catalog, Folder


def halve(
    bundle: Annotated[str, typer.Argument(help="The bundle's name.")],
    gallery: Annotated[str, typer.Option(help="The gallery by which both are compared.")],
    name: Annotated[str | None, typer.Option(help="The new bundle's; by default the bundle's and -float16.")] = None,
    recall: Annotated[
        float, typer.Option(min=0, max=1, help="The share of the ten best hits that must be the same, by every route.")
    ] = 0.99,
    data: Folder = FOLDER,
    catalog: Catalog = None,
    as_json: AsJson = False,
) -> None:
    """Make a bundle whose heads multiply in float16, for a GPU; one that finds others is not made."""
    from index.halving import halve as make
    from sightsound.commands.folder_galleries import opened
    from sightsound.outputs import new_bundle

    made = name or f"{bundle}-float16"
    new_bundle(data, made)
    with opened(data, catalog) as stores:
        manifest, found = make(stores, bundle, gallery=gallery, name=made, least=recall)
    shares = "".join(
        f"{route}: {share:.1%} of the ten best hits are the same\n" for route, share in found.shares.items()
    )
    said = f"{shares}The bundle {manifest.name} is {bundle} in float16; `sightsound reindex --bundle` uses it."
    done(
        said,
        {"bundle": manifest.name, "same_hits": dict(found.shares), "difference": found.difference},
        as_json=as_json,
    )
