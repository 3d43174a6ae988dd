"""Requests as tests make them, and what they expect of a refusal."""

from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

OWN = "http://127.0.0.1"
"""An address that the service knows as its own."""
DEMO = "/v1/galleries/demo"
SEARCH = f"{DEMO}/search"


def upload(client: TestClient, address: str, clip: Path, *, type_: str = "video/mp4", **form: Any) -> Any:
    """Send a clip in a form; `from_` becomes the field `from`."""
    fields = {name.rstrip("_"): value for name, value in form.items()}
    return client.post(address, data=fields, files={"file": (clip.name, clip.read_bytes(), type_)})


def refused(answer: Any, status: int, code: str, *words: str) -> None:
    """Assert that an answer is a problem document of this kind, whose detail has these words."""
    problem = answer.json()
    assert (answer.status_code, problem["type"]) == (status, f"/problems/{code}"), problem
    assert answer.headers["content-type"] == "application/problem+json"
    assert problem["status"] == status
    assert problem["title"].endswith(".")
    assert [word for word in words if word not in problem["detail"]] == [], problem["detail"]
