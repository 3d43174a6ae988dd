"""Every answer has headers that keep browsers from doing harm, and the description says which key a route asks for."""

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from service.app import create_app
from service.callers.scopes import SCOPES
from service.settings import Settings
from tests.unit.service.asking import DEMO, OWN

EXPECTED = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "x-permitted-cross-domain-policies": "none",
}


@pytest.mark.parametrize("path", ["/", "/web/modules/api.js", "/livez", DEMO, "/v1/nothing", f"{DEMO}/search?k=0"])
def test_every_answer_has_them(client: TestClient, path: str) -> None:
    found = client.get(path).headers
    assert {name: found.get(name) for name in EXPECTED} == EXPECTED
    assert "frame-ancestors 'none'" in found["content-security-policy"]
    assert all(f"{each}=(self)" in found["permissions-policy"] for each in ("camera", "microphone"))
    assert all(f"{each}=()" in found["permissions-policy"] for each in ("geolocation", "usb"))
    assert not {"server", "x-powered-by", "strict-transport-security"} & set(found)


def test_answers_by_the_door_have_them(guarded: TestClient) -> None:
    found = guarded.get(DEMO)
    assert found.status_code == 401
    assert {name: found.headers.get(name) for name in EXPECTED} == EXPECTED
    assert found.headers["x-request-id"]


def test_who_speaks_tls_is_told_to_go_on_so(library: Path) -> None:
    with TestClient(create_app(Settings(data=library, behind_tls_proxy=True, keys="off")), OWN) as client:
        assert client.get("/").headers["strict-transport-security"] == "max-age=31536000"


def test_the_description_says_which_scope_each_route_asks_for(client: TestClient) -> None:
    found = client.get("/openapi.json").json()
    assert found["components"]["securitySchemes"]["key"]["scheme"] == "bearer"
    for path, methods in found["paths"].items():
        for method, operation in methods.items():
            scope = SCOPES[f"{method.upper()} {path}"]
            assert operation["security"] == ([] if scope is None else [{}, {"key": [scope]}])
