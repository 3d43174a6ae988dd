"""Search sight by sound, sound by sight, and both by words."""

from sightsound.asking import Only, Query
from sightsound.client import Client, ServiceRefused

__all__ = ["Client", "Only", "Query", "ServiceRefused"]
