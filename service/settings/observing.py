"""What the service tells of itself, and to whom."""

from typing import Annotated, Literal

from pydantic import AfterValidator

from service.observing.place import host_and_port
from service.settings.topic import Share, Topic, is_loopback


def _local(address: str) -> str:
    """Metrics name every gallery, to whoever asks."""
    if is_loopback(host_and_port(address)[0]):
        return address
    raise ValueError(
        f"found {address!r}, which other machines can reach without a key; expected an address of this machine, as "
        "127.0.0.1:9464: others ask for /metrics with a key of scope observe"
    )


class ObservingSettings(Topic):
    """What the service tells of itself, and to whom."""

    log_format: Literal["text", "json"] = "text"
    """Log lines for people, or each a JSON object."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """What is logged: this and what is worse."""
    log_requests: bool = False
    """A log line for each request, without what it asked; else only for those that fail or take long."""
    metrics_address: Annotated[str, AfterValidator(_local)] | None = None
    """host:port of this machine that /metrics is answered at as well, asking nobody for a key."""
    traces_url: str | None = None
    """Where traces are sent, by OTLP over HTTP; by default nowhere."""
    traces_share: Share = 1.0
    """The share of the traces that begin here which is sent."""
    probe_share: Share = 0.01
    """The share of a core for comparing live searches with exact ones; 0: none."""
