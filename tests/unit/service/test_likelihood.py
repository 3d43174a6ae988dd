"""Probabilities of hits: fitted by an evaluation of a gallery, answered by its searches."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from starlette.testclient import TestClient

from index.galleries import Galleries
from index.reindexing import Rules
from index.searching import Search
from models.evaluation.hubness import OFF
from models.evaluation.likelihood import pairs_of
from models.features.extract import ClipFeatures, WindowFeatures
from models.hubness import RouteBias
from models.media.cage import Cage
from models.media.limits import Limits
from models.types import F32, Sense, Window
from service.app import create_app
from service.encoding.encoders import Encoders
from service.evaluations import plots
from service.evaluations.evaluations import record
from service.evaluations.evaluations import report as reported
from service.jobs.correcting import Judged
from service.jobs.evaluating import Evaluate
from service.jobs.examining import subject
from service.jobs.pulse import Pulse
from service.jobs.work import Workshop
from service.settings import Settings
from tests.tiny.bundles import CLASSES
from tests.unit.service.asking import DEMO, OWN, SEARCH, refused, upload

ROUTE = "audio->video"
BIAS = RouteBias(alpha=1.0, neighbours=2)


def features(seed: int) -> ClipFeatures:
    """A clip of one window, near to the others of its class."""
    numbers = np.random.default_rng(seed)
    rows: dict[Sense, F32] = {}
    firsts: dict[Sense, int] = {"audio": 0, "video": 4}
    for sense, first in firsts.items():
        row = numbers.normal(size=8).astype(np.float32) * np.float32(0.5)
        row[(first + seed % 4) % 8] += np.float32(3.0)
        rows[sense] = row
    return ClipFeatures(1.0, (WindowFeatures(Window(0.0, 1.0), rows),))


@pytest.fixture
def workshop(own_library: Path, tmp_path: Path) -> Iterator[Workshop]:
    """Of a gallery with 24 clips of four classes beside its own six."""
    galleries = Galleries.open(own_library)
    for seed in range(24):
        path = tmp_path / f"{seed}.mp4"
        path.write_bytes(f"clip {seed}".encode())
        galleries.get("demo").add(path, name=path.name, labels=[CLASSES[seed % 4]], features=features(seed))
    with Cage(Limits(), 1) as cage:
        yield Workshop(galleries, Encoders(own_library / "backbones", cage))
    galleries.close()


def report(workshop: Workshop, **request: Any) -> Any:
    work = Evaluate(workshop, "demo", {"routes": [ROUTE], **request}, folder=Path("a-job"))
    return work.do(0, work.plan(), Pulse())["found"]["report"]


def likelihood(workshop: Workshop, **request: Any) -> Any:
    return report(workshop, **request)["retrieval"][ROUTE]["probability"]


def test_an_evaluation_fits_each_route_to_the_scores_that_the_gallery_answers_with(workshop: Workshop) -> None:
    gallery = workshop.galleries.get("demo")
    found = likelihood(workshop)
    assert (found["is_of_all"], found["bias"]["alpha"]) == (True, 0)
    assert found["sigmoid"]["pairs"] == 30 * 29
    assert found["sigmoid"]["fitted_on"] == "30 clips of 4 classes of the gallery demo, generation 1"
    assert sum(each["count"] for each in found["reliability"]) == 30 * 29
    judged = Judged(gallery, gallery.active, subject(gallery, gallery.active).examined(workshop.encoders))
    pairs = pairs_of(judged._retrieval(ROUTE), OFF)
    there = gallery.features("audio")
    asked = gallery.active.query_vectors(ROUTE, {"audio": there.features["audio"]})
    hits = gallery.search_vectors(asked[:1], Search(ROUTE, 30))[0]
    answered = {hit.window_id: hit.score for hit in hits if hit.window_id != there.windows[0]}
    assert sorted(answered.values()) == pytest.approx(sorted(pairs.scores[:29].tolist()), abs=1e-4)


def test_a_corrected_route_is_fitted_to_its_corrected_scores(workshop: Workshop) -> None:
    plain = likelihood(workshop)
    workshop.galleries.get("demo").reindex("tiny", rules=Rules(tolerance=None), biases={ROUTE: BIAS})
    found = likelihood(workshop)
    assert found["bias"] == BIAS.model_dump()
    assert found["sigmoid"]["slope"] != pytest.approx(plain["sigmoid"]["slope"])
    assert likelihood(workshop, generation=1) == plain


def test_an_evaluation_of_some_clips_says_so(workshop: Workshop) -> None:
    assert likelihood(workshop, only={"label": list(CLASSES[:3])})["is_of_all"] is False


def test_too_few_clips_fit_nothing(workshop: Workshop) -> None:
    assert (
        likelihood(workshop, only={"among": [each.id for each in workshop.galleries.get("demo").clips()[:6]]}) is None
    )


def test_a_search_answers_with_the_probabilities_that_were_fitted(own_library: Path, workshop: Workshop) -> None:
    gallery = workshop.galleries.get("demo")
    key = record(gallery, "a-job", request={"protocol": "gallery@1"}, report=report(workshop))
    sigmoid = reported(gallery, key).report["retrieval"][ROUTE]["probability"]["sigmoid"]
    with TestClient(create_app(Settings(data=own_library)), OWN) as client:
        row = features(3).windows[0].features["audio"].tolist()
        query = {"features": {"audio": row}}
        answer = client.post(f"{SEARCH}/batch", json={"route": ROUTE, "queries": [query]}).json()
        assert answer["calibrated_on"] == f"evaluation {key}"
        for hit in answer["answers"][0]:
            expected = 1 / (1 + np.exp(-(sigmoid["slope"] * hit["score"] + sigmoid["intercept"])))
            assert hit["probability"] == pytest.approx(expected)
        words = client.get(SEARCH, params={"text": "bell ringing"}).json()
        assert words["calibrated_on"] is None
        assert {each["probability"] for each in words["hits"]} == {None}
        pictures = client.get(f"{DEMO}/evaluations/{key}/plots/calibration")
        assert "audio-&gt;video" in pictures.text


def test_a_least_probability_that_nothing_is_known_for_is_refused_before_the_clip_is_decoded(
    own_library: Path, workshop: Workshop, tmp_path: Path
) -> None:
    gallery, junk = workshop.galleries.get("demo"), tmp_path / "junk.mp4"
    junk.write_bytes(b"no clip at all " * 100)
    asked: dict[str, Any] = {"from_": "audio", "min_probability": 0.1}
    with TestClient(create_app(Settings(data=own_library)), OWN) as client:
        refused(upload(client, SEARCH, junk, **asked), 422, "query-invalid", "no probabilities are known of", ROUTE)
    record(gallery, "a-job", request={"protocol": "gallery@1"}, report=report(workshop))
    with TestClient(create_app(Settings(data=own_library)), OWN) as client:
        refused(upload(client, SEARCH, junk, **asked), 422, "media-invalid")
        several: tuple[dict[str, Any], ...] = ({"weight": -1.0}, {"queries": '[{"text": "bell"}]'})
        for each in several:
            refused(upload(client, SEARCH, junk, **asked, **each), 422, "query-invalid", "no probabilities")


def test_the_picture_of_a_report_of_before_is_empty_but_there(workshop: Workshop) -> None:
    gallery, told = workshop.galleries.get("demo"), report(workshop)
    del told["retrieval"][ROUTE]["probability"]
    key = record(gallery, "a-job", request={"protocol": "gallery@1"}, report=told)
    assert b"predicted probability" in plots.svg(reported(gallery, key), "calibration")
