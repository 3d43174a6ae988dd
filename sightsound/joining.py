"""`sightsound backbone join`: text encoders of a data folder side by side as one."""

from typing import Annotated

import typer

from sightsound.commands.outcome import done
from sightsound.commands.reach import FOLDER, AsJson, Folder


def join(
    parts: Annotated[list[str], typer.Argument(help="NAME@VERSION of each text encoder, in the order of columns.")],
    name: Annotated[str, typer.Option(help="The joined encoder's, in lower case.")],
    data: Folder = FOLDER,
    as_json: AsJson = False,
) -> None:
    """Join text encoders: one whose feature is theirs side by side."""
    from training.joining import join as join_encoders

    card = join_encoders(data / "backbones", parts, name=name)
    said = f"The text encoder {card.ref} has features of {card.width} numbers, of {' and '.join(parts)}."
    done(said, {"text_encoder": card.ref, "width": card.width}, as_json=as_json)
