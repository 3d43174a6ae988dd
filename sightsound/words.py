"""`sightsound backbone words`: a text encoder of a data folder from a file of word vectors."""

from functools import partial
from pathlib import Path
from typing import Annotated, Literal

import typer

from models.errors import DataMissing, QueryInvalid
from sightsound.commands.outcome import done
from sightsound.commands.reach import FOLDER, AsJson, Folder


def import_vectors(
    file: Annotated[Path, typer.Argument(help="Vectors of word2vec (binary or text), fastText (.vec) or GloVe.")],
    name: Annotated[str, typer.Option(help="The encoder's, in lower case.")],
    data: Folder = FOLDER,
    texts: Annotated[
        Path | None, typer.Option(help="Keep only the words of these texts, one a line; by default all.")
    ] = None,
    number: Annotated[
        Literal["float32", "float16"], typer.Option(help="float16 takes half the disk, at three decimal places.")
    ] = "float32",
    licence: Annotated[
        str, typer.Option(help="What the makers of the vectors allow; kept in its card.")
    ] = "not stated",
    as_json: AsJson = False,
) -> None:
    """Import word vectors: a text encoder whose feature is the mean of the words' vectors."""
    from training.word_vectors import import_words

    wanted = None if texts is None else _lines(texts)
    folder = data / "backbones"
    report = partial(typer.echo, err=as_json)
    card = import_words(file, folder, name=name, licence=licence, texts=wanted, number=number, report=report)
    said = f"The text encoder {card.ref} knows {card.words} words; its features have {card.width} numbers."
    done(said, {"text_encoder": card.ref, "width": card.width, "words": card.words}, as_json=as_json)


def _lines(path: Path) -> list[str]:
    """The lines of a text that are not empty."""
    try:
        return [line for line in path.read_text(encoding="utf-8-sig").splitlines() if line.strip()]
    except FileNotFoundError as error:
        raise DataMissing(f"there is no list of texts {path}") from error
    except UnicodeDecodeError as error:
        raise QueryInvalid(f"{path.name} is no list of texts: it is not text in UTF-8") from error
