"""The page of searches, asked as a person would in a real browser: by words and by a clip."""

from pathlib import Path

from playwright.sync_api import Locator, Page, Route, expect

from tests.tiny.clips import tiny_clip

WAVE = "() => (document.querySelector('#preview canvas')?.width ?? 300) !== 300"
"""A canvas is 300 wide until something is drawn in it."""


def words(page: Page) -> Locator:
    return page.get_by_role("combobox", name="Words to search for")


def found(page: Page, what: str) -> None:
    expect(page.locator("#status")).to_contain_text(what)
    expect(page.locator(".hit:not(.ghost)")).to_have_count(6)


def test_what_is_typed_before_the_gallery_is_there_stays(page: Page) -> None:
    def late(route: Route) -> None:
        words(page).fill("bell ringing")
        route.continue_()

    page.route("**/v1/galleries/demo", late)
    page.goto("/?gallery=demo")
    expect(page.locator("#about")).to_contain_text("6 clips")
    expect(words(page)).to_have_value("bell ringing")


def test_words_find_and_the_address_holds_them(page: Page) -> None:
    words(page).fill("bell ringing")
    page.get_by_role("button", name="Search", exact=True).click()
    found(page, "6 results for “bell ringing” · words → pictures")
    assert "text=bell+ringing&to=video" in page.url
    expect(page).to_have_title("bell ringing · Sightsound")


def test_the_address_is_a_search_and_going_back_undoes_it(page: Page) -> None:
    page.goto("/?text=dog+barking&to=audio")
    found(page, "words → sound")
    find = page.get_by_role("group", name="Find")
    expect(find.get_by_label("Sound")).to_be_checked()
    find.get_by_text("Both").click()
    found(page, "words → sound and pictures")
    page.go_back()
    found(page, "words → sound ·")
    expect(words(page)).to_have_value("dog barking")


def test_labels_complete_the_words_by_the_keyboard(page: Page) -> None:
    expect(page.get_by_text("6 clips · 3 labels · gallery demo")).to_be_visible()
    page.keyboard.press("/")
    page.keyboard.type("RING")
    offers = page.get_by_role("listbox", name="Words of this gallery").get_by_role("option")
    expect(offers).to_have_text(["bell ringing2 clips"])
    expect(words(page)).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("Escape")
    expect(words(page)).to_have_attribute("aria-expanded", "false")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    active = words(page).get_attribute("aria-activedescendant")
    expect(page.locator(f"#{active}")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    found(page, "“bell ringing”")


def test_a_clip_finds_the_other_sense_and_what_it_is_is_told(page: Page, tmp_path: Path) -> None:
    page.set_input_files("#file", tiny_clip(tmp_path / "my clip.mp4", seconds=1.0))
    found(page, "the sound of “my clip.mp4” · sound → pictures")
    expect(page.get_by_label("What the clip is")).to_contain_text("This looks and sounds like")
    expect(page.get_by_role("list", name="Searched together")).to_contain_text("my clip.mp4")
    assert "upload=my+clip.mp4&to=video&from=audio" in page.url
    page.get_by_role("group", name="Find").get_by_text("Sound").click()
    found(page, "the pictures of “my clip.mp4” · pictures → sound")
    page.go_back()
    found(page, "sound → pictures")
    page.keyboard.press("Escape")
    expect(page.get_by_label("Things to search for")).to_be_visible()
    expect(page.get_by_label("What the clip is")).to_be_hidden()


def test_a_file_that_is_no_clip_is_explained(page: Page, tmp_path: Path, troubles: list[str]) -> None:
    page.set_input_files("#file", tiny_clip(tmp_path / "my clip.mp4", seconds=1.0))
    expect(page.get_by_label("What the clip is")).to_be_visible()
    junk = tmp_path / "junk.mp4"
    junk.write_bytes(b"no media at all" * 100)
    page.set_input_files("#file", junk)
    expect(page.get_by_role("alert")).to_contain_text("The file is not a media file that can be decoded.")
    expect(page.get_by_role("alert")).to_contain_text("expected a video, sound or image file")
    expect(page.locator(".hit")).to_have_count(0)
    expect(page.get_by_label("What the clip is")).to_be_hidden()
    expect(page.get_by_role("button", name="Copy link")).to_be_hidden()
    assert {"422" in each for each in troubles} == {True}
    troubles.clear()


def test_a_clip_without_sound_can_search_with_its_pictures(page: Page, tmp_path: Path, troubles: list[str]) -> None:
    page.set_input_files("#file", tiny_clip(tmp_path / "silent.mp4", seconds=1.0, sound=False))
    expect(page.get_by_role("alert")).to_contain_text("The clip has pictures and no sound")
    expect(page.get_by_label("What the clip is")).to_contain_text("This looks like")
    assert len(troubles) == 1
    troubles.clear()
    page.get_by_role("button", name="Search with its pictures").click()
    found(page, "pictures → sound")
    expect(page.get_by_role("alert")).to_be_hidden()


def test_a_sound_is_shown_as_a_wave_and_can_be_heard(page: Page, tmp_path: Path) -> None:
    page.set_input_files("#file", tiny_clip(tmp_path / "sound.mp4", seconds=1.0, pictures=False))
    found(page, "sound → pictures")
    page.wait_for_function(WAVE)
    hear = page.get_by_role("button", name="Hear sound.mp4")
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
    found(page, "“bell ringing” · words → sound")


def test_a_gallery_that_is_not_there_is_told(page: Page, troubles: list[str]) -> None:
    page.goto("/?gallery=none&text=bell")
    expect(page.get_by_role("alert")).to_contain_text("There is no gallery 'none'; there are: demo.")
    troubles.clear()
