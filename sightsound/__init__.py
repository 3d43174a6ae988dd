"""Search sight by sound, sound by sight, and both by words."""

from sightsound.answers import RouteBias
from sightsound.asking import Only, Query
from sightsound.client import AsyncClient, Client, Retries, ServiceRefused

__all__ = ["AsyncClient", "Client", "Only", "Query", "Retries", "RouteBias", "ServiceRefused"]
