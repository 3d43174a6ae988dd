"""The page, driven as a person would in a real browser."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from service.app import create_app
from service.settings import Settings
from tests.tiny.bundles import tiny_library
from tests.tiny.clips import tiny_clip
from tests.unit.service.running import running

PAINTED = """() => {
    const canvas = document.querySelector(".hit canvas");
    return canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.some((value) => value > 0);
}"""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    app = create_app(Settings(data=tiny_library(tmp_path_factory.mktemp("library"))))
    with running(app) as at:
        yield at


def test_words_find_playing_pictures_and_the_address_holds_them(page: Page) -> None:
    page.get_by_role("searchbox").or_(page.get_by_role("combobox")).first.fill("bell ringing")
    page.get_by_role("button", name="Search").click()
    expect(page.locator(".hit")).to_have_count(6)
    expect(page.get_by_role("status")).to_contain_text("6 results for “bell ringing”")
    page.wait_for_function("() => [...document.querySelectorAll('video')].some((each) => each.currentTime > 0.1)")
    assert "text=bell+ringing&to=video" in page.url


def test_the_address_is_a_search_and_going_back_undoes_it(page: Page) -> None:
    page.goto("/?text=dog+barking&to=audio")
    expect(page.locator(".hit.sounding")).to_have_count(6)
    expect(page.get_by_label("Sound", exact=True)).to_be_checked()
    page.get_by_text("Both", exact=True).click()
    expect(page.locator(".hit.both")).to_have_count(6)
    page.go_back()
    expect(page.locator(".hit.sounding")).to_have_count(6)


def test_found_sound_is_drawn_and_plays_when_asked(page: Page) -> None:
    page.goto("/?text=dog+barking&to=audio")
    page.wait_for_function(
        "() => (document.querySelector('.hit canvas')?.width ?? 300) !== 300"
    )  # what it is until drawn
    assert page.evaluate(PAINTED)
    first = page.locator(".hit .play").first
    first.click()
    expect(first).to_have_attribute("aria-pressed", "true")
    page.wait_for_function("() => !document.querySelector('.hit video').muted")
    first.click()
    expect(first).to_have_attribute("aria-pressed", "false")


def test_an_idea_is_a_search(page: Page) -> None:
    page.get_by_label("Things to search for").get_by_role("link", name="ball bouncing").click()
    expect(page.get_by_role("status")).to_contain_text("“ball bouncing”")


def test_labels_complete_the_words(page: Page) -> None:
    labels = page.locator("#labels option")
    expect(labels).to_have_count(3)
    assert {each.get_attribute("value") or each.text_content() for each in labels.all()} >= {"bell ringing"}


def test_a_clip_is_classified_and_finds_the_other_sense(page: Page, tmp_path: Path) -> None:
    page.set_input_files("#file", tiny_clip(tmp_path / "my clip.mp4", seconds=1.0))
    expect(page.locator(".hit")).to_have_count(6)
    expect(page.get_by_role("status")).to_contain_text("audio → video")
    guess = page.get_by_label("What the clip is")
    expect(guess.get_by_role("listitem")).to_have_count(4)
    expect(guess).to_contain_text("decided.")
    expect(page.locator("#clip-name")).to_have_text("my clip.mp4")
    page.get_by_text("Pictures → sound").click()
    expect(page.locator(".hit.sounding")).to_have_count(6)
    guess.get_by_label("Choose among your own words instead").fill("a drum, rain")
    page.keyboard.press("Enter")
    expect(guess.get_by_role("listitem")).to_have_count(2)
    page.keyboard.press("Escape")
    expect(page.get_by_role("heading", level=1)).to_be_visible()


def test_the_keyboard_reaches_the_search(page: Page) -> None:
    expect(page.locator("#labels option")).to_have_count(3)
    page.keyboard.press("/")
    page.keyboard.type("siren")
    page.keyboard.press("Enter")
    expect(page.locator(".hit")).to_have_count(6)


def test_a_file_that_is_no_clip_is_explained(page: Page, tmp_path: Path, troubles: list[str]) -> None:
    junk = tmp_path / "junk.mp4"
    junk.write_bytes(b"no media at all" * 100)
    page.set_input_files("#file", junk)
    expect(page.get_by_role("alert")).to_contain_text("The file is not a media file that can be decoded.")
    expect(page.get_by_role("alert")).to_contain_text("expected a video, sound or image file")
    expect(page.locator(".hit")).to_have_count(0)
    assert {"422" in each for each in troubles} == {True}
    troubles.clear()


def test_a_clip_without_sound_is_classified_and_the_search_explained(
    page: Page, tmp_path: Path, troubles: list[str]
) -> None:
    page.set_input_files("#file", tiny_clip(tmp_path / "silent.mp4", seconds=1.0, sound=False))
    expect(page.get_by_role("alert")).to_contain_text("The clip has pictures and no sound")
    expect(page.get_by_label("What the clip is")).to_contain_text("This looks like")
    assert len(troubles) == 1
    troubles.clear()
    page.get_by_role("button", name="Search with its pictures").click()
    expect(page.locator(".hit.sounding")).to_have_count(6)
    expect(page.get_by_role("alert")).to_be_hidden()


def test_a_sound_is_shown_as_a_wave_and_can_be_heard(page: Page, tmp_path: Path) -> None:
    page.set_input_files("#file", tiny_clip(tmp_path / "sound.mp4", seconds=1.0, pictures=False))
    expect(page.locator(".hit")).to_have_count(6)
    page.wait_for_function("() => (document.querySelector('#preview canvas')?.width ?? 300) !== 300")
    hear = page.get_by_role("button", name="Hear the clip")
    hear.click()
    expect(hear).to_have_attribute("aria-pressed", "true")
    page.wait_for_function("() => document.querySelector('#preview video').currentTime > 0")
    hear.click()
    expect(hear).to_have_attribute("aria-pressed", "false")


def test_the_first_screen_shows_what_there_is_to_find(page: Page) -> None:
    ideas = page.get_by_label("Things to search for").get_by_role("link")
    expect(ideas).to_have_count(3)
    page.wait_for_function("() => document.querySelector('.idea video')?.currentTime > 0.1")
    ideas.filter(has_text="Hear").click()
    expect(page.locator(".hit.sounding")).to_have_count(6)
    expect(page).to_have_title("bell ringing · Sightsound")
