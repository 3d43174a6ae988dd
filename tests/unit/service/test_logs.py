"""What is written down: whole lines, of one request each by its id, and no secrets."""

import io
import json
import logging
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from select import select
from threading import Thread
from typing import Any, TextIO

import pytest
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from models.errors import SightsoundError, Unavailable
from service.app import create_app
from service.observing import log_queue, logs
from service.observing.redaction import GONE, Redaction, secrets_of
from service.observing.requests import Seen
from service.settings import Settings
from tests.unit.service.asking import OWN, SEARCH, upload
from tests.unit.service.waiting import PATIENCE_S

TOKEN = "root:Milvus-is-ours"
KEY = "sightsound_" + "Ab3_-9" * 8
ADDRESS = "postgresql://sight:s%40und@db.internal/sightsound"


def _failing(app: FastAPI) -> None:
    library, own = logging.getLogger("a.library"), logging.getLogger("service.anything")

    @app.get("/working")
    def work() -> None:
        library.warning("halfway")
        library.info("GET http://elsewhere/?q=secret")
        own.info("done")

    @app.get("/breaking")
    def fail() -> None:
        raise ZeroDivisionError("unforeseen")

    @app.get("/damaged")
    def damaged() -> None:
        raise SightsoundError("something is not whole")

    @app.get("/away")
    def away() -> None:
        raise Unavailable(f"cannot reach {ADDRESS}")


def _lines(library: Path, addresses: list[str], *, form: logs.Format = "json", **settings: Any) -> list[str]:
    """What is logged of requests for these addresses; each has its place among them as its id."""
    chosen, stream = Settings(**{"data": library, "job_workers": 0, "log_requests": True, **settings}), io.StringIO()
    app = create_app(chosen)
    _failing(app)
    writing = logs.writing(form, "info", secrets=secrets_of(chosen), stream=stream)
    with writing, TestClient(app, OWN, raise_server_exceptions=False) as client:
        for number, address in enumerate(addresses):
            client.get(address, headers={"X-Request-Id": f"nr-{number}"})
    return stream.getvalue().splitlines()


def test_each_request_is_a_json_line_without_what_it_asked(library: Path) -> None:
    asked = [f"{SEARCH}?text=my+secret+illness&k=3", "/v1/galleries/none", "/my/secret/path"]
    lines = _lines(library, asked)
    assert not [each for each in lines if "secret" in each]
    found = [line for line in map(json.loads, lines) if line["logger"] == "service.requests"]
    assert [each["request_id"] for each in found] == ["nr-0", "nr-1", "nr-2"]
    assert [(each["method"], each["route"], each["status"], each["problem"]) for each in found] == [
        ("GET", "/v1/galleries/{gallery}/search", 200, None),
        ("GET", "/v1/galleries/{gallery}", 404, "gallery-not-found"),
        ("GET", "(none)", 404, "not-found"),
    ]
    first = found[0]
    assert first["level"] == "INFO"
    assert first["sent_bytes"] > 0
    assert first["took_ms"] > first["stages_ms"]["search"] > 0


def test_what_others_called_their_things_forges_no_line_and_steers_no_terminal() -> None:
    stream = io.StringIO()
    with logs.writing("text", "info", secrets=(), stream=stream):
        logging.getLogger("service.anything").info("%s", "a\nb\x1b[2J\x9b1m\u2028c\u202ed\x85")
    (line,) = stream.getvalue().splitlines()
    assert line.endswith(r" a\nb\x1b[2J\x9b1m\u2028c\u202ed\x85")


def test_lines_of_worker_threads_and_libraries_have_the_id_of_their_request(library: Path) -> None:
    lines = [json.loads(each) for each in _lines(library, ["/working", "/working"])]
    found = [(each["message"], each["request_id"]) for each in lines if each["logger"] != "service.requests"]
    assert found == [("halfway", "nr-0"), ("done", "nr-0"), ("halfway", "nr-1"), ("done", "nr-1")]


