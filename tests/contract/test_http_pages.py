"""Pages of every list, while things come and go between them: what stays is shown once, in one order."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from service.app import create_app
from service.settings import Settings
from tests.tiny.bundles import tiny_library
from tests.unit.index.world import clip_features
from tests.unit.service.asking import DEMO, OWN

SOME = settings(max_examples=6, derandomize=True, database=None, suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    folder = tiny_library(tmp_path_factory.mktemp("library"), clips_per_label=1)
    with TestClient(create_app(Settings(data=folder, job_workers=0)), OWN) as client:
        yield client


@dataclass(frozen=True, slots=True)
class Listed:
    """A list: where it is, what it is called there, what tells its things apart, and how one comes or goes."""

    path: str
    key: str
    name: Callable[[Mapping[str, Any]], str]
    change: Callable[[TestClient, Random, Path], None]


def _vocabulary(client: TestClient, chance: Random, _: Path) -> None:
    name = f"/v1/vocabularies/{chance.choice('abcdefghijklmnopqrstuvwxyz')}"
    if chance.random() < 0.6:
        assert client.put(name, json={"classes": ["a pan", "a kettle"]}).is_success
    else:
        assert client.delete(name).status_code in (204, 404)


def _job(client: TestClient, chance: Random, _: Path) -> None:
    jobs = client.get("/v1/jobs").json()["jobs"]
    if chance.random() < 0.3 and jobs:
        client.post(f"/v1/jobs/{chance.choice(jobs)['id']}/cancel")
    else:
        assert client.post(f"{DEMO}/jobs/compact").is_success


def _deed(client: TestClient, chance: Random, _: Path) -> None:
    assert client.delete(f"/v1/bundles/none{chance.randint(0, 9)}").status_code == 404


def _clip(client: TestClient, chance: Random, folder: Path) -> None:
    clips = client.get(f"{DEMO}/clips").json()["clips"]
    if chance.random() < 0.4 and clips:
        assert client.delete(f"{DEMO}/clips/{chance.choice(clips)['id']}").status_code == 204
        return
    seed = chance.randint(0, 10**9)
    path = folder / f"{seed}.mp4"
    path.write_bytes(f"clip {seed}".encode())
    gallery = client.app.state.resources.galleries.get("demo")  # type: ignore[attr-defined]
    gallery.add(path, name=path.name, labels=[], features=clip_features(seed, windows=1))


LISTS: Mapping[str, Listed] = {
    "vocabularies": Listed("/v1/vocabularies", "vocabularies", lambda each: str(each["name"]), _vocabulary),
    "jobs": Listed("/v1/jobs", "jobs", lambda each: str(each["id"]), _job),
    "audit": Listed("/v1/audit", "deeds", lambda each: str(each["request_id"]), _deed),
    "clips": Listed(f"{DEMO}/clips", "clips", lambda each: str(each["id"]), _clip),
}


@pytest.mark.parametrize("what", LISTS)
def test_what_stays_is_shown_once_and_in_order_whatever_comes_and_goes(
    client: TestClient, tmp_path: Path, what: str
) -> None:
    listed = LISTS[what]

    @SOME
    @given(seed=st.integers(0, 10**6), limit=st.integers(2, 9))
    def paged(seed: int, limit: int) -> None:
        chance = Random(seed)
        for _ in range(3):
            listed.change(client, chance, tmp_path)
        before = _whole(client, listed)
        shown, cursor = list[str](), None
        while True:
            asked = {"limit": limit, **({} if cursor is None else {"cursor": cursor})}
            page = _page(client, listed, asked)
            assert len(page[listed.key]) <= limit
            shown += map(listed.name, page[listed.key])
            if (cursor := page["next"]) is None:
                break
            if chance.random() < 0.5:
                listed.change(client, chance, tmp_path)
        after = _whole(client, listed)
        assert len(set(shown)) == len(shown)
        stayed = {*before} & {*after}
        assert [each for each in shown if each in stayed] == [each for each in before if each in stayed]

    paged()


@pytest.mark.parametrize("what", LISTS)
@pytest.mark.parametrize("cursor", ["", "x", "-1", "9" * 40, "\x00", "é", "1-", "'"])
def test_a_cursor_that_was_never_given_is_refused_or_leads_somewhere(
    client: TestClient, what: str, cursor: str
) -> None:
    answer = client.get(LISTS[what].path, params={"cursor": cursor})
    assert answer.status_code in (200, 422), answer.text


@pytest.mark.parametrize("what", LISTS)
def test_a_page_of_none_or_of_too_many_is_refused(client: TestClient, what: str) -> None:
    for limit in ("0", "-1", "1001", "1e3", "nan", ""):
        assert client.get(LISTS[what].path, params={"limit": limit}).status_code == 422


def _whole(client: TestClient, listed: Listed) -> list[str]:
    return list(map(listed.name, _page(client, listed, {"limit": 1000})[listed.key]))


def _page(client: TestClient, listed: Listed, asked: Mapping[str, Any]) -> Any:
    answer = client.get(listed.path, params=dict(asked))
    assert answer.status_code == 200, answer.text
    return answer.json()
