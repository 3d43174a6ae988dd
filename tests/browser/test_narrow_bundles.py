"""The page over bundles that have few routes: it offers what they have, and says what they have not."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser import beside
from tests.tiny.bundles import narrowed, tiny_library
from tests.tiny.clips import tiny_clip

ROUTES = {
    "clips": ("audio->video", "video->audio"),
    "pictures": ("text->video", "video->text", "video->video"),
    "sound": ("text->audio", "audio->text"),
    "both": ("text->av", "av->text", "av->av"),
}


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    library = tiny_library(tmp_path_factory.mktemp("library"))
    for name, routes in ROUTES.items():
        narrowed(library / "bundles" / "tiny", name, routes=routes)
    return library


@pytest.fixture
def address(address: str, request: pytest.FixtureRequest) -> str:
    """Of the service, its gallery embedded by the bundle that the test is about."""
    beside.post(f"{address}/v1/galleries/demo/reindex", json={"bundle": request.param}).raise_for_status()
    return address


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return tiny_clip(tmp_path / "clip.mp4", seconds=1.0)


def choices(page: Page, group: str) -> Locator:
    return page.locator(f"#{group} label:visible")


@pytest.mark.parametrize("address", ["clips"], indirect=True)
def test_without_text_only_clips_search_and_nothing_is_classified(page: Page, clip: Path) -> None:
    expect(page.get_by_label("Words to search for")).to_be_disabled()
    expect(page.get_by_role("heading", name="searched with clips, not with words")).to_be_visible()
    expect(page.locator(".idea")).to_have_count(0)
    page.set_input_files("#file", clip)
    expect(choices(page, "use")).to_have_text(["Its sound"])
    expect(choices(page, "find")).to_have_text(["Pictures", "Sound"])
    expect(page.locator(".hit")).to_have_count(6)
    expect(page.get_by_label("What the clip is")).to_be_hidden()
    expect(page.get_by_role("alert")).to_be_hidden()


@pytest.mark.parametrize("address", ["pictures"], indirect=True)
def test_pictures_alone_are_found_by_words_and_by_pictures(page: Page, clip: Path) -> None:
    expect(choices(page, "find")).to_have_text(["Pictures"])
    expect(page.locator(".idea")).to_have_count(3)
    expect(page.locator(".idea.audio")).to_have_count(0)
    page.set_input_files("#file", clip)
    expect(choices(page, "use")).to_have_text(["Its pictures"])
    expect(page.locator("#status")).to_contain_text("pictures → pictures")
    expect(page.locator(".hit.seeing")).to_have_count(6)
    expect(page.get_by_label("What the clip is")).to_contain_text("This looks like")


@pytest.mark.parametrize("address", ["sound"], indirect=True)
def test_sound_alone_is_found_by_words_and_a_clip_only_classified(page: Page, clip: Path) -> None:
    expect(choices(page, "find")).to_have_text(["Sound"])
    page.get_by_label("Words to search for").fill("bell ringing")
    page.get_by_role("button", name="Search", exact=True).click()
    expect(page.locator(".hit.sounding")).to_have_count(6)
    page.set_input_files("#file", clip)
    page.get_by_role("button", name="Remove bell ringing").click()
    expect(page.locator("#trouble")).to_contain_text("no route from clips to clips")
    expect(page.get_by_label("What the clip is")).to_contain_text("This sounds like")
    expect(page.locator(".hit")).to_have_count(0)
    expect(choices(page, "use")).to_have_count(0)


@pytest.mark.parametrize("address", ["both"], indirect=True)
def test_both_senses_at_once_find_and_are_found_as_a_whole(
    page: Page, clip: Path, tmp_path: Path, troubles: list[str]
) -> None:
    expect(choices(page, "find")).to_have_text(["Both"])
    page.locator(".idea").first.click()
    expect(page.locator(".hit.both")).to_have_count(6)
    page.set_input_files("#file", clip)
    expect(choices(page, "use")).to_have_text(["Both"])
    page.get_by_role("button", name="Remove", exact=False).first.click()
    expect(page.locator("#status")).to_contain_text("sound and pictures → sound and pictures")
    expect(page.get_by_label("What the clip is")).to_contain_text("This looks and sounds like")
    silent = tiny_clip(tmp_path / "silent.mp4", seconds=1.0, sound=False)
    with page.expect_console_message(lambda told: told.location["url"].endswith("/v1/classify")):  # asked last
        page.set_input_files("#file", silent)
    expect(page.get_by_role("alert")).to_contain_text("The clip has pictures and no sound")
    expect(page.get_by_role("button", name=re.compile("Search with its"))).to_have_count(0)
    assert {"422" in each for each in troubles} == {True}
    troubles.clear()
