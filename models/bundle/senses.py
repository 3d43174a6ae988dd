"""What of a clip a channel looks at, and the words for it."""

from collections.abc import Iterable, Mapping

from models.types import Sense

SENSES: Mapping[str, tuple[Sense, ...]] = {"audio": ("audio",), "video": ("video",), "av": ("audio", "video")}
"""The senses of each channel."""

NAMES: Mapping[Sense, str] = {"audio": "sound", "video": "pictures"}


def said(senses: Iterable[Sense]) -> str:
    """Senses in words: "sound and pictures"; "nothing" where there are none."""
    return " and ".join(NAMES[sense] for sense in senses) or "nothing"
