"""What docker-compose.yml promises: closed by default, and only by settings that there are."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from service.settings import Settings
from tests.docker.files import COMPOSE, PASSWORDS, environment, filled, services, settings_of
from tests.documents import DOCS, ROOT

ALL = services()
OURS = ("api", "worker", "api-gpu", "worker-gpu", "training")
THEIRS = sorted(ALL.keys() - set(OURS))


def by_profile(profile: str | None) -> set[str]:
    """The services that a profile adds; None: those that are there without one."""
    return {name for name, each in ALL.items() if (each.get("profiles") or [None]) == [profile]}


def test_the_api_a_worker_and_postgresql_are_there_without_a_profile() -> None:
    assert by_profile(None) == {"api", "worker", "postgres"}


def test_each_profile_adds_what_it_is_named_for() -> None:
    assert by_profile("gpu") == {"api-gpu", "worker-gpu"}
    assert by_profile("milvus") == {"milvus"}
    assert by_profile("s3") == {"s3"}
    assert by_profile("observe") == {"prometheus", "grafana", "collector"}
    assert by_profile("alerts") == {"alertmanager"}
    assert by_profile("training") == {"training"}
    profiles = {profile for each in ALL.values() for profile in each.get("profiles", ())}
    assert profiles == {"alerts", "gpu", "milvus", "observe", "s3", "training"}


def test_an_image_is_built_by_one_service_alone() -> None:
    """Two that build one name at once fail, the first time."""
    built = [each["image"] for each in ALL.values() if "build" in each]
    assert len(built) == len(set(built)) == 3
    assert {each["image"] for name, each in ALL.items() if name in OURS} == set(built)


@pytest.mark.parametrize("name", sorted(ALL))
def test_no_log_grows_for_ever(name: str) -> None:
    assert ALL[name]["logging"]["driver"] == "local"
    assert set(ALL[name]["logging"]["options"]) == {"max-size", "max-file"}


@pytest.mark.parametrize("name", sorted(ALL))
def test_what_is_published_is_published_to_this_machine_alone(name: str) -> None:
    assert [each for each in ALL[name].get("ports", ()) if not each.startswith("127.0.0.1:")] == []


def test_nothing_but_the_api_and_grafana_is_published() -> None:
    assert {name for name, each in ALL.items() if "ports" in each} == {"api", "api-gpu", "grafana"}


@pytest.mark.parametrize("name", OURS)
def test_our_own_run_read_only_and_without_rights(name: str) -> None:
    found = ALL[name]
    assert found["read_only"] is True
    assert found["tmpfs"] == ["/tmp"]
    assert found["cap_drop"] == ["ALL"]
    assert found["security_opt"] == ["no-new-privileges:true"]
    assert "user" not in found  # the image's
    assert found["depends_on"] == {"postgres": {"condition": "service_healthy"}}


@pytest.mark.parametrize("name", OURS)
def test_variables_of_ours_are_settings_that_hold(name: str, tmp_path: Path) -> None:
    settings = settings_of(environment(name), tmp_path)
    assert settings.asks_for_keys or not name.startswith("api")


@pytest.mark.parametrize("name", OURS)
def test_requests_that_were_taken_are_answered_before_a_process_is_killed(name: str) -> None:
    settings = Settings(data=Path("."))
    assert float(ALL[name]["stop_grace_period"].removesuffix("s")) > settings.drain_s + settings.shutdown_s


def on(network: str) -> set[str]:
    """The services of a network."""
    return {name for name, each in ALL.items() if network in each["networks"]}


def test_workers_and_stores_have_no_way_to_the_internet() -> None:
    networks = yaml.safe_load(COMPOSE.read_text())["networks"]
    assert {name for name, each in networks.items() if not each.get("internal")} == {"outside"}
    assert on("outside") == {"api", "api-gpu", "alertmanager", "grafana", "training"}


def test_nobody_but_ours_reaches_the_stores() -> None:
    assert on("stores") == {*OURS, "postgres", "milvus", "s3"}
    assert on("watching") == {"api", "api-gpu", "alertmanager", "prometheus", "grafana", "collector"}


@pytest.mark.parametrize("name", sorted(PASSWORDS))
def test_without_its_password_nothing_starts(name: str) -> None:
    given = {each: value for each, value in PASSWORDS.items() if each != name}
    with pytest.raises(KeyError):
        filled(COMPOSE.read_text(), given)


def test_no_password_is_written_down() -> None:
    said = re.findall(r"^ +\w*(?:PASSWORD|TOKEN|SECRET)\w*: (.+)$", COMPOSE.read_text(), re.MULTILINE)
    assert len(said) >= 3
    assert [value for value in said if not re.fullmatch(r"(?:root:)?\$\{\w+_PASSWORD:\?[^}]+\}", value)] == []
    assert "sightsound:${POSTGRES_PASSWORD:?" in COMPOSE.read_text()


@pytest.mark.parametrize("name", THEIRS)
def test_images_of_others_have_a_version_and_can_be_named_by_digest(name: str) -> None:
    found = re.fullmatch(r"\$\{[A-Z]\w*_IMAGE:-(\S+):([\w.-]+)\}", ALL[name]["image"])
    assert found is not None
    assert re.search(r"\d+\.\d+", found[2])


def test_milvus_is_one_in_which_the_holes_of_port_9091_are_closed() -> None:
    version = re.search(r":v(\d+)\.(\d+)\.(\d+)\}$", ALL["milvus"]["image"])
    assert version is not None
    assert tuple(map(int, version.groups())) >= (2, 6, 10)
    assert ALL["milvus"]["environment"]["COMMON_SECURITY_AUTHORIZATIONENABLED"] == "true"
    assert (
        environment("api")["SIGHTSOUND_MILVUS_TOKEN"]
        == f"root:{environment('milvus')['COMMON_SECURITY_DEFAULTROOTPASSWORD']}"
    )


def test_a_service_goes_to_milvus_only_where_it_is_told_to() -> None:
    assert "SIGHTSOUND_MILVUS_URI" not in environment("api")
    told = environment("worker", {**PASSWORDS, "SIGHTSOUND_MILVUS_URI": "http://milvus:19530"})
    assert told["SIGHTSOUND_MILVUS_URI"] == "http://milvus:19530"


def test_clips_lie_in_the_volume_unless_a_bucket_is_named(tmp_path: Path) -> None:
    assert "SIGHTSOUND_MEDIA_URL" not in environment("api")
    told = environment("worker", {**PASSWORDS, "SIGHTSOUND_MEDIA_URL": "s3://clips"})
    store, (bucket,) = ALL["s3"]["environment"], [each for each in ALL["s3"]["command"] if each.startswith("-bucket=")]
    media = settings_of(told, tmp_path).media_at
    assert media.endpoint == "http://s3:8333"
    assert (media.root, media.key) == (bucket.removeprefix("-bucket="), store["AWS_ACCESS_KEY_ID"])
    assert media.secret == environment("s3")["AWS_SECRET_ACCESS_KEY"]


def test_the_documents_first_command_writes_every_password_that_the_file_asks_for() -> None:
    asked = set(re.findall(r"\$\{(\w+_PASSWORD):\?", COMPOSE.read_text()))
    written = re.search(r"for each in ([A-Z0-9 ]+); do", (DOCS / "containers.md").read_text())
    assert written is not None
    assert {f"{each}_PASSWORD" for each in written[1].split()} == asked == PASSWORDS.keys()


@pytest.mark.parametrize("name", sorted(ALL))
def test_files_that_are_mounted_are_there(name: str) -> None:
    mounted = [each.split(":")[0] for each in ALL[name].get("volumes", ()) if each.startswith("./")]
    assert [each for each in mounted if not (ROOT / each).is_file()] == []


@pytest.mark.parametrize("name", sorted(ALL))
def test_nothing_that_is_started_goes_through_a_shell(name: str) -> None:
    check = ALL[name].get("healthcheck", {}).get("test", ["CMD"])
    assert isinstance(ALL[name].get("command", []), list)
    assert check[0] == "CMD"


def composed(*arguments: str, given: dict[str, str]) -> dict[str, Any]:
    """What docker-compose makes of the file."""
    if (program := shutil.which("docker-compose")) is None:
        pytest.skip("needs docker-compose: apt-get install docker-compose")
    command = [program, "--file", str(COMPOSE), *arguments, "config"]
    done = subprocess.run(
        command, env={"PATH": "/usr/bin:/bin", **given}, capture_output=True, text=True, check=False, cwd=COMPOSE.parent
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = yaml.safe_load(done.stdout)
    return found


def test_docker_compose_reads_the_file_as_these_tests_do() -> None:
    profiles = ("alerts", "gpu", "milvus", "observe", "s3", "training")
    found = composed(*(word for each in profiles for word in ("--profile", each)), given=PASSWORDS)
    assert found["services"].keys() == ALL.keys()
    for name in OURS:
        read = {key: value for key, value in found["services"][name]["environment"].items() if value is not None}
        assert read == environment(name), json.dumps(read)
