"""Search sight by sound, sound by sight, and both by words."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sightsound.asking import Blend, Choosing, Item, Only, Query
    from sightsound.client import AsyncClient, Client, Retries, ServiceRefused
    from sightsound.gallery_answers import RouteBias

__all__ = [
    "AsyncClient",
    "Blend",
    "Choosing",
    "Client",
    "Item",
    "Only",
    "Query",
    "Retries",
    "RouteBias",
    "ServiceRefused",
]

_ROOMS = {
    "sightsound.asking": ("Blend", "Choosing", "Item", "Only", "Query"),
    "sightsound.client": ("AsyncClient", "Client", "Retries", "ServiceRefused"),
    "sightsound.gallery_answers": ("RouteBias",),
}


def __getattr__(name: str) -> object:
    """What somebody asks for, imported then: the command's help needs none of it."""
    for room, names in _ROOMS.items():
        if name in names:
            return getattr(import_module(room), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
