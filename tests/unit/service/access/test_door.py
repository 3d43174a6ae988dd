"""Requests are counted, secrets stay secret, and a service that others reach is not served unguarded."""

import asyncio
import logging
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from threading import Thread

import httpx
import pytest
from starlette.testclient import TestClient

from index.catalog.keys import Grant, KeyRow
from index.galleries import Galleries
from index.keys import Keys
from models.errors import SettingsInvalid, Unavailable
from service.app import create_app
from service.settings import Settings
from tests.unit.service.access.conftest import by
from tests.unit.service.asking import DEMO, OWN, SEARCH, refused, upload


def _key(data: Path, grant: Grant) -> str:
    with closing(Galleries.open(data)) as galleries:
        return galleries.keys.create(grant)[0]


@pytest.mark.usefixtures("_clock_stands")
def test_one_request_too_many_is_refused_and_told_when_to_come_back(own_library: Path) -> None:
    slow, plain = _key(own_library, Grant("slow", ("search",), rate="3/hour")), Grant("plain", ("search",))
    other = _key(own_library, plain)
    with TestClient(create_app(Settings(data=own_library, keys="required")), OWN) as client:
        answers = [client.get("/v1/galleries", headers=by(slow)) for _ in range(4)]
        refused(answers[-1], 429, "rate-limited", "3 requests in 3600 s")
        assert [each.status_code for each in answers[:-1]] == [200, 200, 200]
        assert [each.headers["ratelimit"].partition(";t=")[0] for each in answers] == [
            f'"default";r={left}' for left in (2, 1, 0, 0)
        ]
        assert answers[-1].headers["ratelimit-policy"] == '"default";q=3;w=3600'
        assert 1 <= int(answers[-1].headers["retry-after"]) <= 3600
        assert client.get("/v1/galleries", headers=by(other)).headers["ratelimit-policy"] == '"default";q=600;w=60'
        assert client.get("/livez", headers=by(slow)).status_code == 200


@pytest.mark.usefixtures("_clock_stands")
def test_on_this_machine_requests_are_counted_by_address_only_where_that_is_set(library: Path) -> None:
    with TestClient(create_app(Settings(data=library)), OWN) as client:
        assert "ratelimit" not in client.get("/v1/galleries").headers
    with TestClient(create_app(Settings(data=library, rate_limit="2/hour")), OWN) as client:
        forged = [{"x-forwarded-for": f"192.0.2.{number}"} for number in range(3)]
        found = [client.get("/v1/galleries", headers=each).status_code for each in forged]
        assert found == [200, 200, 429]


@pytest.mark.usefixtures("_clock_stands")
def test_behind_a_proxy_callers_are_told_apart_by_what_the_proxy_says(library: Path) -> None:
    settings = Settings(data=library, behind_tls_proxy=True, keys="off", rate_limit="1/hour")
    with TestClient(create_app(settings), OWN) as client:
        found = [
            client.get("/v1/galleries", headers={"x-forwarded-for": each}).status_code
            for each in ("192.0.2.1", "192.0.2.2", "192.0.2.9, 192.0.2.1", "192.0.2.1, 192.0.2.3", "nonsense", "")
        ]
        networks = ("2001:db8::1", "2001:db8::2:3", "2001:db8:0:1::1")
        alike = [client.get("/v1/galleries", headers={"x-forwarded-for": each}).status_code for each in networks]
    assert found == [200, 200, 429, 200, 200, 429]
    assert alike == [200, 429, 200]


def test_more_at_once_than_are_allowed_are_refused(own_library: Path) -> None:
    secret = _key(own_library, Grant("one", ("search",), at_once=2))
    app = create_app(Settings(data=own_library, keys="required"))

    async def story() -> list[int]:
        transport = httpx.ASGITransport(app)
        async with app.router.lifespan_context(app), httpx.AsyncClient(transport=transport, base_url=OWN) as client:
            asked = [client.get(f"{SEARCH}?text=bell", headers=by(secret)) for _ in range(6)]
            found = [each.status_code for each in await asyncio.gather(*asked)]
            return [*found, (await client.get(f"{SEARCH}?text=bell", headers=by(secret))).status_code]

    found = asyncio.run(story())
    assert sorted(found[:-1]) == [200, 200, 429, 429, 429, 429]
    assert found[-1] == 200


