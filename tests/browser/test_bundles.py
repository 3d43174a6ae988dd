"""Bundles in a browser: what there is, how one works, one brought, used in a gallery, and deleted."""

from pathlib import Path
from shutil import rmtree

import pytest
from playwright.sync_api import Page, expect

from service.settings import Settings
from tests.browser.axe import violations
from tests.tiny.bundle_archives import files_of, zipped
from tests.tiny.bundles import narrowed

TRIED_MS = 20_000
"""How long the service may take to look at a bundle."""


@pytest.fixture(scope="module")
def archive(library: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle that the library lacks, as a zip."""
    made = library / "bundles" / "words-only"
    narrowed(made.with_name("tiny"), "words-only", routes=("text->video",))
    path = tmp_path_factory.mktemp("archive") / "words-only.zip"
    path.write_bytes(zipped(files_of(made)))
    rmtree(made)
    return path


@pytest.fixture(scope="module")
def settings(library: Path, archive: Path) -> Settings:
    return Settings(data=library, job_workers=0)


def test_a_bundle_tells_what_flows_where_and_leads_to_its_gallery(page: Page) -> None:
    page.goto("/bundles")
    card = page.get_by_role("listitem").filter(has=page.get_by_role("heading", name="tiny"))
    expect(card).to_contain_text("4 classes, 3 of them learned")
    card.get_by_role("link", name="tiny").click()
    expect(page).to_have_title("tiny · Sightsound")
    expect(page.locator("#heads li")).to_have_count(5)
    expect(page.locator("#spaces li").first).to_contain_text("Words, Sound, Pictures")
    lines = page.locator("#flow path")
    expect(lines).to_have_count(11)  # 6 that heads read, 5 to the spaces
    expect(page.get_by_role("row", name="Both yes")).to_be_visible()
    page.get_by_text("Its model card").click()
    expect(page.get_by_text("Random linear heads, for tests.")).to_be_visible()
    assert violations(page) == []
    page.get_by_role("link", name="in demo").click()
    page.wait_for_url("**/galleries/demo**")


def test_lines_go_down_where_the_screen_is_narrow(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/bundles/tiny")
    expect(page.locator("#flow path")).to_have_count(11)
    ends = page.evaluate("[...document.querySelectorAll('#flow ul')].map((each) => each.getBoundingClientRect().top)")
    assert ends == sorted(set(ends))
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_bundle_is_brought_used_and_deleted(page: Page, archive: Path, tmp_path: Path, troubles: list[str]) -> None:
    page.goto("/bundles")
    page.get_by_role("button", name="Add a bundle").click()
    adding = page.get_by_role("dialog", name="Add a bundle")
    (tmp_path / "junk.zip").write_bytes(b"no bundle")
    adding.get_by_label("File").set_input_files(tmp_path / "junk.zip")
    adding.get_by_role("button", name="Add it").click()
    expect(adding.get_by_role("alert")).to_contain_text("no whole zip or tar of a bundle", timeout=TRIED_MS)
    adding.get_by_label("File").set_input_files(archive)
    expect(adding.get_by_role("alert")).to_be_empty()
    assert violations(page) == []
    adding.get_by_role("button", name="Add it").click()
    page.wait_for_url("**/bundles/words-only")
    expect(page.get_by_text("no gallery yet")).to_be_visible()
    page.get_by_role("button", name="Use it in a gallery").click()
    page.get_by_role("dialog").get_by_role("button", name="Begin").click()
    page.wait_for_url("**/jobs?job=*")
    page.goto("/bundles/words-only")
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete it").click()
    page.wait_for_url("**/bundles")
    expect(page.get_by_role("heading", name="tiny")).to_be_visible()
    expect(page.get_by_role("heading", name="words-only")).to_have_count(0)
    assert {"422" in each for each in troubles} == {True}
    troubles.clear()


def test_where_there_is_none_one_can_be_brought(page: Page) -> None:
    page.route("**/v1/bundles", lambda route: route.fulfill(json={"bundles": []}))
    page.goto("/bundles")
    page.get_by_role("button", name="Add one").click()
    expect(page.get_by_role("dialog", name="Add a bundle")).to_be_visible()


def test_a_bundle_that_a_gallery_needs_stays_and_one_that_is_not_there_says_so(page: Page, troubles: list[str]) -> None:
    page.goto("/bundles/tiny")
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete it").click()
    expect(page.get_by_role("dialog").get_by_role("alert")).to_contain_text("of 1 gallery: reindex it")
    page.goto("/bundles/none")
    expect(page.get_by_role("alert").filter(has_text="none")).to_be_visible()
    troubles.clear()
