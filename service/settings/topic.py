"""What every part of the settings keeps to, and how some of them are written."""

from functools import lru_cache
from ipaddress import ip_address
from typing import Annotated

from pydantic import BeforeValidator, Field
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict


class Topic(BaseSettings):
    """Settings that belong together; what is written below each is its description."""

    model_config = SettingsConfigDict(
        env_prefix="SIGHTSOUND_", frozen=True, extra="forbid", use_attribute_docstrings=True
    )


def _split(names: object) -> object:
    return [each.strip().lower() for each in names.split(",") if each.strip()] if isinstance(names, str) else names


Names = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)]
"""Several, separated by commas where they are one text."""
Workers = Annotated[int, Field(ge=1, le=64)]
Turns = Annotated[int, Field(ge=1, le=1000)]
Days = Annotated[int, Field(ge=1, le=36_500)]
Share = Annotated[float, Field(ge=0, le=1)]


@lru_cache(maxsize=256)
def is_loopback(host: str) -> bool:
    """Whether only this machine reaches it."""
    return host == "localhost" or (is_address(host) and ip_address(host).is_loopback)


def is_address(host: str) -> bool:
    """Whether it is an address and no name."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
