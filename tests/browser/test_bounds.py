"""Results that have to be good enough, and clips that have to be of some length, by the page's filters."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from service.app import create_app
from service.settings import Settings
from sightsound.client import Client
from tests.browser.axe import violations
from tests.browser.test_accessibility import evaluate
from tests.tiny.bundles import tiny_library
from tests.tiny.clips import tiny_clip
from tests.unit.service.running import running

PROBABILITIES = "all => all.map((each) => each.hit.probability)"
SCORES = "all => all.map((each) => each.hit.score)"


@pytest.fixture(scope="module")
def address(address: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("clips")
    with Client(address) as client:
        client.add_clip("demo", tiny_clip(folder / "long.mp4", seconds=9.0), ["bell ringing"])
    return address


@pytest.fixture(scope="module")
def evaluated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a service that knows how likely results are."""
    library = tiny_library(tmp_path_factory.mktemp("evaluated"), clips_per_label=4)
    evaluate(library)
    with running(create_app(Settings(data=library, job_workers=0))) as at:
        yield at


def hits(page: Page, count: int) -> None:
    expect(page.locator(".hit:not(.ghost)")).to_have_count(count)


def test_clips_of_some_length_are_found(page: Page) -> None:
    page.goto("/?text=bell&to=video")
    page.get_by_role("button", name="Filters").click()
    page.get_by_label("Seconds, at least").fill("5")
    page.get_by_label("Seconds, at least").press("Enter")
    hits(page, 1)
    page.get_by_label("Seconds, at most").fill("8.5")
    page.get_by_label("Seconds, at most").blur()
    expect(page.get_by_role("heading", name="Nothing was found.")).to_be_visible()
    page.reload()
    only = page.get_by_role("list", name="Only among").get_by_role("listitem")
    expect(only).to_have_text(["5 s or longer", "8.5 s or shorter"])
    page.get_by_role("button", name="Remove 5 s or longer").click()
    hits(page, 6)
    assert "max_duration_s=8.5" in page.url


def test_filters_fit_on_the_smallest_screen(page: Page) -> None:
    page.set_viewport_size({"width": 320, "height": 640})
    page.goto("/?text=bell&to=video")
    hits(page, 7)
    page.get_by_role("button", name="Filters").click()
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") == 320


def test_where_nobody_knows_how_likely_results_are_scores_can_be_asked_for(page: Page, troubles: list[str]) -> None:
    page.goto("/?text=bell&to=video&min_probability=0.5")
    expect(page.get_by_role("alert")).to_contain_text("How likely these are nobody knows.")
    troubles.clear()
    page.get_by_role("button", name="Search without that filter").click()
    hits(page, 7)
    third = sorted(page.locator(".hit").evaluate_all(SCORES))[-3]
    page.get_by_role("button", name="Filters").click()
    expect(page.get_by_label("Likely, in % at least")).to_be_hidden()
    page.get_by_label("Score, at least").fill(f"{third - 1e-4:.4f}")
    page.get_by_label("Score, at least").press("Enter")
    hits(page, 3)
    expect(page.get_by_role("button", name="Remove Score from")).to_be_visible()


def test_where_it_is_known_only_likely_results_are_shown(browser: Browser, evaluated: str) -> None:
    page = browser.new_page(base_url=evaluated)
    page.goto("/?text=bell+ringing&to=video")
    hits(page, 12)
    known = sorted(page.locator(".hit").evaluate_all(PROBABILITIES))
    percent = 50 * (known[-1] + known[0])
    page.get_by_role("button", name="Filters").click()
    expect(page.get_by_label("Score, at least")).to_be_hidden()
    page.get_by_label("Likely, in % at least").fill(f"{percent:.2f}")
    page.get_by_label("Likely, in % at least").press("Enter")
    hits(page, len([each for each in known if each >= round(percent, 2) / 100]))
    assert "min_probability=" in page.url
    page.close()
