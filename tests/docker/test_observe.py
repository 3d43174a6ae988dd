"""Dashboard and alerts: queries of metrics and labels that there are, with thresholds that are documented."""

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import promql_parser
import pytest
import yaml
from promql_parser import Expr, VectorSelector
from starlette.testclient import TestClient

from service.app import create_app
from service.settings import Settings
from tests.docker.files import COMPOSE, DOCKER, services
from tests.documents import DOCS, rows
from tests.tiny.bundles import tiny_library
from tests.tiny.copies import temporary
from tests.unit.service.asking import DEMO, OWN

OBSERVE = DOCKER / "observe"
ALERTS: list[dict[str, Any]] = [
    rule for group in yaml.safe_load((OBSERVE / "alerts.yml").read_text())["groups"] for rule in group["rules"]
]
DASHBOARD: dict[str, Any] = json.loads((OBSERVE / "grafana" / "sightsound.json").read_text())
OF_PROMETHEUS = {"up"}
ADDED = {"le", "job", "instance"}
"""Labels of histograms, and those that Prometheus puts on what it reads."""


def queries() -> Iterator[tuple[str, str]]:
    """Every query of the alerts and of the dashboard, with what it is of."""
    yield from ((each["alert"], each["expr"]) for each in ALERTS)
    for panel in DASHBOARD["panels"]:
        yield from ((panel["title"], target["expr"].replace("$__rate_interval", "5m")) for target in panel["targets"])


QUERIES = list(queries())
each_query = pytest.mark.parametrize(
    "query", [text for _, text in QUERIES], ids=[f"{name} {number}" for number, (name, _) in enumerate(QUERIES)]
)


def selected(query: str) -> list[VectorSelector]:
    """The series that a query selects; raises ValueError for what is no PromQL."""
    found: list[VectorSelector] = []

    def note(part: Expr) -> None:
        if isinstance(part, VectorSelector):
            found.append(part)

    promql_parser.walk(promql_parser.parse(query), pre_visit=note)
    return found


@cache
def exposed() -> dict[str, set[str]]:
    """The labels of each metric that a service tells, once it was asked something; of those without series, none."""
    settings = Settings(data=tiny_library(temporary() / "data", clips_per_label=1), job_workers=0)
    with TestClient(create_app(settings), OWN) as client:
        client.get(f"{DEMO}/search", params={"text": "bell", "to": "video"})
        client.get("/v1/galleries/none")
        text = client.get("/metrics").text
    found: dict[str, set[str]] = {name: set() for name in re.findall(r"^# TYPE (\S+)", text, re.MULTILINE)}
    for name, labels in re.findall(r"^(\w+)(?:\{(.*)\})? ", text, re.MULTILINE):
        found.setdefault(name, set()).update(re.findall(r'(?:^|,)(\w+)="', labels))
    return found


def labels(metric: str) -> set[str]:
    """Those that a metric's series have; of one without series, those that are documented."""
    documented = {label for row in rows(metric) for label in re.findall(r"`(\w+)`", row)}
    return ADDED | (exposed().get(metric) or documented)


@each_query
def test_a_query_selects_metrics_that_a_service_tells(query: str) -> None:
    names = {each.name for each in selected(query)}
    assert names
    assert names - exposed().keys() - OF_PROMETHEUS == set()


@each_query
def test_a_query_selects_metrics_that_are_documented(query: str) -> None:
    names = {re.sub(r"_bucket$", "", str(each.name)) for each in selected(query)} - OF_PROMETHEUS
    assert [name for name in names if not any(rows(name))] == []


@each_query
def test_a_query_goes_by_labels_that_the_metric_has(query: str) -> None:
    for each in selected(query):
        assert {matcher.name for matcher in each.matchers.matchers} <= labels(str(each.name)), each.name


@pytest.mark.parametrize("alert", ALERTS, ids=[each["alert"] for each in ALERTS])
def test_an_alert_says_how_bad_it_is_and_what_it_means(alert: dict[str, Any]) -> None:
    assert alert["labels"]["severity"] in ("page", "warn")
    assert alert["annotations"]["summary"].endswith((".", "?"))
    used = set(re.findall(r"\$labels\.(\w+)", alert["annotations"]["summary"]))
    assert used <= set().union(*(labels(str(each.name)) for each in selected(alert["expr"])))


def test_every_alert_is_documented_with_its_threshold_and_where_that_is_from() -> None:
    page = (DOCS / "containers.md").read_text()
    told = dict(re.findall(r"^\| `(\w+)` \| (.+) \| .+ \|$", page, re.MULTILINE))
    named = [each["alert"] for each in ALERTS]
    assert [name for name in told if name.startswith("Sightsound")] == named
    for alert in ALERTS:
        minutes = re.fullmatch(r"(\d+)m", alert.get("for", "0m"))
        assert minutes is not None
        assert minutes[1] == "0" or f"for {minutes[1]} minute" in told[alert["alert"]], alert["alert"]


