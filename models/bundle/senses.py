"""What of a clip a channel looks at, and the words for it."""

from collections.abc import Iterable, Mapping

from models.types import Absence, Sense

SENSES: Mapping[str, tuple[Sense, ...]] = {"audio": ("audio",), "video": ("video",), "av": ("audio", "video")}
"""The senses of each channel."""

NAMES: Mapping[Sense, str] = {"audio": "sound", "video": "pictures"}


def said(senses: Iterable[Sense]) -> str:
    """Senses in words: "sound and pictures"; "nothing" where there are none."""
    return " and ".join(NAMES[sense] for sense in senses) or "nothing"


def said_lacking(senses: Iterable[Sense], absent: Iterable[Mapping[Sense, Absence]]) -> str:
    """Senses in words, and why windows lack them, where it is known: "no sound (silent) and no pictures (missing)"."""
    known = list(absent)
    reasons = {sense: sorted({each[sense] for each in known if sense in each}) for sense in senses}
    return " and ".join(
        f"no {NAMES[sense]}" + (f" ({' or '.join(found)})" if found else "") for sense, found in reasons.items()
    )
