"""Every refusal is a problem document, whatever was sent and whichever error it comes of."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from tempfile import gettempdir
from typing import Any

import pytest
from starlette.testclient import TestClient

from models.errors import Conflict, Overloaded, RateLimited, SightsoundError
from service.app import create_app
from service.http.explanations import kinds
from service.http.problems import HTTP_TITLES, STATUS
from service.settings import Settings
from tests.unit.service.asking import DEMO, OWN, SEARCH, refused

KINDS = sorted(set(kinds(SightsoundError)), key=lambda kind: kind.__name__)
WORDS = {"text": "bell"}
JSON = {"content-type": "application/json"}
WAITING = {"rate-limited", "overloaded", "spool-full"}
"""Those that always say when to ask again."""


@pytest.fixture(scope="module")
def failing(library: Path) -> Iterator[TestClient]:
    """A service with a route that fails with whichever error it is told."""
    app = create_app(Settings(data=library, job_workers=0))
    by_code = {kind("").code: kind for kind in KINDS}

    @app.get("/failing/{code}")
    def fail(code: str, again_s: float | None = None) -> None:
        error = by_code[code]("found one thing, expected another")
        if again_s is not None:
            error.retry_after_s = again_s
        raise error

    with TestClient(app, OWN) as client:
        yield client


def described(answer: Any, path: str) -> dict[str, Any]:
    """The problem document of a refusal, which says what it should and no more."""
    assert answer.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = answer.json()
    assert problem.keys() - {"faults", "parts"} == {"type", "title", "status", "detail", "instance"}
    assert problem["status"] == answer.status_code
    assert problem["instance"] == path
    assert problem["title"].endswith(".")
    assert problem["detail"]
    for told in (f"{gettempdir()}/", "/home/", "/usr/", "Traceback", 'File "', ".py"):
        assert told not in answer.text
    return problem


@pytest.mark.parametrize("kind", KINDS)
def test_every_error_is_answered_with_its_status_and_explained_at_its_address(
    failing: TestClient, kind: type[SightsoundError]
) -> None:
    code = kind("").code
    problem = described(answer := failing.get(f"/failing/{code}"), f"/failing/{code}")
    nearest = next(each for each in kind.__mro__ if each in STATUS)
    assert problem["status"] == STATUS[nearest]
    assert problem["type"] == f"/problems/{code}"
    assert problem["detail"] == "found one thing, expected another"
    assert failing.get(problem["type"]).json()["title"] == problem["title"]
    assert ("retry-after" in answer.headers) == (code in WAITING)
    assert ("www-authenticate" in answer.headers) == (answer.status_code == 401)


@pytest.mark.parametrize("kind", [Conflict, Overloaded, RateLimited])
@pytest.mark.parametrize(("seconds", "told"), [(0.0, "1"), (0.2, "1"), (1.5, "2"), (60.0, "60")])
def test_when_to_ask_again_is_told_in_whole_seconds_and_never_too_early(
    failing: TestClient, kind: type[SightsoundError], seconds: float, told: str
) -> None:
    answer = failing.get(f"/failing/{kind('').code}", params={"again_s": seconds})
    assert answer.headers["retry-after"] == told


def test_a_problem_names_the_address_without_what_was_asked(client: TestClient) -> None:
    answer = client.get(SEARCH, params={"text": "a secret", "k": "0"})
    assert "secret" not in json.dumps(described(answer, SEARCH))


@pytest.mark.parametrize("code", [*HTTP_TITLES, *(kind("").code for kind in KINDS)])
def test_every_code_is_explained(client: TestClient, code: str) -> None:
    explained = client.get(f"/problems/{code}").json()
    assert explained["type"] == f"/problems/{code}"
    assert explained["title"].endswith(".")
    assert explained["advice"].endswith(".")


@pytest.mark.parametrize("code", ["nothing", "NotFound", "..%2Fetc%2Fpasswd", "%00", "%FF"])
def test_a_code_that_there_is_not_is_not_found(client: TestClient, code: str) -> None:
    assert client.get(f"/problems/{code}").status_code == 404


# What is sent to no address that there is, or in no way that is answered.


@pytest.mark.parametrize("path", ["/v1", "/v1/", "/v2/galleries", "/v1/galleries/demo/nothing", "//v1"])
def test_what_is_nowhere_is_not_found(client: TestClient, path: str) -> None:
    for method in ("GET", "POST", "DELETE", "PATCH", "PUT"):
        answer = client.request(method, f"{OWN}{path}", follow_redirects=False)
        assert described(answer, path)["type"] == "/problems/not-found"


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", "/v1/galleries", {"GET", "POST"}),
        ("POST", "/v1/galleries/demo", {"GET", "DELETE"}),
        ("GET", "/v1/galleries/demo/clips/delete", None),
        ("PUT", "/v1/galleries/demo/clips/x", {"GET", "PATCH", "DELETE"}),
        ("POST", "/v1/vocabularies/x", {"GET", "PUT", "DELETE"}),
        ("DELETE", "/v1/jobs", {"GET"}),
        ("OPTIONS", "/v1/galleries/demo/search", {"GET", "POST"}),
        ("TRACE", "/v1/galleries", {"GET", "POST"}),
        ("BREW", "/v1/galleries", {"GET", "POST"}),
    ],
)
def test_a_method_that_is_not_answered_names_all_that_are(
    client: TestClient, method: str, path: str, allowed: set[str] | None
) -> None:
    answer = client.request(method, path)
    if allowed is None:
        assert described(answer, path)["type"] == "/problems/clip-not-found"
        return
    assert described(answer, path)["type"] == "/problems/method-not-allowed"
    assert set(answer.headers["allow"].split(", ")) == allowed | ({"HEAD"} if "GET" in allowed else set())


@pytest.mark.parametrize(
    "part", ["%00", "%FF%FE", "%0A", "%2e%2e", "..%2F..%2Fetc", "%F0%9F%94%94", "a" * 5000, "%25", "'"]
)
@pytest.mark.parametrize(
    "path", ["/v1/galleries/{}", DEMO + "/clips/{}", "/v1/jobs/{}", "/v1/vocabularies/{}", "/v1/bundles/{}"]
)
def test_odd_names_are_of_things_that_there_are_not(client: TestClient, path: str, part: str) -> None:
    answer = client.get(path.format(part))
    assert answer.status_code in (404, 422), answer.text
    assert answer.headers["content-type"] == "application/problem+json"


def test_an_address_that_is_far_too_long_is_refused_at_the_parameter(client: TestClient) -> None:
    refused(client.get(SEARCH, params={"text": "a" * 60_000}), 422, "query-invalid", "text")
    assert len(client.get(SEARCH, params={"text": "a" * 60_000}).text) < 1000


@pytest.mark.parametrize("text", ["%00", "%FF", "bell%00", "%ED%A0%80", "%EF%BF%BE"])
def test_odd_bytes_in_words_are_words_or_refused(client: TestClient, text: str) -> None:
    assert client.get(f"{SEARCH}?text={text}").status_code in (200, 422)


# Bodies that are none, or bombs.


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"\xff\xfe",
        b'"\xed\xa0\x80"',
        b"null",
        b"[]",
        b"1",
        b"",
        b"[" * 100_000,
        b"[" * 100_000 + b"]" * 100_000,
        b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
        b'{"text": "a", "k": ' + b"9" * 5000 + b"}",
        b'{"text": "a", "k": 1e999}',
        b'{"text": "a", "min_score": NaN}',
        b'{"text": "a", "min_score": Infinity}',
        b'{"vector": [NaN], "route": "audio->video"}',
        b'{"text": "a", "text": 1}',
        b'{"text": "\\u0000", "to": "video"}',
        b'{"text": "\\ud800", "to": "video"}',
        b'{"clip": "\\u0000"}',
        b'{"window": 9223372036854775808}',
        b'{"text": "a", "among": ["\\u0000"]}',
        b'{"text": "a", "where": [{"path": ["\\u0000"], "is": "eq", "value": 1e308}]}',
        b'{"text": "a", "added_from": 1e300}',
        b'{"text": "a", "added_from": "9999-12-31T23:59:59+00:00"}',
        b'{"text": "a", "label": ["\\ud800"]}',
    ],
)
def test_json_that_is_none_or_a_bomb_is_refused_or_answered(
    client: TestClient, body: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        for path in (SEARCH, f"{SEARCH}/batch", "/v1/classify", f"{DEMO}/clips/delete"):
            answer = client.post(path, content=body, headers=JSON)
            assert answer.status_code < 500, (path, answer.text)
            assert len(answer.content) < 20_000
    assert caplog.records == []


NESTED = "[" * 900 + "]" * 900


@pytest.mark.parametrize(
    "metadata",
    [
        f'{{"a": {NESTED}}}',
        '{"a": NaN}',
        '{"a": 1e999}',
        '{"a": "\\u0000"}',
        '{"a": "\\ud800"}',
        '{"\\u0000": 1}',
        '{"a": ' + "9" * 5000 + "}",
    ],
)
def test_metadata_of_any_oddness_is_refused_or_kept(own_library: Path, metadata: str) -> None:
    with TestClient(create_app(Settings(data=own_library, job_workers=0)), OWN) as client:
        clip = client.get(f"{DEMO}/clips").json()["clips"][0]["id"]
        headers = {"content-type": "application/merge-patch+json"}
        answer = client.patch(f"{DEMO}/clips/{clip}", content=f'{{"metadata": {metadata}}}', headers=headers)
        assert answer.status_code in (200, 400, 422), answer.text
        assert client.get(f"{DEMO}/clips").status_code == 200


@pytest.mark.parametrize(
    "form",
    [
        b"",
        b"--x--\r\n",
        b"--x\r\n\r\n",
        b"--x\r\nContent-Disposition: form-data\r\n\r\na\r\n--x--\r\n",
        b"--x\r\nContent-Disposition: form-data; name=from\r\n\r\na",
        b'--x\r\nContent-Disposition: form-data; name="\x00"\r\n\r\na\r\n--x--\r\n',
        b'--x\r\nContent-Disposition: form-data; name="\xff"\r\n\r\n\xff\r\n--x--\r\n',
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="\x00/../a"\r\n\r\nabc\r\n--x--\r\n',
        b'--x\r\nContent-Disposition: form-data; name="from"\r\n\r\naudio\r\n--x\r\nContent-Disposition: form-data; '
        b'name="file"; filename="../../etc/\xf0\x9f.mp4"\r\nContent-Type: \x01\r\n\r\nabc\r\n--x--\r\n',
        b"--x\r\n" + b"a: b\r\n" * 5000 + b"\r\n--x--\r\n",
        b"--x\r\nContent-Disposition: form-data; name=" + b"a" * 100_000 + b"\r\n\r\n\r\n--x--\r\n",
    ],
)
def test_forms_that_are_broken_are_refused(client: TestClient, form: bytes, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        for path in (SEARCH, "/v1/classify", f"{DEMO}/clips", f"{DEMO}/jobs/upload", "/v1/bundles"):
            for boundary in ("; boundary=x", "", "; boundary=", "; boundary=" + "x" * 1000):
                headers = {"content-type": f"multipart/form-data{boundary}"}
                answer = client.post(path, content=form, headers=headers)
                assert 400 <= answer.status_code < 500, (path, boundary, answer.text)
                described(answer, path)
    assert caplog.records == []


@pytest.mark.parametrize("length", ["-1", "1e3", "0x10", "abc", "", "99999999999999999999", "\u00b2"])
def test_an_odd_content_length_does_no_harm(client: TestClient, length: str) -> None:
    headers = [(b"content-length", length.encode("latin-1")), (b"content-type", b"application/json")]
    assert client.post(SEARCH, content=b'{"text": "bell"}', headers=headers).status_code in (200, 400, 413)


def test_a_body_where_none_is_read_does_no_harm(client: TestClient) -> None:
    answer = client.request("GET", SEARCH, params=WORDS, content=b"{" * 1000, headers=JSON)
    assert answer.status_code == 200
    assert client.request(
        "GET", "/v1/jobs", content=b"\xff", headers={"content-type": "multipart/form-data"}
    ).is_success


def test_a_body_in_pieces_is_refused_where_it_passes_the_limit(library: Path) -> None:
    settings = Settings(data=library, job_workers=0, upload_limit_bytes=1000)
    with TestClient(create_app(settings), OWN) as client:
        answer = client.post(SEARCH, content=iter([b" " * 100] * 100), headers=JSON)
        assert described(answer, SEARCH)["type"] == "/problems/too-large"
