"""What Prometheus is told: exact counts, a bounded number of series, and nothing that is not documented."""

import re
import socket
from contextlib import closing
from pathlib import Path
from urllib.request import urlopen

import pytest
from prometheus_client.parser import text_string_to_metric_families
from pydantic import ValidationError
from starlette.testclient import TestClient

from index.catalog.keys import Grant
from index.galleries import Galleries
from models.errors import SettingsInvalid
from service.app import create_app
from service.observing.keeping import Kept
from service.observing.listener import check_free, listening
from service.settings import Settings
from tests.tiny.ports import kept_port
from tests.unit.service.asking import DEMO, OWN, SEARCH, upload
from tests.unit.service.exposed import Samples, samples, value

DOCUMENT = (Path(__file__).parents[3] / "docs" / "observability.md").read_text()
TEMPLATE = "/v1/galleries/{gallery}/search"


def _answered(found: Samples, method: str, route: str, status: str) -> float:
    return value(found, "sightsound_http_requests_total", method=method, route=route, status=status)


def test_requests_are_counted_by_template_method_and_status(own: TestClient) -> None:
    for _ in range(3):
        own.get(f"{SEARCH}?text=bell")
    own.get(SEARCH)
    own.get("/v1/galleries/none/search?text=bell")
    own.delete("/v1/galleries/none/search")
    own.get("/nothing/here")
    own.get("/web/modules/api.js")
    found = samples(own)
    assert _answered(found, "GET", TEMPLATE, "200") == 3
    assert _answered(found, "GET", TEMPLATE, "422") == 1
    assert _answered(found, "GET", TEMPLATE, "404") == 1
    assert _answered(found, "DELETE", TEMPLATE, "405") + _answered(found, "DELETE", "(none)", "404") == 1
    assert _answered(found, "GET", "(none)", "404") == 1
    assert _answered(found, "GET", "/web/{path:path}", "200") == 1
    assert value(found, "sightsound_http_request_seconds_count", method="GET", route=TEMPLATE) == 5
    assert value(found, "sightsound_problems_total", code="gallery-not-found") == 1
    assert value(found, "sightsound_problems_total", code="query-invalid") == 1
    assert value(found, "sightsound_http_requests_in_progress") == 1


def test_prometheus_comes_with_a_key_and_who_lacks_one_is_counted_where_they_wanted_to_go(own_library: Path) -> None:
    with closing(Galleries.open(own_library)) as galleries:
        keys = {scope: galleries.keys.create(Grant(f"of-{scope}", (scope,)))[0] for scope in ("search", "admin")}
    with TestClient(create_app(Settings(data=own_library, job_workers=0, keys="required")), OWN) as client:
        assert client.get(f"{SEARCH}?text=bell").status_code == 401
        client.headers["authorization"] = f"Bearer {keys['search']}"
        assert [client.get(each).status_code for each in ("/metrics", "/v1/status")] == [403, 403]
        client.headers["authorization"] = f"Bearer {keys['admin']}"
        found = samples(client)
        assert client.get("/v1/status").status_code == 200
    assert _answered(found, "GET", TEMPLATE, "401") == 1
    assert _answered(found, "GET", "/metrics", "403") == 1
    assert value(found, "sightsound_problems_total", code="unauthorized") == 1
    assert value(found, "sightsound_problems_total", code="not-allowed") == 2


def test_bytes_and_stages_of_an_upload_are_counted(own: TestClient, clip: Path) -> None:
    answer = upload(own, SEARCH, clip, from_="audio")
    assert answer.status_code == 200
    found = samples(own)
    received = value(found, "sightsound_http_received_bytes_total", route=TEMPLATE)
    assert clip.stat().st_size < received < clip.stat().st_size + 1000
    assert value(found, "sightsound_http_sent_bytes_total", route=TEMPLATE) == len(answer.content)
    for stage in ("queue", "decode", "backbone", "head", "search", "join"):
        assert value(found, "sightsound_stage_seconds_count", stage=stage) == 1, stage
    staged = sum(amount for (name, _), amount in found.items() if name == "sightsound_stage_seconds_sum")
    assert staged < value(found, "sightsound_http_request_seconds_sum", method="POST", route=TEMPLATE)


