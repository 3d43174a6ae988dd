"""What the pages' modules share: figures in words, requests, uploads and events, against the service itself."""

from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from tests.browser import beside
from tests.tiny.clips import tiny_clip

SAID = """async ([module, name, given]) => (await import(`/web/modules/${module}.js`))[name](...given)"""
ASKED = """async ([path, options]) => {
    const { ask } = await import("/web/modules/api.js");
    return ask(path, options).catch(({ title, message, status, state }) => ({ title, message, status, state }));
}"""
FOLLOWED = """async (path) => {
    const { stream } = await import("/web/modules/api.js");
    const found = [];
    await stream(path, (event) => found.push(event));
    return found;
}"""
UPLOADED = """async (path) => {
    const { form, upload } = await import("/web/modules/api.js");
    const told = [];
    const file = document.getElementById("file").files[0];
    const clip = await upload(path, form({ file, labels: ["a", "b"] }), { onProgress: (part) => told.push(part) });
    return [clip.labels, told.at(-1)];
}"""
FIGURES: list[tuple[str, list[Any], str]] = [
    ("number", [-0.45678], "\u22120.457"),
    ("number", [None], "\u2013"),
    ("count", [1, "clip"], "1 clip"),
    ("count", [1200, "gallery", "galleries"], "1,200 galleries"),
    ("percent", [0.873], "87 %"),
    ("percent", [0.8734, 1], "87.3 %"),
    ("seconds", [0.0312], "31 ms"),
    ("seconds", [3.25], "3.3 s"),
    ("seconds", [125], "2 min 5 s"),
    ("seconds", [7300], "2 h 2 min"),
    ("span", [{"start_s": 0, "end_s": 3.2}], "0\u20133.2 s"),
    ("span", [{"start_s": 1.5, "end_s": 3}], "1.5\u20133.0 s"),
    ("bytes", [0], "0 bytes"),
    ("bytes", [1536], "1.5 KB"),
    ("bytes", [100 * 2**20], "100 MB"),
    ("sentence", ["found nothing"], "Found nothing."),
    ("sentence", [""], ""),
]


def test_figures_are_as_people_read_them(page: Page) -> None:
    found = [page.evaluate(SAID, ["format", name, given]) for name, given, _ in FIGURES]
    assert found == [expected for _, _, expected in FIGURES]


def test_moments_are_told_by_how_long_ago_they_were(page: Page) -> None:
    page.clock.set_fixed_time("2026-03-01T12:00:00Z")
    moments = ["2026-03-01T11:59:58Z", "2026-03-01T11:57:00Z", "2026-02-28T12:00:00Z", "2026-03-01T14:00:00Z"]
    found = [page.evaluate(SAID, ["format", "ago", [each]]) for each in moments]
    assert found == ["just now", "3 minutes ago", "yesterday", "in 2 hours"]


def test_an_answer_is_read_and_a_refusal_has_words(page: Page, troubles: list[str]) -> None:
    told = page.evaluate(ASKED, ["/v1/galleries/demo/clips", {"query": {"limit": 2, "label": ["bell ringing", ""]}}])
    assert len(told["clips"]) == 2
    vocabulary = {"method": "PUT", "json": {"classes": ["a pan", "a kettle"]}}
    assert page.evaluate(ASKED, ["/v1/vocabularies/kitchen", vocabulary])["name"] == "kitchen"
    assert page.evaluate(ASKED, ["/v1/vocabularies/kitchen", {"method": "DELETE"}]) is None
    assert troubles == []
    refused = page.evaluate(ASKED, ["/v1/galleries/none", {}])
    assert (refused["status"], refused["state"]) == (404, "error")
    assert refused["message"].endswith(".")
    troubles.clear()


def test_a_service_that_is_not_reached_is_offline(page: Page, troubles: list[str]) -> None:
    assert page.evaluate(SAID, ["api", "url", ["/v1/galleries", {"k": 3}]]) == "/v1/galleries?k=3"
    page.context.set_offline(True)
    refused = page.evaluate(ASKED, ["/v1/galleries", {}])
    page.context.set_offline(False)
    assert (refused["status"], refused["state"]) == (0, "offline")
    troubles.clear()


def test_an_upload_tells_how_far_it_is(page: Page, tmp_path: Path) -> None:
    page.evaluate(
        "document.getElementById('file').addEventListener('change', (e) => e.stopImmediatePropagation(), true)"
    )
    page.set_input_files("#file", tiny_clip(tmp_path / "clip.mp4", seconds=1.0))
    assert page.evaluate(UPLOADED, "/v1/galleries/demo/clips") == [["a", "b"], 1]


def test_events_of_a_job_are_followed_to_their_end(page: Page, address: str) -> None:
    job = beside.post(f"{address}/v1/galleries/demo/jobs/compact").raise_for_status().json()
    beside.post(f"{address}/v1/jobs/{job['id']}/cancel").raise_for_status()
    events = page.evaluate(FOLLOWED, f"/v1/jobs/{job['id']}/events")
    assert events[-1]["content"]["state"] == "cancelled"
    assert all(each["kind"] and each["id"] for each in events)
