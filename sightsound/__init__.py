"""Search sight by sound, sound by sight, and both by words."""

from sightsound.client import Client, ServiceRefused

__all__ = ["Client", "ServiceRefused"]
