"""A service that asks for keys, and keys of every kind."""

import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from shutil import copytree

import pytest
from starlette.testclient import TestClient

from index.catalog.keys import Grant
from index.galleries import Galleries
from service.app import create_app
from service.settings import Settings
from tests.unit.service.asking import OWN

ABSENT = "absent"
"""A gallery that there is not, so that nothing is done to it: who may not use it is refused all the same."""
GRANTS = {
    "search": Grant("search", ("search",)),
    "ingest": Grant("ingest", ("ingest",)),
    "both": Grant("both", ("search", "ingest")),
    "observe": Grant("observe", ("observe",)),
    "observe-here": Grant("observe-here", ("observe",), (ABSENT,)),
    "admin": Grant("admin", ("admin",)),
    "elsewhere": Grant("elsewhere", ("search", "ingest"), ("other",)),
    "admin-elsewhere": Grant("admin-elsewhere", ("admin",), ("other",)),
    "admin-here": Grant("admin-here", ("admin",), (ABSENT,)),
    "revoked": Grant("revoked", ("admin",)),
}


@pytest.fixture(scope="session")
def kept(pristine: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the library, whose catalog gets keys."""
    return Path(copytree(pristine, tmp_path_factory.mktemp("kept") / "library"))


@pytest.fixture(scope="session")
def secrets(kept: Path) -> Mapping[str, str]:
    """Keys by what they are; "wrong" is none, "expired" no more."""
    with closing(Galleries.open(kept)) as galleries:
        found = {name: galleries.keys.create(grant)[0] for name, grant in GRANTS.items()}
        with pytest.MonkeyPatch.context() as past:
            past.setattr("time.time", lambda: 1_000_000_000.0)
            expired = Grant("expired", ("admin",), expires_at=time.time() + 1)
            found["expired"] = galleries.keys.create(expired)[0]
        galleries.keys.revoke("revoked")
    return {**found, "wrong": "sightsound_" + "0" * 64}


@pytest.fixture(scope="session")
def guarded(kept: Path, secrets: Mapping[str, str]) -> Iterator[TestClient]:
    """The service over it, which asks for keys, in this process."""
    settings = Settings(data=kept, keys="required", rate_limit="100000/second")
    with TestClient(create_app(settings), OWN) as client:
        yield client


@pytest.fixture
def _clock_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    """An hour that ended meanwhile would let in one request more of those that are counted by the hour."""
    now = time.time()
    monkeypatch.setattr("time.time", lambda: now)


def by(secret: str) -> dict[str, str]:
    """The header that a key is sent in."""
    return {"authorization": f"Bearer {secret}"}
