"""Where the service listens, and who may ask it."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from models.errors import SettingsInvalid
from service.settings.topic import Days, Names, Topic, is_address, is_loopback
from service.written import checked_origin, checked_rate

KEY_RATE, KEY_AT_ONCE = "600/minute", 32
"""What a key may do where nothing is set. Who asks without one, on this machine, may do what they like."""


def _checked_origins(origins: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(map(checked_origin, origins))


class AccessSettings(Topic):
    """Where the service listens, and who may ask it."""

    host: str = "127.0.0.1"
    """The address to listen at."""
    port: Annotated[int, Field(ge=0, le=65535)] = 8765
    """The port to listen at; 0 takes any free one."""
    keys: Literal["auto", "required", "off"] = "auto"
    """Whether callers need a key; auto: where others than this machine can reach the service."""
    behind_tls_proxy: bool = False
    """That a proxy which ends TLS stands in front, and alone reaches the service."""
    tls_certificate: Path | None = None
    """The file of the service's certificate and its chain, in PEM; with tls_key."""
    tls_key: Path | None = None
    """The file of that certificate's private key, in PEM."""
    rate_limit: Annotated[str, AfterValidator(checked_rate)] | None = None
    """The requests of one caller in a while, such as 600/minute."""
    concurrency_limit: Annotated[int, Field(ge=1, le=100_000)] | None = None
    """The requests of one caller that are answered at once."""
    cors_origins: Annotated[Names, AfterValidator(_checked_origins)] = ()
    """The origins whose pages may use the service, separated by commas."""
    names: Names = ()
    """Other host names that the service is reached by, separated by commas."""
    kept_audit_days: Days = 365
    """After how many days the audit forgets what was done."""

    @property
    def asks_for_keys(self) -> bool:
        """Whether callers need a key."""
        is_reached = self.behind_tls_proxy or not is_loopback(self.host)
        return self.keys == "required" or (self.keys == "auto" and is_reached)

    @property
    def is_encrypted(self) -> bool:
        """Whether callers speak TLS, to the service or to a proxy in front of it."""
        return self.behind_tls_proxy or self.tls_certificate is not None

    @property
    def key_rate(self) -> str:
        """The requests of a key that says nothing of its own."""
        return self.rate_limit or KEY_RATE

    @property
    def key_at_once(self) -> int:
        """The requests at once of a key that says nothing of its own."""
        return self.concurrency_limit or KEY_AT_ONCE

    def is_own_name(self, name: str) -> bool:
        """Whether a request for this host name is meant for the service.

        Any address is, where it listens at all of them: only a name can be made to point here by somebody else.
        """
        everywhere = self.host in ("", "0.0.0.0", "::")
        return name in (self.host.lower(), *self.names) or is_loopback(name) or (everywhere and is_address(name))

    @model_validator(mode="after")
    def _is_guarded(self) -> Self:
        """What others can reach asks for keys, and keys travel encrypted."""
        if (self.tls_certificate is None) != (self.tls_key is None):
            raise SettingsInvalid("expected tls_certificate and tls_key both, or neither; found one of them")
        if is_loopback(self.host):
            return self
        if self.keys == "off":
            raise SettingsInvalid(
                f"host {self.host!r} can be reached from other machines, and keys are off; "
                "expected keys auto or required, or the host 127.0.0.1, ::1 or localhost"
            )
        if not self.is_encrypted:
            raise SettingsInvalid(
                f"host {self.host!r} can be reached from other machines, and keys would be sent unencrypted; expected "
                "tls_certificate and tls_key, or behind_tls_proxy, or the host 127.0.0.1, ::1 or localhost"
            )
        return self
