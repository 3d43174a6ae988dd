"""Clients of the service: one that waits for its answers, and one that awaits them."""

from sightsound.client.awaited import AsyncClient
from sightsound.client.blocking import Client
from sightsound.client.exchange import ServiceRefused
from sightsound.client.retrying import Retries

__all__ = ["AsyncClient", "Client", "Retries", "ServiceRefused"]