@pytest.mark.parametrize(
    ("alert", "panel"),
    [
        ("SightsoundFails", "Failures"),
        ("SightsoundSearchesSlow", "Searches by words"),
        ("SightsoundClipSearchesSlow", "Searches by a clip"),
        ("SightsoundRecallLow", "Recall at 10 of live searches"),
        ("SightsoundSpoolFills", "Spool"),
    ],
)
def test_the_dashboard_draws_an_alerts_threshold(alert: str, panel: str) -> None:
    (expression,) = [each["expr"] for each in ALERTS if each["alert"] == alert]
    (shown,) = [each for each in DASHBOARD["panels"] if each["title"] == panel]
    heights = [step["value"] for step in shown["fieldConfig"]["defaults"]["thresholds"]["steps"] if step["value"]]
    assert [str(each) for each in heights] == re.findall(r"[<>] ([\d.]+)", expression)[:1]


def test_panels_have_names_and_places_of_their_own() -> None:
    panels = DASHBOARD["panels"]
    assert len({each["id"] for each in panels}) == len({each["title"] for each in panels}) == len(panels)
    places = [
        (x, y)
        for at in (each["gridPos"] for each in panels)
        for x in range(at["x"], at["x"] + at["w"])
        for y in range(at["y"], at["y"] + at["h"])
    ]
    assert len(places) == len(set(places))
    assert all(x < 24 for x, _ in places)


def test_prometheus_and_grafana_find_each_other_and_the_service() -> None:
    scraped = yaml.safe_load((OBSERVE / "prometheus.yml").read_text())
    (job,) = scraped["scrape_configs"]
    assert job["job_name"] == "sightsound"
    (found,) = job["dns_sd_configs"]
    assert set(found["names"]) == {name for name, each in services().items() if "8765" in str(each.get("ports"))}
    assert found["port"] == Settings.model_fields["port"].default
    key = job["authorization"]["credentials_file"].removeprefix("/run/secrets/")
    assert services()["prometheus"]["secrets"] == [key]
    assert key in yaml.safe_load(COMPOSE.read_text())["secrets"]
    (source,) = yaml.safe_load((OBSERVE / "grafana" / "datasources.yml").read_text())["datasources"]
    assert source["url"] == "http://prometheus:9090"
    assert {each["datasource"]["uid"] for each in DASHBOARD["panels"]} == {source["uid"]}


def test_the_collector_takes_traces_where_the_documents_send_them() -> None:
    taken = yaml.safe_load((OBSERVE / "collector.yml").read_text())["receivers"]["otlp"]["protocols"]["http"][
        "endpoint"
    ]
    assert f"http://collector:{taken.rpartition(':')[2]}/v1/traces" in (DOCS / "containers.md").read_text()


def test_alerts_reach_the_address_that_is_named_by_how_bad_they_are() -> None:
    """`amtool check-config` knows more, and is in no registry of Python packages."""
    told = yaml.safe_load((OBSERVE / "alertmanager.yml").read_text())
    (receiver,) = told["receivers"]
    (where,) = receiver["webhook_configs"]
    secret = where["url_file"].removeprefix("/run/secrets/")
    assert services()["alertmanager"]["secrets"] == [secret]
    assert secret in yaml.safe_load(COMPOSE.read_text())["secrets"]
    assert told["route"]["receiver"] == receiver["name"]
    severities = {each["labels"]["severity"] for each in ALERTS}
    matched = [matcher for route in told["route"]["routes"] for matcher in route["matchers"]]
    matched += [matcher for rule in told["inhibit_rules"] for matcher in rule["target_matchers"]]
    assert {re.fullmatch(r'severity="(\w+)"', each)[1] for each in matched} <= severities  # type: ignore[index]
    quieting = [matcher for rule in told["inhibit_rules"] for matcher in rule["source_matchers"]]
    assert {each.split('"')[1] for each in quieting} <= {each["alert"] for each in ALERTS}


def test_prometheus_tells_its_alerts_to_the_alertmanager_where_there_is_one() -> None:
    (manager,) = yaml.safe_load((OBSERVE / "prometheus.yml").read_text())["alerting"]["alertmanagers"]
    (found,) = manager["dns_sd_configs"]
    assert set(found["names"]) <= services().keys()
    assert "/etc/alertmanager/alertmanager.yml" in services()["alertmanager"]["command"][0]
