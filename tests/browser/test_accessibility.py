"""Every page for everybody: axe-core finds nothing in any look or width, and nothing sticks out of a small screen."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from index.galleries import Galleries
from models.media.cage import Cage
from models.media.limits import Limits
from service.encoding.encoders import Encoders
from service.jobs.evaluating import Evaluate
from service.jobs.pulse import Pulse
from service.jobs.work import Workshop
from service.routes.page import PAGES
from tests.browser import beside
from tests.browser.axe import CONTRAST, violations
from tests.tiny.bundles import tiny_library

NAMED = {"/bundles/{name}": "/bundles/tiny", "/galleries/{name}": "/galleries/demo"}
NAMED |= {"/galleries/{name}/clips/{clip_id}": "/galleries/demo/clips/CLIP"}
NAMED |= {"/evaluations/{evaluation_id}": "/evaluations/1?gallery=demo"}
FULL = {"/": "/?text=bell+ringing&to=video", "/evaluations/compare": "/evaluations/compare?first=1&second=2"}
"""Pages that show more when their address says what."""
ADDRESSES = [*(NAMED.get(each, each) for each in PAGES), *FULL.values()]
SMALLEST, PHONE, DESK = 320, 390, 1280
SETTLED = "() => !document.querySelector('[aria-busy=true], .ghost')"
SHOWN = """() => import("/web/modules/states.js").then(({ show }) => {
    const actions = [{ label: "Go on", href: "/" }, { label: "Try again", run: () => {} }];
    for (const kind of ["empty", "offline", "forbidden", "error"]) {
        const place = document.getElementById("content").appendChild(document.createElement("div"));
        show(place, kind, { title: "There is nothing.", detail: "But could be.", actions });
    }
})"""


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    library = tiny_library(tmp_path_factory.mktemp("library"))
    evaluate(library)
    return library


@pytest.fixture(scope="module")
def clip(address: str) -> str:
    """The id of a clip."""
    return str(beside.get(f"{address}/v1/galleries/demo/clips").json()["clips"][0]["id"])


def evaluate(library: Path) -> None:
    """Evaluations 1 and 2 of the gallery."""
    galleries = Galleries.open(library)
    with Cage(Limits(), 1) as cage:
        workshop = Workshop(galleries, Encoders(library / "backbones", cage))
        for number in range(2):
            work = Evaluate(workshop, "demo", {}, folder=Path(f"job-{number}"))
            work.finish({}, {}, work.do(0, work.plan(), Pulse())["found"])
    galleries.close()


@pytest.fixture(scope="module")
def walking(browser: Browser, address: str) -> Iterator[Page]:
    """One tab for all addresses, in which nothing moves."""
    page = browser.new_page(base_url=address, reduced_motion="reduce")
    yield page
    page.close()


@pytest.fixture
def walker(walking: Page) -> Page:
    """The same, as wide as a desk, in the light."""
    resize(walking, DESK)
    walking.emulate_media(color_scheme="light")
    return walking


def resize(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 844})


def visit(page: Page, address: str) -> None:
    page.goto(address)
    page.wait_for_function(SETTLED)
    page.wait_for_load_state("networkidle")


@pytest.mark.parametrize("where", ADDRESSES)
def test_every_page_is_for_everybody(walker: Page, clip: str, where: str) -> None:
    visit(walker, where.replace("CLIP", clip))
    expect(walker.get_by_role("heading", level=1)).to_have_count(1)
    found = [*violations(walker), *in_the_dark(walker)]
    resize(walker, PHONE)
    found += [*violations(walker), *in_the_dark(walker)]
    assert found == []
    resize(walker, SMALLEST)
    assert walker.evaluate("document.documentElement.scrollWidth") <= SMALLEST


def in_the_dark(page: Page) -> list[str]:
    """What only the look changes."""
    page.emulate_media(color_scheme="dark")
    found = violations(page, rules=CONTRAST)
    page.emulate_media(color_scheme="light")
    return [f"{each} (dark)" for each in found]


def test_every_state_is_for_everybody(walker: Page) -> None:
    visit(walker, "/keys")
    walker.evaluate(SHOWN)
    assert violations(walker) + in_the_dark(walker) == []


def test_the_menu_and_the_keys_are_for_everybody(walker: Page) -> None:
    visit(walker, "/map")
    walker.get_by_role("button", name="More").click()
    assert violations(walker) + in_the_dark(walker) == []
    walker.get_by_role("button", name="Keyboard").click()
    expect(walker.get_by_role("dialog", name="Keyboard")).to_be_visible()
    assert violations(walker) + in_the_dark(walker) == []
