"""Two evaluations side by side, and evaluations deleted, over HTTP."""

from collections.abc import Iterator
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
from starlette.testclient import TestClient

from index.galleries import Galleries
from models.media.cage import Cage
from models.media.limits import Limits
from service.app import create_app
from service.encoding.encoders import Encoders
from service.jobs.evaluating import Evaluate
from service.jobs.pulse import Pulse
from service.jobs.work import Workshop
from service.settings import Settings
from tests.unit.service.asking import DEMO, OWN, refused

ALL = f"{DEMO}/evaluations"
OLD, ODD, MISSING = 5, 6, 999


@pytest.fixture(scope="module")
def evaluated(pristine: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Evaluations 1 of "tiny", 2 of "other", 3 of "tiny" by one route, 4 of some clips alone, and two that cannot be
    compared: 5 does not tell its clips, 6 has another protocol."""
    folder = Path(copytree(pristine, tmp_path_factory.mktemp("evaluated") / "library"))
    galleries = Galleries.open(folder)
    gallery = galleries.get("demo")
    gallery.reindex("other")
    requests: list[dict[str, Any]] = [
        {"generation": 1},
        {"generation": 2},
        {"generation": 1, "routes": ["text->video"]},
        {"generation": 1, "only": {"label": [gallery.clips()[0].labels[0]]}},
    ]
    with Cage(Limits(), 1) as cage:
        workshop = Workshop(galleries, Encoders(folder / "backbones", cage))
        for number, request in enumerate(requests):
            work = Evaluate(workshop, "demo", request, folder=Path(f"job-{number}"))
            work.finish({}, {}, work.do(0, work.plan(), Pulse())["found"])
    report = gallery.evaluation(1).report
    untold = {name: value for name, value in report.items() if name != "clips_sha256"}
    gallery.record_evaluation(1, protocol="gallery@1", request={}, report=untold)
    gallery.record_evaluation(1, protocol="another@1", request={}, report=report)
    galleries.close()
    return folder


@pytest.fixture(scope="module")
def client(evaluated: Path) -> Iterator[TestClient]:
    with TestClient(create_app(Settings(data=evaluated, job_workers=0)), OWN) as client:
        yield client


def compare(client: TestClient, first: int, second: int) -> Any:
    return client.get(f"{ALL}/compare", params={"first": first, "second": second})


def reports(client: TestClient, *ids: int) -> list[Any]:
    return [client.get(f"{ALL}/{each}").json()["report"] for each in ids]


def test_differences_are_those_of_the_reports(client: TestClient) -> None:
    found, (ours, theirs) = compare(client, 1, 2).json(), reports(client, 1, 2)
    assert (found["bundles"], found["clips"], found["left_out"]) == (["tiny", "other"], ours["clips"], [])
    assert (found["first"]["id"], found["second"]["id"], found["gallery"]) == (1, 2, "demo")
    assert found["retrieval"].keys() == ours["retrieval"].keys()
    for route, told in found["retrieval"].items():
        first, second = ours["retrieval"][route], theirs["retrieval"][route]
        assert (told["by_sample"]["first"], told["by_sample"]["second"]) == (first["by_sample"], second["by_sample"])
        assert told["by_sample"]["difference"] == pytest.approx(second["by_sample"] - first["by_sample"])
        assert told["intervals"] == {"first": first["interval"], "second": second["interval"]}
        differences = [second["classes"][each] - first["classes"][each] for each in first["classes"]]
        assert told["paired"]["classes"] == len(differences) > 1
        assert told["paired"]["difference"] == pytest.approx(sum(differences) / len(differences))
        low, high = told["paired"]["interval"]
        assert low <= told["paired"]["difference"] <= high
        assert 0 < told["paired"]["p"] <= 1


def test_classification_is_compared_where_the_same_classes_compete(client: TestClient) -> None:
    found, (ours, theirs) = compare(client, 1, 2).json(), reports(client, 1, 2)
    assert found["same_classes"]
    for channel, told in found["classification"].items():
        for name in ("seen", "unseen", "harmonic", "zsl"):
            first, second = ours["classification"][channel][name], theirs["classification"][channel][name]
            assert (told[name]["first"], told[name]["second"]) == (first, second)
            if first is not None and second is not None:
                assert told[name]["difference"] == pytest.approx(second - first)
    assert {name for each in found["retrieval"].values() for name in each["by_class"]} == {"seen", "unseen", "harmonic"}


def test_the_other_way_round_differences_change_their_sign(client: TestClient) -> None:
    there, back = compare(client, 1, 2).json()["retrieval"], compare(client, 2, 1).json()["retrieval"]
    for route in there:
        for name in ("by_sample", "paired"):
            assert there[route][name]["difference"] == pytest.approx(-back[route][name]["difference"])
        assert there[route]["paired"]["p"] == pytest.approx(back[route]["paired"]["p"])


def test_an_evaluation_beside_itself_does_not_differ(client: TestClient) -> None:
    found = compare(client, 1, 1).json()
    for each in found["retrieval"].values():
        assert (each["by_sample"]["difference"], each["paired"]["difference"], each["paired"]["p"]) == (0, 0, 1)


def test_routes_that_one_of_both_lacks_are_left_out(client: TestClient) -> None:
    found, (whole,) = compare(client, 1, 3).json(), reports(client, 1)
    assert set(found["retrieval"]) == {"text->video"}
    assert set(found["left_out"]) == set(whole["retrieval"]) - {"text->video"}


@pytest.mark.parametrize(
    ("second", "word"), [(4, "clips"), (OLD, "evaluate again"), (ODD, "by the protocol gallery@1, 6 by another@1")]
)
def test_what_cannot_be_compared_is_refused(client: TestClient, second: int, word: str) -> None:
    refused(compare(client, 1, second), 422, "query-invalid", word)
    refused(compare(client, second, 1), 422, "query-invalid")


def test_evaluations_that_are_not_there_are_refused(client: TestClient) -> None:
    refused(compare(client, 1, MISSING), 404, "evaluation-not-found", "999")
    refused(client.get(f"{ALL}/compare", params={"first": 1}), 422, "query-invalid", "second")
    refused(client.delete(f"{ALL}/{MISSING}"), 404, "evaluation-not-found", "999")


def test_a_channel_tells_what_comes_of_abstaining(client: TestClient) -> None:
    (report,) = reports(client, 1)
    for told in report["classification"].values():
        assert [each["below"] for each in told["abstaining"]] == sorted(each["below"] for each in told["abstaining"])
        assert told["abstaining"][0]["answered"] == 1.0
        assert all(0 <= each["right"] <= 1 for each in told["abstaining"])


@pytest.mark.parametrize("plot", ["precision", "curves", "classes", "calibration"])
def test_a_picture_of_two_shows_the_routes_of_both(client: TestClient, plot: str) -> None:
    alone, both = (client.get(f"{ALL}/1/plots/{plot}", params=each) for each in ({}, {"beside": 2}))
    assert (alone.status_code, both.status_code) == (200, 200)
    assert both.headers["content-type"] == "image/svg+xml"
    for title in ("1: demo, generation 1 by tiny", "2: demo, generation 2 by other"):
        assert title in both.text
    if plot != "calibration":  # of which there is none in so few clips
        for route in ("text-&gt;video (1)", "text-&gt;video (2)"):
            assert route in both.text
            assert route not in alone.text


def test_a_picture_of_what_cannot_be_compared_is_refused(client: TestClient) -> None:
    refused(client.get(f"{ALL}/1/plots/curves", params={"beside": 4}), 422, "query-invalid", "clips")
    refused(client.get(f"{ALL}/1/plots/curves", params={"beside": MISSING}), 404, "evaluation-not-found")


def test_a_deleted_evaluation_is_gone_and_the_others_stay(evaluated: Path, tmp_path: Path) -> None:
    folder = Path(copytree(evaluated, tmp_path / "own"))
    with TestClient(create_app(Settings(data=folder, job_workers=0)), OWN) as own:
        assert own.delete(f"{ALL}/2").status_code == 204
        refused(own.get(f"{ALL}/2"), 404, "evaluation-not-found")
        refused(own.delete(f"{ALL}/2"), 404, "evaluation-not-found")
        refused(compare(own, 1, 2), 404, "evaluation-not-found")
        assert [each["id"] for each in own.get(ALL).json()["evaluations"]] == [1, 3, 4, OLD, ODD]
