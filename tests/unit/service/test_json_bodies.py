"""JSON that would keep everybody waiting is refused before it is parsed, and odd JSON in few words."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import from_json
from starlette.exceptions import HTTPException
from starlette.testclient import TestClient

from service.http import json_bodies
from service.http.json_bodies import MOST, Punctuation
from service.http.problems import MOST_FAULTS
from service.jobs.job_schemas import MOST_ITEMS
from tests.unit.service.asking import DEMO, SEARCH, refused

JSON = {"content-type": "application/json"}
READING = (SEARCH, f"{SEARCH}/batch", "/v1/classify/batch", f"{DEMO}/clips/delete", f"{DEMO}/reindex")

COMMAS, COLONS, BRACKETS, BRACES = (most + 1 for _, most in MOST.values())
BOMBS: dict[str, bytes] = {
    "commas": b"[" + b"1," * COMMAS + b"1]",
    "colons": json.dumps({f"k{number}": 1 for number in range(COLONS)}).encode(),
    "brackets": b'{"where":[' + b",".join([b"[" * 900 + b"]" * 900] * (BRACKETS // 900 + 1)) + b"]}",
    "braces": b"[" + b",".join([b"{}"] * BRACES) + b"]",
}


@pytest.mark.parametrize("name", MOST)
@pytest.mark.parametrize("path", READING)
def test_a_body_of_more_than_any_request_has_use_for_is_refused(client: TestClient, path: str, name: str) -> None:
    refused(answer := client.post(path, content=BOMBS[name], headers=JSON), 413, "too-large", name)
    assert answer.headers["connection"] == "close"


def test_what_is_refused_was_never_parsed(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    parsed: list[int] = []

    def counting(body: Any, **options: Any) -> Any:
        parsed.append(len(body))
        return from_json(body, **options)

    monkeypatch.setattr(json_bodies, "from_json", counting)
    bodies = [b'{"text": "bell", "to": "video"}', *BOMBS.values()]
    assert [client.post(SEARCH, content=each, headers=JSON).status_code for each in bodies] == [200, 413, 413, 413, 413]
    assert parsed == [len(bodies[0])]


@pytest.mark.parametrize(
    ("method", "path", "kind"),
    [
        ("POST", SEARCH, "Application/JSON; charset=utf-8"),
        ("PATCH", f"{DEMO}/clips/x", "application/json"),
        ("PATCH", f"{DEMO}/clips/x", "application/merge-patch+json"),
    ],
)
def test_however_its_type_is_written(client: TestClient, method: str, path: str, kind: str) -> None:
    answer = client.request(method, path, content=BOMBS["colons"], headers={"content-type": kind})
    refused(answer, 413, "too-large", "colons")


def test_a_form_is_no_json_whatever_its_boundary_is_called(client: TestClient) -> None:
    """Those of browsers are made by chance, and a clip has all sorts of bytes."""
    parts = (b'"from"\r\n\r\naudio', b'"file"; filename="a.mp4"\r\n\r\n' + b"[" * BRACKETS)
    form = (
        b"".join(b"--json\r\nContent-Disposition: form-data; name=" + each + b"\r\n" for each in parts)
        + b"--json--\r\n"
    )
    for kind in ("multipart/form-data; boundary=json", "Multipart/Form-Data ;boundary=json"):
        refused(client.post(SEARCH, content=form, headers={"content-type": kind}), 422, "media-invalid")


def test_a_body_is_counted_however_it_is_cut() -> None:
    counted = Punctuation()
    for _ in range(50):
        counted.add(b"[" * 1000)
    with pytest.raises(HTTPException, match="more than 50000 brackets"):
        counted.add(b"[")


@pytest.mark.parametrize(
    "body",
    [
        {f"k{number}": 1 for number in range(9_999)},
        {"text": "bell", "features": {f"k{number}": [1] for number in range(9_999)}},
        {"queries": [{f"k{number}": 1 for number in range(9_999)}]},
        {"queries": [{"text": "a"}, {"odd": 1}] * 5000},
        {"ids": [[]] * 9_999},
    ],
)
def test_of_many_faults_few_are_told_and_how_many_there_are(client: TestClient, body: object) -> None:
    for path in READING:
        answer = client.post(path, json=body)
        if answer.status_code == 404:
            continue
        assert answer.status_code == 422, (path, answer.text[:300])
        assert len(answer.content) < 20_000
        assert len(answer.json().get("faults", ())) <= MOST_FAULTS
        if len(answer.json().get("faults", ())) == MOST_FAULTS:
            assert " more faults" in answer.json()["detail"]


def test_unknown_keys_are_named(client: TestClient) -> None:
    body = {"text": "bell", "to": "video"} | {f"odd-{number}": 1 for number in range(25)}
    problem = client.post(SEARCH, json=body).json()
    assert [each["parameter"] for each in problem["faults"]] == [f"odd-{number}" for number in range(MOST_FAULTS)]
    assert problem["detail"].endswith("; and 5 more faults")


def test_a_hundred_wide_vectors_are_not_too_much(client: TestClient) -> None:
    numbers = [1 / (number + 3) for number in range(4096)]
    body = {"route": "audio->video", "queries": [{"vector": numbers}] * 100}
    answer = client.post(f"{SEARCH}/batch", json=body)
    assert answer.status_code == 422
    assert "4096" in answer.json()["detail"], answer.text[:300]


def test_as_many_clips_as_an_ingest_may_have_are_not_too_much(client: TestClient) -> None:
    """Read to the end: only then it turns out that nothing is fetched here."""
    said = {"year": 2001, "at": "12:30:45", "place": {"name": "here: there"}, "tags": ["a", "b"]}
    clip = {"url": "https://example.org/clips/1.mp4", "name": "1", "labels": ["a", "b"], "metadata": said}
    answer = client.post(f"{DEMO}/jobs/ingest", json={"items": [clip] * MOST_ITEMS})
    refused(answer, 422, "fetch-refused", "fetching by URL is off")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'{"text": "bell", "to": "video", "k": ' + b"9" * 4000 + b"}", 422),
        (b'{"text": "bell", "to": "video", "k": ' + b"9" * 5000 + b"}", 400),
        (b'{"text": "bell", "to": "video", "min_score": 1e999}', 422),
        (b'{"text": "bell", "to": "video", "min_score": NaN}', 400),
        (b'{"text": "' + b"a" * 10**7 + b'", "to": "video"}', 422),
        (b'{"text": "\xff", "to": "video"}', 400),
        (b'{"text": "\xed\xa0\x80", "to": "video"}', 400),
        (b"[" * 19_000, 400),
        (b'{"where": ' + b"[" * 900 + b"]" * 900 + b', "text": "a", "to": "video"}', 400),
    ],
)
def test_odd_values_are_refused_in_few_words(client: TestClient, body: bytes, status: int) -> None:
    answer = client.post(SEARCH, content=body, headers=JSON)
    assert answer.status_code == status, answer.text[:300]
    assert answer.headers["content-type"] == "application/problem+json"
    assert len(answer.content) < 5_000


@pytest.mark.parametrize(
    ("body", "place"),
    [
        (b"{", 0),
        (b'{"text": }', 9),
        (b'{"text":\n\n  "bell",\n "min_score": NaN}', 34),
        (b'{"text": "\\ud800"}', 16),
        (b'{"text": "bell"} {}', 17),
        (b"nothing", 1),
        (b'{"text": Infinity}', 9),
    ],
)
def test_what_is_no_json_is_told_with_its_place(client: TestClient, body: bytes, place: int) -> None:
    for path in (*READING, "/v1/keys", "/v1/galleries", f"{DEMO}/evaluations"):
        answer = client.post(path, content=body, headers=JSON)
        refused(answer, 400, "bad-request", f"body: found a fault at byte {place}, expected JSON")


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers(-(10**30), 10**30)
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(st.characters(exclude_categories=["Cs"])),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner),
        max_leaves=20,
    )
)
def test_json_is_read_as_python_reads_it(value: object) -> None:
    assert json_bodies._read(json.dumps(value).encode()) == value


def test_every_route_that_takes_json_reads_it_so(client: TestClient) -> None:
    """Asked with what Python's own reader would take for a number."""
    described = client.get("/openapi.json").json()["paths"]
    asked = 0
    for path, methods in described.items():
        for method, operation in methods.items():
            types = operation.get("requestBody", {}).get("content", {})
            for kind in types.keys() & {"application/json", "application/merge-patch+json"}:
                answer = client.request(method, path, content=b'{"odd": NaN}', headers={"content-type": kind})
                refused(answer, 400, "bad-request", "a fault at byte 8, expected JSON")
                asked += 1
    assert asked > 10