def test_secrets_are_in_no_line_of_the_log(
    guarded: TestClient, secrets: Mapping[str, str], caplog: pytest.LogCaptureFixture, clip: Path
) -> None:
    caplog.set_level(logging.DEBUG)
    made = guarded.post("/v1/keys", json={"name": "told"}, headers=by(secrets["admin"])).json()["key"]
    sent = [made, *secrets.values()]
    for each in sent:
        guarded.headers.update(by(each))
        guarded.get(f"{SEARCH}?text=bell")
        upload(guarded, SEARCH, clip, from_="audio")
        guarded.get("/v1/keys")
        guarded.post("/v1/keys", json={"name": "bad name"})
        del guarded.headers["authorization"]
    written = caplog.text + repr([record.__dict__ for record in caplog.records])
    assert "DELETE" in written or "POST" in written
    assert [each for each in sent if each in written or each[len("sightsound_") :] in written] == []


def test_answers_tell_no_secret_but_the_one_that_is_made(guarded: TestClient, secrets: Mapping[str, str]) -> None:
    for path in ("/v1/keys", "/v1/audit?limit=1000", "/v1/status", "/metrics"):
        found = guarded.get(path, headers=by(secrets["admin"]))
        assert found.status_code == 200
        assert [name for name, each in secrets.items() if each in found.text] == []


def test_a_service_that_asks_for_keys_is_not_served_while_there_is_none(own_library: Path) -> None:
    public = {"host": "0.0.0.0", "behind_tls_proxy": True}
    for settings in ({"keys": "required"}, {"behind_tls_proxy": True}, public):
        with pytest.raises(SettingsInvalid, match="`sightsound keys create NAME --scope admin`"):
            create_app(Settings.model_validate({"data": own_library, **settings}))
    _key(own_library, Grant("first", ("admin",)))
    with TestClient(create_app(Settings.model_validate({"data": own_library, **public})), OWN) as client:
        refused(client.get("/v1/galleries"), 401, "unauthorized")
        assert client.get("/").status_code == client.get("/web/modules/api.js").status_code == 200


def test_a_revoked_key_is_the_same_as_none(own_library: Path) -> None:
    _key(own_library, Grant("first", ("admin",)))
    with closing(Galleries.open(own_library)) as galleries:
        galleries.keys.revoke("first")
    with pytest.raises(SettingsInvalid, match="none that counts"):
        create_app(Settings(data=own_library, keys="required"))


def test_nobody_is_let_in_while_the_catalog_cannot_say_who_may(
    own_library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = _key(own_library, Grant("first", ("admin",)))
    with TestClient(create_app(Settings(data=own_library, keys="required")), OWN) as client:

        def away(keys: Keys) -> list[KeyRow]:
            raise Unavailable("the catalog's database cannot answer")

        monkeypatch.setattr(Keys, "counting", away)
        refused(client.get("/v1/galleries", headers=by(secret)), 503, "unavailable", "cannot answer")
        assert client.get("/livez", headers=by(secret)).status_code == 200


def test_where_a_proxy_asks_who_they_are_keys_can_be_off(library: Path) -> None:
    with TestClient(create_app(Settings(data=library, behind_tls_proxy=True, keys="off")), OWN) as client:
        for headers in ({}, {"authorization": "Basic dXNlcjpwYXNz"}, by("a-token-of-the-proxy")):
            assert client.get(DEMO, headers=headers).status_code == 200


def test_a_body_of_who_may_not_send_it_is_not_read(guarded: TestClient, secrets: Mapping[str, str]) -> None:
    read = []

    def body() -> bytes:
        read.append(1)
        return b"x"

    for headers in ({}, by(secrets["search"])):
        answer = guarded.post(f"{DEMO}/clips", content=iter(body, b""), headers=headers)
        assert answer.status_code in (401, 403)
        assert answer.headers["connection"] == "close"
        assert len(read) <= 1, "the test client takes one part by itself"
        read.clear()


def test_keys_are_counted_apart_in_threads_of_their_own(guarded: TestClient, secrets: Mapping[str, str]) -> None:
    found: list[int] = []

    def ask(name: str) -> None:
        found.extend(guarded.get("/v1/galleries", headers=by(secrets[name])).status_code for _ in range(5))

    threads = [Thread(target=ask, args=(name,)) for name in ("search", "admin", "both", "wrong")]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(found) == [200] * 15 + [401] * 5