def test_failures_of_ours_have_a_traceback_and_what_is_away_a_line(library: Path) -> None:
    lines = [json.loads(each) for each in _lines(library, ["/damaged", "/away", "/breaking"])]
    told = [each for each in lines if each["logger"] == "service.http.problems"]
    assert [(each["level"], each["request_id"]) for each in told] == [("ERROR", "nr-0"), ("WARNING", "nr-1")]
    assert "SightsoundError: something is not whole" in told[0]["exc_info"]
    assert "exc_info" not in told[1]
    requests = [(each["level"], each["status"]) for each in lines if each["logger"] == "service.requests"]
    assert requests == [("WARNING", 500), ("WARNING", 503), ("WARNING", 500)]


def test_people_get_one_line_a_request(library: Path) -> None:
    (line,) = _lines(library, ["/v1/galleries"], form="text")
    assert " INFO service.requests nr-0 GET /v1/galleries 200 " in line
    assert line.endswith("key=- problem=-")


def test_requests_that_are_answered_or_refused_in_time_have_no_line_unless_that_is_set(library: Path) -> None:
    assert _lines(library, ["/v1/galleries", "/nothing"], log_requests=False) == []


def test_requests_that_fail_have_a_line(library: Path) -> None:
    lines = [json.loads(each) for each in _lines(library, ["/breaking", "/away"], log_requests=False)]
    found = [(each["request_id"], each["status"]) for each in lines if each["logger"] == "service.requests"]
    assert found == [("nr-0", 500), ("nr-1", 503)]


SEEN = Seen("nr-1", "GET", "/livez", 200, 0, 9 * 10**9, 10**6, 0, 5, None, None, [], ())


@pytest.mark.parametrize(
    ("changed", "is_told"),
    [
        ({}, False),
        ({"thought_ns": 6 * 10**9}, True),
        ({"status": 404, "problem": "not-found"}, False),
        ({"status": 499}, False),
        ({"status": 500}, True),
        ({"status": 503, "problem": "unavailable"}, True),
        ({"status": 503, "problem": "overloaded"}, False),
        ({"status": 503, "problem": "overloaded", "thought_ns": 10**10}, True),
    ],
)
def test_lines_tell_of_failures_and_of_what_took_long_but_not_of_slow_senders(
    changed: dict[str, Any], is_told: bool
) -> None:
    stream = io.StringIO()
    with logs.writing("text", "info", secrets=(), stream=stream):
        logs.note_odd(replace(SEEN, **changed))
    assert (stream.getvalue() != "") == is_told


@contextmanager
def _unread_pipe() -> Iterator[tuple[int, TextIO]]:
    """The end of a pipe that nobody reads yet, and what writes to it; its thread may hang there until it is read."""
    reading, writing = os.pipe()
    with os.fdopen(writing, "w") as stream:
        yield reading, stream


def _read_all(pipe: int, into: list[bytes]) -> None:
    with os.fdopen(pipe, "rb") as lines:
        into.extend(lines)


def test_nobody_waits_for_who_reads_the_log_and_what_was_lost_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_queue, "MOST_WAITING", 50)
    monkeypatch.setattr(log_queue, "LAST_S", 20.0)
    own, read = logging.getLogger("service.anything"), list[bytes]()
    with _unread_pipe() as (reading, stream):
        with logs.writing("text", "info", secrets=(), stream=stream):
            for number in range(200):  # of which the pipe takes some, and 50 may wait
                own.info("%d %s", number, "x" * 4000)
            reader = Thread(target=_read_all, args=(reading, read))
            reader.start()
            end = time.monotonic() + PATIENCE_S
            while b"199" not in b"".join(read)[-5000:] and time.monotonic() < end:
                own.info("%d", 199)
                time.sleep(0.01)
        stream.close()
        reader.join()
    written = b"".join(read).decode().splitlines()
    assert sum("xxxx" in each for each in written) < 100
    assert any(" lines were lost here" in each for each in written)


def test_lines_that_are_lost_at_the_very_end_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_queue, "MOST_WAITING", 2)
    monkeypatch.setattr(log_queue, "LAST_S", 20.0)
    own, read = logging.getLogger("service.anything"), list[bytes]()
    with _unread_pipe() as (reading, stream):
        reader = Thread(target=_read_all, args=(reading, read))
        with logs.writing("text", "info", secrets=(), stream=stream):
            own.info("%s", "x" * 2**21)  # more than a pipe takes
            select([reading], [], [], PATIENCE_S)  # until its writer hangs, or it could make room for the last line
            for number in range(100):
                own.info("%d %s", number, "x" * 4000)
            reader.start()
        stream.close()
        reader.join()
    assert " lines were lost here" in b"".join(read).decode().splitlines()[-1]


