"""The entry points of the images, by the variables of docker-compose.yml, over a real PostgreSQL.

Where the tests are run by root on Linux, every process has a read-only root file system, a /tmp of its own, no shell,
no privileges and another user, as in a container; elsewhere the same without that.
"""

import ast
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from tests.docker.contained import USER
from tests.docker.files import services
from tests.docker.living import House, can_contain
from tests.tiny.bundles import tiny_library
from tests.tiny.clips import tiny_clip
from tests.tiny.ports import kept_port
from tests.tiny.postgres import Cluster

PATIENCE_S = 90.0


@pytest.fixture(scope="module")
def house(image: Path, cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A data folder with a bundle and its encoders, as /data; and an empty database of the user of Compose."""
    made = tiny_library(tmp_path_factory.mktemp("made") / "data", clips_per_label=1)
    data = tmp_path_factory.mktemp("volume") / "data"
    data.mkdir()
    for folder in ("bundles", "backbones"):
        shutil.copytree(made / folder, data / folder)
    for place in (data, *data.rglob("*")) if can_contain() else ():
        os.chown(place, USER, USER)
    url = cluster.database("template0")
    cluster.execute("DROP ROLE IF EXISTS sightsound")
    cluster.execute("CREATE ROLE sightsound LOGIN PASSWORD 'postgrespostgrespostgres'")
    cluster.execute(f"ALTER DATABASE {url.rpartition('/')[2]} OWNER TO sightsound")
    with kept_port() as port:
        yield House(image, data, url.partition("@")[2], port)
    cluster.drop(url)
    cluster.execute("DROP ROLE sightsound")


def made_key(house: House, name: str, scope: str) -> str:
    """A new key, made as docs/containers.md says."""
    done = house.run("api", "keys", "create", name, "--scope", scope)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def wait_for(holds: Callable[[], bool], house: House) -> None:
    """Until this holds."""
    end = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < end, [each.read_text() for each in house.data.parent.glob("*.log")]
        time.sleep(0.5)


def ended(process: "subprocess.Popen[str]", service: str) -> int:
    """The exit status after a SIGTERM, within what Compose waits before it kills."""
    process.send_signal(signal.SIGTERM)
    return process.wait(float(services()[service]["stop_grace_period"].removesuffix("s")))


def check_nobody_starts_it_without_a_key(house: House) -> None:
    """The API ends at once, and says what is to be done."""
    done = house.run("api", "serve")
    assert done.returncode == 2
    assert "sightsound keys create NAME --scope admin" in done.stderr
    assert house.health() == 1


def check_a_worker_adds_a_clip_that_a_search_finds(house: House, client: httpx.Client) -> None:
    """The API takes it, the worker decodes it, both in the one volume and the one database."""
    clip = tiny_clip(house.data.parent / "bell.mp4").read_bytes()
    assert client.post("/v1/galleries", json={"name": "mine", "bundle": "tiny"}).status_code == 201
    sent = client.post("/v1/galleries/mine/jobs/upload", files={"files": ("bell.mp4", clip, "video/mp4")})
    job = f"/v1/jobs/{sent.json()['id']}"
    wait_for(lambda: client.get(job).json()["state"] not in ("queued", "running"), house)
    assert client.get(job).json()["result"]["added"] == 1, client.get(job).text
    found = client.get("/v1/galleries/mine/search", params={"text": "bell", "to": "video"})
    assert [each["clip"]["name"] for each in found.json()["hits"]] == ["bell.mp4"]
    file = {"file": ("bell.mp4", clip, "video/mp4")}
    assert client.post("/v1/galleries/mine/search", data={"from": "audio"}, files=file).status_code == 200


def check_prometheus_reads_the_metrics(house: House) -> None:
    """By the name that it knows the service by, and the key that is made for it."""
    metrics, named = f"http://127.0.0.1:{house.port}/metrics", {"Host": "api:8765"}
    key = made_key(house, "prometheus", "observe")
    assert httpx.get(metrics, headers=named, timeout=PATIENCE_S).status_code == 401
    answer = httpx.get(metrics, headers={**named, "Authorization": f"Bearer {key}"}, timeout=PATIENCE_S)
    assert answer.status_code == 200, answer.text
    assert "sightsound_build_info" in answer.text


def test_compose_s_own_processes_go_from_an_empty_database_to_a_clip_that_is_found(house: House) -> None:
    check_nobody_starts_it_without_a_key(house)
    key = made_key(house, "ada", "admin")
    with house.up("api", "serve") as api, house.up("worker", "worker") as worker:
        wait_for(lambda: house.health() == 0, house)
        with httpx.Client(base_url=f"http://127.0.0.1:{house.port}", timeout=PATIENCE_S) as client:
            assert client.get("/livez").status_code == 200
            assert client.get("/v1/galleries").status_code == 401
            client.headers["Authorization"] = f"Bearer {key}"
            check_a_worker_adds_a_clip_that_a_search_finds(house, client)
        check_prometheus_reads_the_metrics(house)
        assert ended(api, "api") == 0
        assert ended(worker, "worker") == 0


def test_what_migrates_the_catalog_ends_well(house: House) -> None:
    done = house.run("worker", "gallery", "list")
    assert done.returncode == 0, done.stderr


TRIED = """
import os
open("/tmp/mine", "w").close()
open(os.environ["SIGHTSOUND_DATA"] + "/mine", "w").close()
print(os.getuid(), os.access("/bin/sh", os.X_OK), [each for each in os.listdir("/") if os.access("/" + each, os.W_OK)])
"""


def test_what_is_run_here_as_in_a_container_can_write_nothing_but_its_volume_and_has_no_shell(house: House) -> None:
    if not can_contain():
        pytest.skip("needs root, unshare and setpriv")
    command = house.command([str(house.image / "bin" / "python"), "-c", TRIED])
    done = subprocess.run(command, env=house.variables("api"), capture_output=True, text=True, check=False, cwd="/")
    user, shell, writable = done.stdout.split(maxsplit=2)
    assert (int(user), shell) == (USER, "False"), done.stderr
    assert set(ast.literal_eval(writable)) <= {"tmp", "root", "proc"}