def test_clips_are_counted_by_how_decoding_ended_and_where_features_were_found(own: TestClient, clip: Path) -> None:
    for _ in range(2):
        upload(own, SEARCH, clip, from_="audio")
    own.post(SEARCH, data={"from": "audio"}, files={"file": ("clip.mp4", b"no clip at all")})
    found = samples(own)
    assert value(found, "sightsound_decodes_total", outcome="ok") == 1
    assert value(found, "sightsound_decodes_total", outcome="media-invalid") == 1
    assert value(found, "sightsound_known_features_total", where="memory") == 1
    assert value(found, "sightsound_known_features_total", where="unknown") == 2
    assert value(found, "sightsound_known_features_bytes") > 0
    assert value(found, "sightsound_stage_seconds_count", stage="decode") == 2


def test_words_are_counted_by_where_their_vector_was_found(own: TestClient) -> None:
    for words in ("bell", "bell", "drum"):
        own.get(SEARCH, params={"text": words})
    found = samples(own)
    assert value(found, "sightsound_text_vectors_total", where="made") == 2
    assert value(found, "sightsound_text_vectors_total", where="memory") == 1


def test_what_a_gallery_holds_is_told(own: TestClient) -> None:
    found, gallery = samples(own), own.get(DEMO).json()
    assert value(found, "sightsound_gallery_clips", gallery="demo") == gallery["clips"] > 0
    assert value(found, "sightsound_gallery_windows", gallery="demo") == gallery["windows"]
    for route in gallery["routes"]:
        assert value(found, "sightsound_index_vectors", gallery="demo", route=route) > 0
        assert value(found, "sightsound_index_info", gallery="demo", route=route, kind="flat") == 1
    assert not [name for name, _ in found if name == "sightsound_recall_at_10"]


def test_turns_and_batches_are_told(own: TestClient) -> None:
    for _ in range(4):
        own.get(f"{SEARCH}?text=bell")
    found = samples(own)
    assert value(found, "sightsound_lane_turns_total", lane="interactive") == 4
    assert value(found, "sightsound_lane_running", lane="interactive") == 0
    assert value(found, "sightsound_batch_searches_count") == 4
    assert value(found, "sightsound_batch_searches_bucket", le="1.0") == 4


def test_jobs_are_told_by_kind_and_state(own_library: Path) -> None:
    with TestClient(create_app(Settings(data=own_library, job_workers=0)), OWN) as client:
        assert client.post(f"{DEMO}/jobs/compact").status_code == 202
        assert value(samples(client), "sightsound_jobs", kind="compact", state="queued") == 1


def test_addresses_that_people_make_up_make_no_series(own: TestClient) -> None:
    def series() -> set[object]:
        return {key for key in samples(own) if key[0].startswith("sightsound_http")}

    own.get("/v1/galleries/a/clips/b")
    own.get("/x")
    own.request("BREW", "/x")
    own.get("/web/none")
    series()  # which has one of its own
    before = series()
    for number in range(50):
        own.get(f"/v1/galleries/g{number}/clips/c{number}")
        own.get(f"/{number}/../{number}")
        own.request(f"BREW{number}", f"/{number}")
        own.get(f"/web/{number}")
    assert series() == before


def test_two_applications_count_apart(own_library: Path, library: Path) -> None:
    with TestClient(create_app(Settings(data=own_library, job_workers=0)), OWN) as one:
        other = TestClient(create_app(Settings(data=library, job_workers=0)), OWN)
        with other:
            one.get("/livez")
            assert _answered(samples(one), "GET", "/livez", "200") == 1
            assert _answered(samples(other), "GET", "/livez", "200") == 0


@pytest.mark.parametrize(
    ("accepted", "given"),
    [
        ("", "text/plain; version=0.0.4"),
        ("application/openmetrics-text; version=1.0.0", "application/openmetrics-text; version=1.0.0"),
        ("text/html", "text/plain; version=0.0.4"),
    ],
)
def test_metrics_come_in_the_format_that_is_accepted(client: TestClient, accepted: str, given: str) -> None:
    answer = client.get("/metrics", headers={"accept": accepted})
    assert answer.headers["content-type"].startswith(given)
    assert ("# EOF" in answer.text) == accepted.startswith("application/openmetrics")


