"""Whether the service in this container can answer: exit status 0, else 1. Needs neither a shell nor curl."""

import os
import ssl
import sys
from urllib.error import URLError
from urllib.request import HTTPSHandler, ProxyHandler, build_opener

PATIENCE_S = 10


def is_ready() -> bool:
    """What `/readyz` says; a certificate is not looked at, as it is for the names that others know the service by."""
    scheme = "https" if os.environ.get("SIGHTSOUND_TLS_CERTIFICATE") else "http"
    port = os.environ.get("SIGHTSOUND_PORT", "8765")
    asking = build_opener(ProxyHandler({}), HTTPSHandler(context=ssl._create_unverified_context()))
    try:
        with asking.open(f"{scheme}://127.0.0.1:{port}/readyz", timeout=PATIENCE_S) as answer:
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False


if __name__ == "__main__":
    sys.exit(0 if is_ready() else 1)
