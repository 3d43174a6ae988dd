"""Where the service is, and who asks."""

from collections.abc import Mapping

HERE = "http://127.0.0.1:8765"


def headers_of(key: str | None) -> Mapping[str, str]:
    """What goes with every request."""
    return {} if key is None else {"Authorization": f"Bearer {key}"}
