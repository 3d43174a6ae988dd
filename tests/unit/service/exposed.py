"""Metrics as Prometheus reads them."""

from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


def samples(client: TestClient) -> Samples:
    """Every series by its name and labels."""
    return samples_of(client.get("/metrics").text)


def samples_of(exposed: str) -> Samples:
    """The same of what was read already."""
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(exposed)
        for sample in family.samples
    }


def value(found: Samples, name: str, **labels: str) -> float:
    """That of one series; 0 where there is none."""
    return found.get((name, frozenset(labels.items())), 0.0)
