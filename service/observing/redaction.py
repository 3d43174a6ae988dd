"""Secrets taken out of what is written down."""

import re
from collections.abc import Iterable, Iterator
from json import dumps
from urllib.parse import unquote, urlsplit

from pydantic import BaseModel, SecretStr

GONE = "***"
SHORTEST = 4
"""Shorter ones are no secrets: to take them out would take out other words."""
PATTERNS = (
    # An Authorization header, however it was shown: as a header, a dict or a pair of bytes.
    (re.compile(r"(?i)(authorization\W{1,8}(?:(?:bearer|basic)\s+)?)[^\s'\",})]+"), rf"\1{GONE}"),
    (re.compile(r"(?i)\b(bearer\s+)[A-Za-z0-9._~+/=-]{4,}"), rf"\1{GONE}"),
    # What stands before the @ of an address.
    (re.compile(r"(?i)\b([a-z][a-z0-9+.-]*://)[^\s/@'\"]+@"), rf"\1{GONE}@"),
    (re.compile(r"(?i)\b((?:token|password|passwd|secret|api[_-]?key)=)[^\s&'\",]+"), rf"\1{GONE}"),
    # A key of ours, wherever it is.
    (re.compile(r"\bsightsound_[A-Za-z0-9_-]{16,}"), GONE),
)
SIGNS = (
    "authorization",
    "bearer",
    "://",
    "token=",
    "password=",
    "passwd=",
    "secret=",
    "api_key=",
    "api-key=",
    "apikey=",
    "sightsound_",
)
"""Without any of these no pattern fits: to look for them takes a tenth of the time."""


class Redaction:
    """Takes out these secrets, and whatever looks like one: headers, passwords in addresses, keys."""

    def __init__(self, secrets: Iterable[str]) -> None:
        found = [each for each in secrets if len(each) >= SHORTEST]
        known = sorted({*found, *(dumps(each)[1:-1] for each in found)}, key=len, reverse=True)  # as JSON has them
        self._known = re.compile("|".join(map(re.escape, known))) if known else None

    def of(self, text: str) -> str:
        """The text without them."""
        if self._known is not None:
            text = self._known.sub(GONE, text)
        lowered = text.lower()
        if any(sign in lowered for sign in SIGNS):
            for pattern, instead in PATTERNS:
                text = pattern.sub(instead, text)
        return text


def secrets_of(settings: BaseModel) -> Iterator[str]:
    """What must not be seen of settings: secrets, their parts behind a colon, and passwords in addresses."""
    for name in type(settings).model_fields:
        found = getattr(settings, name)
        if isinstance(found, SecretStr):
            secret = found.get_secret_value()
            yield from (secret, secret.partition(":")[2])
        elif isinstance(found, str) and "://" in found:
            yield from _of_address(found)


def _of_address(address: str) -> Iterator[str]:
    try:
        password = urlsplit(address).password or ""
    except ValueError:
        return
    yield from (password, unquote(password))
