"""Search sight by sound, sound by sight, and both by words."""

from sightsound.answers import RouteBias
from sightsound.asking import Only, Query
from sightsound.client import Client
from sightsound.transport import ServiceRefused

__all__ = ["Client", "Only", "Query", "RouteBias", "ServiceRefused"]