def test_a_part_that_cannot_be_looked_up_keeps_no_other_from_being_seen(own_library: Path) -> None:
    with TestClient(create_app(Settings(data=own_library, job_workers=0)), OWN) as client:
        (own_library / "catalog.sqlite").rename(own_library / "elsewhere")
        for each in own_library.glob("catalog.sqlite-*"):
            each.unlink()
        (own_library / "catalog.sqlite").write_bytes(b"")
        client.app.state.resources.galleries._stores.database._engine.dispose()  # type: ignore[attr-defined]
        found = samples(client)
    assert value(found, "sightsound_collected", part="galleries") == 0
    assert value(found, "sightsound_collected", part="lanes") == 1


def test_every_metric_is_documented(own: TestClient, clip: Path) -> None:
    upload(own, SEARCH, clip, from_="audio")
    own.get(f"{SEARCH}?text=bell")
    exposed = own.get("/metrics", headers={"accept": "application/openmetrics-text"}).text
    described = set(re.findall(r"^# TYPE (\S+)", exposed, re.MULTILINE))
    families = {each.name for each in text_string_to_metric_families(own.get("/metrics").text)}
    assert {name for name in families if not re.search(rf"^\| `{name}(_total)?` \|", DOCUMENT, re.MULTILINE)} == set()
    assert {each.removesuffix("_total") for each in families} >= {each for each in described if "info" not in each}


def test_no_metric_is_documented_that_is_not_there(own: TestClient) -> None:
    families = {each.name for each in text_string_to_metric_families(own.get("/metrics").text)}
    documented = set(re.findall(r"^\| `(sightsound_[a-z0-9_]+)` \|", DOCUMENT, re.MULTILINE))
    assert {each.removesuffix("_total") for each in documented} == {
        each.removesuffix("_total") for each in families if each.startswith("sightsound_")
    }


def test_metrics_are_answered_at_an_address_of_their_own(own: TestClient) -> None:
    registry = own.app.state.instruments.metrics.registry  # type: ignore[attr-defined]
    with listening("127.0.0.1:0", registry) as port, urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
        assert b"sightsound_http_requests_in_progress 0.0" in answer.read()


@pytest.mark.parametrize("odd", ["", "9464", "localhost", "host:port", "[::1", "a@127.0.0.1:1", "127.0.0.1:1/x"])
def test_an_address_for_metrics_that_is_none_is_no_setting(odd: str) -> None:
    with pytest.raises(ValidationError, match="expected host:port"):
        Settings(data=Path(), metrics_address=odd)


@pytest.mark.parametrize("public", ["0.0.0.0:9464", ":::1", "[::]:9464", "10.0.0.1:9464", "metrics.example:9464"])
def test_metrics_are_answered_without_a_key_on_this_machine_alone(public: str) -> None:
    with pytest.raises(ValidationError, match=r"of this machine|expected host:port"):
        Settings(data=Path(), metrics_address=public)
    assert Settings(data=Path(), metrics_address="[::1]:9464").metrics_address == "[::1]:9464"


def test_an_address_for_metrics_that_is_taken_is_one_line_at_the_start() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(SettingsInvalid, match=f"cannot answer metrics at {address}"):
            check_free(address)
    check_free(address)


def test_the_setting_opens_that_address_as_long_as_the_service_runs(library: Path) -> None:
    with kept_port() as port:
        address = f"127.0.0.1:{port}"
        app = create_app(Settings(data=library, job_workers=0, metrics_address=address))
        with TestClient(app, OWN) as client, urlopen(f"http://{address}/") as answer:
            client.get("/livez")
            assert b"sightsound_gallery_clips" in answer.read()
        with pytest.raises(OSError, match="refused"):
            urlopen(f"http://{address}/")


def test_what_is_kept_is_found_out_once_in_a_while_and_failures_again() -> None:
    asked: list[int] = []

    def find() -> int:
        asked.append(len(asked))
        if len(asked) == 1:
            raise OSError("away")
        return len(asked)

    kept = Kept(find, for_s=60.0)
    with pytest.raises(OSError, match="away"):
        kept.get()
    assert [kept.get() for _ in range(3)] == [2, 2, 2]
    assert Kept(find, for_s=0.0).get() == 3
