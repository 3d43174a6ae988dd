"""The status in a browser: what is wrong first, figures that go on while one looks, and nothing while nobody does."""

from pathlib import Path

from playwright.sync_api import Page, expect

ASKED = "/v1/status"
HIDDEN = """(is) => {
    Object.defineProperty(document, "hidden", { value: is, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
}"""
WARNED = (
    """([status, parts]) => import("/web/modules/admin/warnings.js").then(({ warnings }) => warnings(status, parts))"""
)
WELL = {"data_free_bytes": 2**40, "spool": {"taken_bytes": 0, "limit_bytes": 9}, "lanes": {}, "galleries": []}


def test_figures_go_on_while_somebody_looks_and_rest_while_nobody_does(page: Page) -> None:
    page.clock.install()
    page.goto("/status")
    expect(page.locator("#verdict")).to_have_text("All is well.")
    expect(page.locator("#parts")).to_contain_text("backbone tiny-audio@1")
    expect(page.get_by_role("row", name="demo · text → video")).to_contain_text("exact")
    page.evaluate("fetch('/v1/galleries/demo/search?text=bell&to=video')")
    with page.expect_response(lambda answer: answer.url.endswith(ASKED)):
        page.clock.run_for(3100)
    expect(page.locator("[data-stage=search]")).to_contain_text("9 in 10 below")
    expect(page.locator("[data-stage=search] polyline")).to_have_count(2)
    page.evaluate(HIDDEN, True)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.clock.run_for(12_000)
    assert asked == []
    with page.expect_response(lambda answer: answer.url.endswith(ASKED)):
        page.evaluate(HIDDEN, False)


def test_what_is_wrong_comes_first(page: Page, library: Path, troubles: list[str]) -> None:
    page.route("**/readyz", lambda route: route.fulfill(status=503, json=UNREADY))
    page.goto("/status")
    expect(page.locator("#verdict")).to_have_text("decoder: it does not answer")
    expect(page.locator("#verdict")).to_have_class("panel verdict bad")
    troubles.clear()


UNREADY = {
    "title": "The service cannot answer now.",
    "status": 503,
    "parts": [{"name": "decoder", "state": "failed", "took_ms": 1.0, "detail": "it does not answer"}],
}


def test_every_kind_of_trouble_has_words(page: Page) -> None:
    route = {"route": "text->video", "recall": {"value": 0.8, "samples": 20, "age_s": 1}}
    ill = {
        "data_free_bytes": 2**20,
        "spool": {"taken_bytes": 9, "limit_bytes": 10},
        "lanes": {"bulk": {"waiting": 9, "most_waiting": 10}},
        "galleries": [{"name": "demo", "routes": [route]}],
        "errors": {"internal-error": 2},
    }
    assert page.evaluate(WARNED, [WELL | {"errors": {}}, []]) == []
    assert page.evaluate(WARNED, [ill, []]) == [
        "Only 1.0 MB are left on the disk.",
        "Uploads have nearly filled the room that they may take.",
        "9 requests wait in the lane bulk: more than half of those that may.",
        "Searches of demo by text → video find 80 % of what they should.",
        "2 requests failed unforeseen in the last hour: the log says why.",
    ]