HANGING = """
import logging, sys
from service.observing import log_queue, logs
log_queue.LAST_S = 0.2
with logs.writing("json", "info", secrets=()):
    for number in range(20_000):
        logging.getLogger("service.anything").info("%d", number)
print("done")
"""


def test_a_process_ends_though_nobody_reads_its_log() -> None:
    reading, writing = os.pipe()
    done = subprocess.run(
        [sys.executable, "-c", HANGING], stdout=subprocess.PIPE, stderr=writing, timeout=60, check=True
    )
    os.close(writing)
    os.close(reading)
    assert done.stdout == b"done\n"


@pytest.mark.parametrize("form", ["text", "json"])
def test_secrets_of_the_settings_and_of_requests_are_never_written(library: Path, form: logs.Format) -> None:
    stream = io.StringIO()
    chosen = Settings(data=library, milvus_token=TOKEN, jobs_url=ADDRESS)  # type: ignore[arg-type]
    with logs.writing(form, "info", secrets=secrets_of(chosen), stream=stream):
        _say_secrets(KEY)
    written = stream.getvalue()
    for secret in (TOKEN, "Milvus-is-ours", "s%40und", "s@und", KEY, "cm9vdDpyb290", "abcdef0123456789"):
        assert secret not in written, secret
    assert "postgresql://" + GONE + "@db.internal/sightsound" in written
    assert "&k=3" in written
    assert written.count(GONE) >= 8


def _say_secrets(key: str) -> None:
    log = logging.getLogger("service.anything")
    log.info("token %s, or its half %s", TOKEN, TOKEN.partition(":")[2])
    log.warning("cannot connect to %s, whose password is s@und", ADDRESS)
    log.warning("headers %r", {"Authorization": f"Bearer {key}", "authorization": "Basic cm9vdDpyb290"})
    log.warning("raw %r", [(b"authorization", b"Bearer abcdef0123456789")])
    log.warning("GET /metrics?token=abcdef0123456789&k=3 by %s", key)
    try:
        raise ConnectionError(f"refused with {TOKEN} at {ADDRESS}")
    except ConnectionError:
        log.exception("failed")


@given(secret=st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=4, max_size=40), around=st.text())
def test_a_known_secret_is_taken_out_whatever_it_is_made_of(secret: str, around: str) -> None:
    if secret in GONE or secret in around:
        return
    found = Redaction([secret]).of(f"{around} {secret} {around}")
    assert secret not in found


@pytest.mark.parametrize("text", ["GET /v1/galleries 200", "http://127.0.0.1:8765/v1", "a@b", "token of life", ""])
def test_what_is_no_secret_stays(text: str) -> None:
    assert Redaction([]).of(text) == text


def test_names_of_files_are_not_written(own_library: Path, clip: Path) -> None:
    stream = io.StringIO()
    private = clip.rename(clip.with_name("my holiday.mp4"))
    try:
        app = create_app(Settings(data=own_library, job_workers=0, log_requests=True))
        with logs.writing("json", "info", secrets=(), stream=stream), TestClient(app, OWN) as client:
            assert upload(client, SEARCH, private, from_="audio").status_code == 200
            assert upload(client, "/v1/galleries/demo/clips", private).status_code == 201
    finally:
        private.rename(clip)
    assert stream.getvalue().count("service.requests") == 2
    assert "holiday" not in stream.getvalue()


def test_the_process_writes_as_before_when_the_service_has_ended(library: Path) -> None:
    root, before = logging.getLogger(), logging.getLogger().handlers[:]
    assert _lines(library, ["/livez"]) != []
    assert (root.handlers, logging.getLogger("service").level) == (before, logging.NOTSET)


def test_a_secret_is_taken_out_as_json_writes_it() -> None:
    stream = io.StringIO()
    with logs.writing("json", "info", secrets=['so "secret" \\ \u00fc'], stream=stream):
        logging.getLogger("anything").warning("it is %s", 'so "secret" \\ \u00fc')
    assert json.loads(stream.getvalue())["message"] == f"it is {GONE}"
