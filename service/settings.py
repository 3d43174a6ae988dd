"""What a person can set about the service."""

from ipaddress import ip_address
from pathlib import Path
from typing import Annotated

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from models.errors import SettingsInvalid

MIB = 2**20


class Settings(BaseSettings):
    """The service's settings: given by name, or by environment variables such as SIGHTSOUND_PORT."""

    model_config = SettingsConfigDict(env_prefix="SIGHTSOUND_", frozen=True, extra="forbid")

    data: Annotated[Path, Field(description="The data folder: catalog.sqlite, media/, bundles/, backbones/.")]
    host: Annotated[str, Field(description="The address to listen at.")] = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535, description="The port to listen at; 0 takes any free one.")] = 8765
    allow_public: Annotated[bool, Field(description="Allow a host that others can reach. Nothing asks for keys.")] = (
        False
    )
    upload_limit_bytes: Annotated[int, Field(gt=0, description="The largest request body.")] = 100 * MIB
    clip_limit_s: Annotated[float, Field(gt=0, description="The longest uploaded clip, in seconds.")] = 300.0
    decode_workers: Annotated[int, Field(ge=1, le=64, description="How many clips are decoded at once.")] = 2
    decode_wall_s: Annotated[float, Field(gt=0, description="How long decoding one clip may take.")] = 60.0
    decode_memory_bytes: Annotated[int, Field(gt=0, description="The memory that decoding one clip may take.")] = 2**30
    spool: Annotated[Path | None, Field(description="Where uploads wait; by default the system's folder.")] = None

    @model_validator(mode="after")
    def _is_private(self) -> "Settings":
        if not self.allow_public and not _is_loopback(self.host):
            raise SettingsInvalid(
                f"host {self.host!r} can be reached from other machines and there are no keys yet; "
                "expected 127.0.0.1, ::1 or localhost, or allow_public"
            )
        return self


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
