"""Where jobs are kept, and who is seen to live."""

import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from index.catalog.address import watched
from models.errors import SettingsInvalid, Unavailable
from service.app import create_app
from service.jobs.board import Board
from service.jobs.database import url_of
from service.jobs.presence import FilePresence, Presence, presence
from service.settings import Settings
from sightsound.cli import run
from tests.unit.service.running import running
from tests.unit.service.waiting import PATIENCE_S, ROOT, until_true

AWAY = "postgresql://somebody:secret@127.0.0.1:1/jobs"
HOLD = """
import sys
from pathlib import Path
from service.jobs.presence import presence
held = presence(sys.argv[1], Path(sys.argv[2]), "other")
print("held", flush=True)
sys.stdin.read()
"""


def test_jobs_are_beside_the_catalog_unless_they_are_elsewhere() -> None:
    data, catalog = Path("data"), "postgresql+psycopg://a@b/c"
    assert url_of(data, None) == "sqlite:///data/jobs.sqlite"
    assert url_of(data, None, catalog) == watched("postgresql://a@b/c")
    assert url_of(data, "postgres://d@e/f", catalog) == watched("postgresql://d@e/f")
    assert url_of(data, "sqlite:///else.sqlite", catalog) == "sqlite:///else.sqlite"


def test_another_kind_of_database_is_refused_without_telling_its_password() -> None:
    with pytest.raises(SettingsInvalid, match="'mysql', expected postgresql:// or sqlite:///") as refusal:
        url_of(Path(), "mysql://a:secret@b/c")
    assert "secret" not in str(refusal.value)


def test_a_service_whose_jobs_cannot_be_reached_does_not_start(library: Path) -> None:
    with pytest.raises(Unavailable, match="the jobs' database cannot be opened") as refusal:
        create_app(Settings(data=library, jobs_url=AWAY, job_workers=1))
    assert "secret" not in str(refusal.value)


def test_a_second_service_of_a_process_that_does_jobs_is_refused_when_it_is_opened(
    library: Path, own_library: Path
) -> None:
    with running(create_app(Settings(data=own_library, job_workers=1))) as address:
        assert httpx.get(f"{address}/readyz", timeout=PATIENCE_S).status_code == 200
        with pytest.raises(SettingsInvalid, match="set job_workers to 0 for this one, or start it as a process of its"):
            create_app(Settings(data=library, job_workers=1))
        with running(create_app(Settings(data=library, job_workers=0))) as other:
            assert httpx.get(f"{other}/readyz", timeout=PATIENCE_S).status_code == 200


def test_a_second_service_that_was_opened_before_the_first_began_ends_instead_of_waiting(
    library: Path, own_library: Path
) -> None:
    one, two = (create_app(Settings(data=each, job_workers=1)) for each in (own_library, library))
    with running(one) as first:
        assert httpx.get(f"{first}/readyz", timeout=PATIENCE_S).status_code == 200
        with running(two) as second, pytest.raises(httpx.TransportError):
            httpx.get(f"{second}/readyz", timeout=PATIENCE_S)


def test_jobs_are_still_there_when_the_board_is_opened_again(tmp_path: Path) -> None:
    url = url_of(tmp_path, None)
    first = Board(url, tmp_path / "jobs")
    job = first.add("evaluate", "demo", {"routes": []})
    first.close()
    second = Board(url, tmp_path / "jobs")
    assert second.listed() == [job]
    second.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return url_of(tmp_path, None) if request.param == "sqlite" else str(request.getfixturevalue("postgres"))


def test_a_process_is_seen_to_live_until_it_is_killed(url: str, tmp_path: Path) -> None:
    ours: Presence = presence(url, tmp_path, "ours")
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, url, tmp_path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        assert (ours.has("other"), ours.has("ours"), ours.has("nobody")) == (True, True, False)
        assert ours.has("other")
        other.kill()
        other.wait()
        until_true(lambda: not ours.has("other"))
        assert ours.has("ours")
    ours.keep()
    ours.close()


def test_a_lock_that_was_lost_with_its_connection_is_taken_again(postgres: str, tmp_path: Path) -> None:
    ours, watching = presence(postgres, tmp_path, "ours"), presence(postgres, tmp_path, "watching")
    ours._connection.close()  # type: ignore[attr-defined]
    until_true(lambda: not watching.has("ours"))
    ours.keep()
    assert watching.has("ours")
    ours.close()
    watching.close()


def test_who_leaves_leaves_no_file(tmp_path: Path) -> None:
    FilePresence(tmp_path, "one").close()
    assert list(tmp_path.iterdir()) == []


def test_a_worker_without_a_data_folder_fails_in_one_line(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert run(["worker", "--data", str(tmp_path)]) == 2
    assert capsys.readouterr().err.startswith(f"sightsound: {tmp_path} holds no catalog.sqlite")
