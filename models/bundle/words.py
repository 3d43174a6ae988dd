"""Which words a bundle understands: any, or only the names of the classes in its vocabulary."""

from collections.abc import Sequence

from models.bundle.manifest import Manifest
from models.errors import QueryInvalid

SHOWN = 10
"""Of a vocabulary, in a refusal."""


def understood(manifest: Manifest, words: Sequence[str]) -> list[str]:
    """The words as the bundle takes them: as they are, or as its vocabulary writes them if it knows only that.

    Raises QueryInvalid where it knows only its vocabulary and one of them is not in there: such a bundle's scores of
    other words are all the same, and say nothing.
    """
    if manifest.words == "any":
        return list(words)
    known = {key(name): name for name in manifest.vocabulary}
    if odd := next((each for each in words if key(each) not in known), None):
        raise QueryInvalid(
            f"the bundle {manifest.name!r} knows only the classes of its vocabulary, and {odd!r} is none of them; "
            f"they are {_listed(manifest.vocabulary)}"
        )
    return [known[key(each)] for each in words]


def key(name: str) -> str:
    """What names of the same class have in common: all but case and spaces."""
    return " ".join(name.split()).casefold()


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[:SHOWN])
    return shown if len(names) <= SHOWN else f"{shown} and {len(names) - SHOWN} more"
