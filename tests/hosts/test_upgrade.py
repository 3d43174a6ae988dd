"""A service of the version before, upgraded replica by replica while queries go on.

Nothing was released before 0.1.0. What stands for the version before is the code as it was, in the repository's
history, before the newest revision of the catalog: a bundle and a catalog that it made itself, and its own replicas.
"""

import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from index.catalog.schema import REVISION
from tests.hosts.asking import Asking, add, found
from tests.hosts.site import Ground, Site, opened_site, until
from tests.tiny.clips import tiny_clip
from tests.unit.service.waiting import ROOT

ROOMS = ("sightsound", "service", "index", "models", "training", "tests")
CLIPS, ASKED = 4, 20


def git(*asked: str) -> bytes:
    """What git says of this repository; nothing where there is none, or not all of its history."""
    try:
        return subprocess.run(["git", *asked], cwd=ROOT, capture_output=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return b""


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The code of the version before."""
    (migration,) = (ROOT / "index/catalog/migrations/versions").glob(f"{REVISION}_*.py")
    asked = ("log", "--diff-filter=A", "--format=%H", "-1", "--", str(migration))
    if not (packed := git("archive", f"{git(*asked).decode().strip()}^", *ROOMS)):
        pytest.skip("the version before is in the repository's history, which is not here")
    folder = tmp_path_factory.mktemp("before")
    subprocess.run(["tar", "x"], cwd=folder, input=packed, check=True)
    return folder


@pytest.fixture
def earlier(machines: Ground, before: Path, tmp_path: Path) -> Iterator[Site]:
    """Two replicas of it, over a catalog that it made."""
    catalog = machines.cluster.database("template0")
    with opened_site(machines, tmp_path, catalog, port=8766, code=before) as made:
        yield made
        for each in machines.answering:
            each.kill()


def revision(site: Site) -> str:
    """Of its catalog."""
    with psycopg.connect(site.catalog) as connection:
        (found,) = connection.execute("SELECT version_num FROM alembic_version").fetchall()
    return str(found[0])


def test_the_version_before_answers_on_while_its_replicas_are_upgraded_one_by_one(
    earlier: Site, tmp_path: Path
) -> None:
    now, (first, second) = replace(earlier, code=ROOT), earlier.replicas
    clips = {add(first, tiny_clip(tmp_path / f"{n}.mp4", tone_hz=200.0 + 90 * n)) for n in range(CLIPS)}
    assert found(second) == clips
    assert revision(earlier) < REVISION
    asking = Asking(earlier.replicas)
    with asking.going_on():
        now.replace(first)
        assert revision(earlier) == REVISION
        assert found(first) == found(second) == clips
        for new, old in ((first, second), (second, first)):
            clips.add(added := add(new, tiny_clip(tmp_path / "new.mp4", tone_hz=1000.0 + 90 * len(clips))))
            assert added in found(old)
        now.replace(second)
        answered = asking.answered
        until(lambda: asking.answered > answered + ASKED)
    print(f"{asking.answered} queries were answered while both replicas were upgraded")
    assert asking.failed == []
    assert found(first) == found(second) == clips
