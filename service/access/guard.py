"""What stands between the service and whoever reaches it, put up once."""

import logging

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware

from index.galleries import Galleries
from index.keys import Keys
from models.errors import SettingsInvalid
from service.access.deeds import Deeds
from service.access.door import Door
from service.access.keyring import Keyring
from service.settings import Settings

log = logging.getLogger(__name__)

CORS_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
CORS_SENT = ("Authorization", "Content-Type", "Idempotency-Key", "If-Match", "If-None-Match", "Range", "X-Request-Id")
CORS_READ = (
    "Content-Range",
    "ETag",
    "Idempotency-Replayed",
    "Location",
    "RateLimit",
    "RateLimit-Policy",
    "Retry-After",
    "X-Request-Id",
)
CORS_S = 600
"""How long a browser remembers that it may ask."""


def check_keys(settings: Settings, keys: Keys) -> None:
    """Refuse to serve where keys are asked for and there is none; raises SettingsInvalid."""
    if settings.asks_for_keys and not keys.counting():
        raise SettingsInvalid(
            "callers need a key, and there is none that counts; make the first with "
            "`sightsound keys create NAME --scope admin`"
        )


def install(app: FastAPI, settings: Settings, galleries: Galleries) -> None:
    """Have every request pass the door, and pages of the origins that are allowed get to it."""
    if settings.keys == "off" and settings.behind_tls_proxy:
        log.warning(
            "keys are off: the proxy in front alone decides who may ask, and whoever it lets in may do anything"
        )
    deeds = Deeds(galleries.auditing(kept_days=settings.kept_audit_days))
    app.add_middleware(Door, settings=settings, keyring=Keyring(galleries.keys), deeds=deeds)
    if settings.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.cors_origins,
            allow_methods=CORS_METHODS,
            allow_headers=CORS_SENT,
            expose_headers=CORS_READ,
            max_age=CORS_S,
        )
