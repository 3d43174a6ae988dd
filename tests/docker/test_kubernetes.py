"""What the manifests promise, and that Kubernetes' own models know every field of them."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from kubernetes.client import ApiClient

from service.settings import Settings
from tests.docker.files import DOCKER, documents, environment, settings_of

FOLDER = DOCKER / "kubernetes"
FOUND = list(documents(FOLDER))
MODELS = {
    "Namespace": "V1Namespace",
    "PersistentVolumeClaim": "V1PersistentVolumeClaim",
    "Deployment": "V1Deployment",
    "Service": "V1Service",
    "PodDisruptionBudget": "V1PodDisruptionBudget",
    "NetworkPolicy": "V1NetworkPolicy",
    "Job": "V1Job",
}
PODS = [each for each in FOUND if each["kind"] in ("Deployment", "Job")]


@dataclass(frozen=True, slots=True)
class _Answer:
    """What the client reads a model from."""

    data: str


def titled(manifest: dict[str, Any]) -> str:
    """Kind and name."""
    return f"{manifest['kind']} {manifest['metadata']['name']}"


def one(kind: str, name: str) -> dict[str, Any]:
    """The manifest of that kind and name."""
    (found,) = [each for each in FOUND if titled(each) == f"{kind} {name}"]
    return found


def pod(manifest: dict[str, Any]) -> dict[str, Any]:
    """The pods that it makes."""
    found: dict[str, Any] = manifest["spec"]["template"]["spec"]
    return found


def container(manifest: dict[str, Any]) -> dict[str, Any]:
    """The one container of these."""
    (found,) = pod(manifest)["containers"]
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize("manifest", FOUND, ids=titled)
def test_kubernetes_knows_every_field(manifest: dict[str, Any]) -> None:
    """Its client's models drop what they do not know, and raise where something required is missing."""
    api = ApiClient()
    read = api.deserialize(_Answer(json.dumps(manifest)), MODELS[manifest["kind"]])
    assert api.sanitize_for_serialization(read) == manifest


@pytest.mark.parametrize("manifest", PODS, ids=titled)
def test_pods_may_do_nothing(manifest: dict[str, Any]) -> None:
    inside, around = container(manifest)["securityContext"], pod(manifest)["securityContext"]
    assert inside == {
        "readOnlyRootFilesystem": True,
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
    }
    assert (around["runAsNonRoot"], around["runAsUser"], around["fsGroup"]) == (True, 10001, 10001)
    assert around["seccompProfile"] == {"type": "RuntimeDefault"}
    assert pod(manifest)["automountServiceAccountToken"] is False


@pytest.mark.parametrize("manifest", PODS, ids=titled)
def test_pods_say_what_they_need_and_write_only_to_volumes(manifest: dict[str, Any]) -> None:
    found = container(manifest)
    assert set(found["resources"]) == {"requests", "limits"}
    mounted = {each["name"] for each in found["volumeMounts"]}
    assert mounted == {each["name"] for each in pod(manifest)["volumes"]}
    assert {"data", "tmp"} <= mounted
    assert "command" not in found  # the image's own entry point


@pytest.mark.parametrize("manifest", PODS, ids=titled)
def test_variables_of_pods_are_settings_that_hold(manifest: dict[str, Any], tmp_path: Path) -> None:
    said = {each["name"]: each.get("value", "postgresql://host/database") for each in container(manifest)["env"]}
    said |= dict(line.split("=", 1) for line in (FOLDER / "settings.env").read_text().splitlines())
    settings = settings_of(said, tmp_path)
    if titled(manifest) == "Deployment api":
        assert settings.asks_for_keys
        assert settings.is_encrypted
        assert pod(manifest)["terminationGracePeriodSeconds"] > settings.drain_s + settings.shutdown_s


def test_the_api_is_probed_at_its_own_port() -> None:
    found = container(one("Deployment", "api"))
    probes = {name: found[f"{name}Probe"]["httpGet"] for name in ("startup", "readiness", "liveness")}
    assert {name: each["path"] for name, each in probes.items()} == {
        "startup": "/readyz",
        "readiness": "/readyz",
        "liveness": "/livez",
    }
    assert {each["port"] for each in probes.values()} == {"http"}
    assert found["ports"] == [{"name": "http", "containerPort": Settings.model_fields["port"].default}]


@pytest.mark.parametrize("name", ["api", "worker"])
def test_budgets_and_policies_mean_pods_that_there_are(name: str) -> None:
    made = one("Deployment", name)
    labels = made["spec"]["template"]["metadata"]["labels"]
    assert made["spec"]["selector"]["matchLabels"] == labels
    assert one("PodDisruptionBudget", name)["spec"]["selector"]["matchLabels"] == labels
    assert made["spec"]["replicas"] >= 2
    for policy in (each for each in FOUND if each["kind"] == "NetworkPolicy"):
        chosen = policy["spec"]["podSelector"]["matchLabels"].items()
        assert chosen <= labels.items() or policy["metadata"]["name"] == "api"
    assert (
        one("Service", "api")["spec"]["selector"] == one("NetworkPolicy", "api")["spec"]["podSelector"]["matchLabels"]
    )


@pytest.mark.parametrize("name", ["api", "worker"])
def test_pods_are_replaced_without_a_pause_which_needs_a_volume_of_several_nodes(name: str) -> None:
    assert one("Deployment", name)["spec"]["strategy"] == {
        "type": "RollingUpdate",
        "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0},
    }
    assert one("PersistentVolumeClaim", "data")["spec"]["accessModes"] == ["ReadWriteMany"]


def test_a_worker_that_ends_at_its_start_is_not_taken_for_one_that_works() -> None:
    """It has no probe that would tell."""
    assert "readinessProbe" not in container(one("Deployment", "worker"))
    assert one("Deployment", "worker")["spec"]["minReadySeconds"] > 0


def test_no_secret_is_written_down() -> None:
    assert [each for each in FOUND if each["kind"] == "Secret"] == []
    text = "\n".join(path.read_text() for path in FOLDER.glob("**/*") if path.is_file())
    assert re.findall(r"postgresql://|[Pp]assword", text) == []


@pytest.mark.parametrize("folder", [FOLDER, FOLDER / "migrations"], ids=["all", "migrations"])
def test_kustomize_names_every_file(folder: Path) -> None:
    found = yaml.safe_load((folder / "kustomization.yaml").read_text())
    there = {path.name for path in folder.glob("*.yaml")} - {"kustomization.yaml"}
    assert set(found["resources"]) == there
    assert found["namespace"] == one("Namespace", "sightsound")["metadata"]["name"]
    assert [each["name"] for each in found["images"]] == ["sightsound"]
    named = [name for each in found.get("configMapGenerator", ()) for name in each["envs"]]
    assert [each for each in named if not (folder / each).is_file()] == []


def test_an_api_of_kubernetes_is_set_as_that_of_compose() -> None:
    said = {each["name"]: each.get("value") for each in container(one("Deployment", "api"))["env"]}
    composed = environment("api")
    shared = ("SIGHTSOUND_HOST", "SIGHTSOUND_BEHIND_TLS_PROXY", "SIGHTSOUND_JOB_WORKERS")
    assert {name: said[name] for name in shared} == {name: composed[name] for name in shared}
