"""Text encoders of a folder joined to one, whose feature is theirs side by side."""

import re
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

from models.errors import Conflict, DataMissing, QueryInvalid
from models.features.card import NAME, JoinedCard, TextCard, read_text_card
from models.features.joined import FILE, Part, Parts
from models.features.text import TextEncoder
from training.writing import write_whole

CARD = "text_encoder.json"


def join(backbones: Path, refs: Sequence[str], *, name: str) -> JoinedCard:
    """Write `<name>@<start of its parts' hash>` into a folder of backbones; the same that is there already stays.

    Args:
        refs: `name@version` of each part, in the order of their columns.

    Raises:
        DataMissing: a part is not there.
        QueryInvalid: the name cannot be, or there are fewer than two parts, one twice or one that is itself joined.
        BundleInvalid: a part is damaged.
    """
    if not re.fullmatch(NAME, name):
        raise QueryInvalid(f"{name} cannot name an encoder; expected lower case letters, digits, . _ and -")
    cards = [_card(backbones, ref) for ref in refs]
    if len(set(refs)) != len(refs) or len(refs) < 2:
        raise QueryInvalid(f"found the parts {', '.join(refs)}; expected two or more, each once")
    parts = Parts(parts=tuple(Part(name=card.ref, sha256=card.sha256, width=card.width) for card in cards))
    content = parts.model_dump_json(indent=2).encode()
    digest = sha256(content).hexdigest()
    card = JoinedCard(
        name=name,
        version=digest[:12],
        width=sum(card.width for card in cards),
        file=FILE,
        sha256=digest,
        licence="; ".join(dict.fromkeys(card.licence for card in cards)),
        source="joined of " + " and ".join(card.ref for card in cards),
    )
    _write(backbones, card, content)
    return card


def _card(backbones: Path, ref: str) -> TextCard:
    path = backbones / ref / CARD
    if "/" in ref or not path.is_file():
        found = ", ".join(sorted(each.parent.name for each in backbones.glob(f"*/{CARD}"))) or "none"
        raise DataMissing(f"there is no text encoder {ref} in {backbones}; found {found}")
    card = read_text_card(path)
    if isinstance(card, JoinedCard):
        raise QueryInvalid(f"{ref} is itself joined; expected its parts")
    return card


def _write(backbones: Path, card: JoinedCard, content: bytes) -> None:
    folder = backbones / card.ref
    if (folder / CARD).is_file():
        if read_text_card(folder / CARD) != card:
            raise Conflict(f"there is another text encoder {card.ref} in {backbones} already; give another name")
        return
    with TemporaryDirectory(dir=backbones, prefix=".join-") as scratch:
        whole = Path(scratch) / card.ref
        whole.mkdir()
        write_whole(whole / FILE, lambda out: out.write(content))
        write_whole(whole / CARD, lambda out: out.write(card.model_dump_json(indent=2).encode()))
        try:
            whole.rename(folder)
        except OSError as error:
            raise Conflict(f"there is something else at {folder} already: {error.strerror}") from error
    TextEncoder.open(folder)
