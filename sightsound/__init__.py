"""Search sight by sound, sound by sight, and both by words."""

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
