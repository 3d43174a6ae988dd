"""What the containers are made of, as tests read it."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from service.settings import Settings
from tests.documents import ROOT

DOCKER = ROOT / "docker"
COMPOSE = ROOT / "docker-compose.yml"
PASSWORDS = {f"{each}_PASSWORD": each.lower() * 3 for each in ("POSTGRES", "MILVUS", "GRAFANA", "S3")}
"""What `.env` has, as the first command of docs/containers.md writes it."""
_VARIABLE = re.compile(r"\$\{(\w+)(?::([?-])([^}]*))?\}")


def services() -> dict[str, dict[str, Any]]:
    """The services of docker-compose.yml, merged, with nothing filled in."""
    found: dict[str, dict[str, Any]] = yaml.safe_load(COMPOSE.read_text())["services"]
    return found


def filled(text: str, given: Mapping[str, str]) -> str:
    """As Compose fills in variables; raises KeyError for one that is required and not given."""

    def value(match: re.Match[str]) -> str:
        name, sign, otherwise = match.groups()
        if sign == "?" or (not sign and name not in given):
            return given[name]
        return given.get(name) or otherwise or ""

    return _VARIABLE.sub(value, text)


def environment(service: str, given: Mapping[str, str] = PASSWORDS) -> dict[str, str]:
    """What a service of docker-compose.yml is given; variables without a value are handed on where they are set."""
    said: dict[str, str | None] = services()[service]["environment"]
    handed = {name: given.get(name) if value is None else filled(value, given) for name, value in said.items()}
    return {name: value for name, value in handed.items() if value is not None}


def settings_of(variables: Mapping[str, str], data: Path) -> Settings:
    """What the service makes of variables of its environment, each of which has to be a setting."""
    given: dict[str, Any] = {name.removeprefix("SIGHTSOUND_").lower(): value for name, value in variables.items()}
    assert given.keys() <= Settings.model_fields.keys()
    return Settings(**{"data": data, **given})


def instructions() -> Iterator[tuple[str, str]]:
    """The instructions of the Dockerfile and what each says, lines that go on put together."""
    lines = [line for line in (DOCKER / "Dockerfile").read_text().splitlines() if not line.startswith("#")]
    for line in re.sub(r"\\\n\s*", "", "\n".join(lines)).splitlines():
        if line.strip():
            name, _, said = line.strip().partition(" ")
            yield name, said.strip()


def image_environment() -> dict[str, str]:
    """What the image itself says in ENV."""
    said = " ".join(text for name, text in instructions() if name == "ENV")
    return dict(each.split("=", 1) for each in said.split())


def documents(folder: Path) -> Iterator[dict[str, Any]]:
    """Every manifest in the YAML files of a folder, but kustomize's own."""
    for path in sorted(folder.glob("**/*.yaml")):
        if path.name != "kustomization.yaml":
            yield from yaml.safe_load_all(path.read_text())
