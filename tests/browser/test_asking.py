"""Searches put together of several things: weighed, narrowed, recorded, shared."""

import base64
import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, ViewportSize, expect

from sightsound.client import Client
from tests.browser.conftest import OPTIONS
from tests.tiny.clips import tiny_clip

EXAMPLE = """([kind, {clip, window_id, window}]) => document.getElementById("hits").dispatchEvent(
    new CustomEvent(kind, {bubbles: true, detail: {clip: clip.id, window_id, window}}))"""
"""What a card tells when a person wants more like it, or less."""
BROUGHT = """([kind, name, content]) => {
    const held = new DataTransfer();
    held.items.add(new File([Uint8Array.from(atob(content), (each) => each.charCodeAt())], name));
    const [Kind, carrier] = kind === "paste" ? [ClipboardEvent, "clipboardData"] : [DragEvent, "dataTransfer"];
    dispatchEvent(new Kind(kind, {[carrier]: held}));
}"""
HELD = """() => {
    window.held = new Set();
    const [make, revoke] = [URL.createObjectURL, URL.revokeObjectURL];
    URL.createObjectURL = (blob) => (held.add(make(blob)), [...held].at(-1));
    URL.revokeObjectURL = (address) => (held.delete(address), revoke(address));
}"""
"""Which files from a disk the page holds, from here on."""
SLOW_MS = 20_000
"""How long a busy machine may take to open a camera."""
PHONE: ViewportSize = {"width": 360, "height": 740}


@pytest.fixture(scope="module")
def options() -> list[str]:
    """With a microphone that beeps and a camera that shows a clock; whether a page may use them is asked as ever."""
    return [*OPTIONS, "--use-fake-device-for-media-stream"]


@pytest.fixture(scope="module")
def address(address: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("clips")
    with Client(address) as client:
        client.add_clip("demo", tiny_clip(folder / "minster.mp4"), ["bell ringing"], metadata={"year": 1999})
    return address


def words(page: Page) -> Locator:
    return page.get_by_role("combobox", name="Words to search for")


def found(page: Page, what: str, *, hits: int) -> None:
    expect(page.locator("#status")).to_contain_text(what)
    expect(page.locator(".hit:not(.ghost)")).to_have_count(hits)


def chips(page: Page) -> Locator:
    return page.get_by_role("list", name="Searched together").get_by_role("listitem")


def bring(page: Page, how: str, path: Path) -> None:
    page.evaluate(BROUGHT, [how, path.name, base64.b64encode(path.read_bytes()).decode()])


def test_words_and_examples_weigh_together_and_the_address_holds_all_of_it(page: Page, address: str) -> None:
    with Client(address) as client:
        hits = [each.model_dump() for each in client.search("demo", text="bell ringing", k=2).hits]
    words(page).fill("bell ringing")
    page.get_by_role("button", name="Add more words").click()
    words(page).fill("dog barking")
    words(page).press("Enter")
    found(page, "2 things together", hits=7)
    page.evaluate(EXAMPLE, ["like", hits[0]])
    found(page, "3 things together", hits=6)  # what is asked with is not among what is found
    page.evaluate(EXAMPLE, ["unlike", hits[1]])
    found(page, "4 things together", hits=5)
    weight = page.get_by_role("slider", name="How much dog barking counts")
    weight.press("ArrowLeft")
    expect(weight).to_have_attribute("aria-valuetext", "0.9, like this")
    expect(page).to_have_url(re.compile(r"also=dog\+barking\*0\.9.*\*-0\.5"))
    page.reload()
    found(page, "4 things together", hits=5)
    expect(chips(page)).to_have_count(4)
    expect(page.get_by_role("slider").last).to_have_value("-0.5")
    page.get_by_role("button", name="Remove dog barking").click()
    found(page, "3 things together", hits=5)
    page.go_back()
    expect(chips(page)).to_have_count(4)


def test_what_counts_against_more_than_for_is_told(page: Page, troubles: list[str]) -> None:
    page.goto("/?also=bell*0.2&also=dog*-0.8")
    expect(page.get_by_role("alert")).to_contain_text("More counts against than for.")
    troubles.clear()
    page.get_by_role("slider", name="How much dog counts").press("End")
    found(page, "2 things together", hits=7)


def test_filters_narrow_a_search_and_go_one_by_one(page: Page) -> None:
    page.goto("/?text=bell")
    page.get_by_role("button", name="Filters").click()
    page.get_by_role("combobox", name="Labelled").fill("ring")
    page.get_by_role("option", name="bell ringing").click()
    found(page, "3 results", hits=3)
    page.get_by_role("combobox", name="Name of the metadata").fill("year")
    page.get_by_label("How it compares").select_option("<")
    page.get_by_label("Value").fill("2000")
    page.get_by_label("Value").press("Enter")
    found(page, "1 result for", hits=1)
    page.get_by_label("Added until").fill("2020-05-01")
    found(page, "0 results", hits=0)
    only = page.get_by_role("list", name="Only among").get_by_role("listitem")
    expect(only).to_have_text(["bell ringing", "Added until 1 May 2020", "year < 2000"])
    page.reload()
    found(page, "0 results", hits=0)
    for name in ("Added until 1 May 2020", "bell ringing", "year < 2000"):
        page.get_by_role("button", name=f"Remove {name}").click()
    found(page, "7 results", hits=7)
    assert page.url.endswith("?text=bell&to=video")


def test_a_clip_is_dropped_or_pasted_anywhere_and_words_join_it(page: Page, tmp_path: Path) -> None:
    page.set_viewport_size(PHONE)
    bring(page, "drop", tiny_clip(tmp_path / "dropped.mp4", seconds=1.0))
    found(page, "the sound of “dropped.mp4”", hits=7)
    bring(page, "paste", tiny_clip(tmp_path / "pasted.mp4", seconds=1.1))
    found(page, "the sound of “pasted.mp4”", hits=7)
    words(page).fill("dog barking")
    words(page).press("Enter")
    found(page, "2 things together", hits=7)
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    page.go_back()
    page.go_back()
    found(page, "the sound of “dropped.mp4”", hits=7)


def test_a_clip_that_is_no_longer_shown_is_let_go(page: Page, tmp_path: Path) -> None:
    page.evaluate(HELD)
    page.set_input_files("#file", tiny_clip(tmp_path / "mine.mp4", seconds=1.0))
    found(page, "“mine.mp4”", hits=7)
    page.locator(".hit").first.hover()
    page.locator(".hit").first.get_by_role("button", name="Why it was found").click()
    expect(page.get_by_role("dialog").get_by_role("figure").first).to_be_visible()
    page.wait_for_function("() => held.size === 2")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.wait_for_function("() => held.size === 1")
    page.get_by_role("button", name="Remove the clip mine.mp4").click()
    expect(page.get_by_label("Things to search for")).to_be_visible()
    page.wait_for_function("() => held.size === 0")


@pytest.mark.parametrize("kind", ["Record", "Film"])
def test_a_clip_is_recorded_and_searched_with(page: Page, kind: str) -> None:
    page.context.grant_permissions(["microphone", "camera"])
    page.get_by_role("button", name=kind).click()
    dialog = page.get_by_role("dialog", name="Listening" if kind == "Record" else "Filming")
    expect(dialog.get_by_role("timer")).to_have_text(re.compile(r"[1-9]\.\d s"), timeout=SLOW_MS)
    page.get_by_role("button", name="Stop and search").click()
    expect(dialog).to_be_hidden()
    found(page, "the sound of “", hits=7)
    expect(chips(page)).to_contain_text("Sound of" if kind == "Record" else "Film of")


def test_a_microphone_that_stays_off_is_no_trouble(page: Page) -> None:
    page.get_by_role("button", name="Record").click()
    dialog = page.get_by_role("dialog", name="Nothing is recorded")
    expect(dialog.get_by_role("status")).to_contain_text("You can drop a clip instead, or choose one.")
    expect(dialog.get_by_role("button", name="Stop and search")).to_be_hidden()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(page.get_by_label("Things to search for")).to_be_visible()


def test_a_link_says_what_it_does_not_hold_until_the_gallery_has_it(page: Page, address: str, tmp_path: Path) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    clip = tiny_clip(tmp_path / "my own.mp4", seconds=1.3)
    page.set_input_files("#file", clip)
    found(page, "the sound of “my own.mp4”", hits=7)
    page.get_by_role("button", name="Copy link").click()
    expect(page.get_by_text("Link copied.")).to_be_visible()
    expect(page.get_by_text("It does not hold the clip")).to_be_visible()
    page.goto(page.evaluate("navigator.clipboard.readText()"))  # as a friend does, who has no such file
    expect(page.locator("#trouble")).to_contain_text("“my own.mp4” is on the disk of whoever made this search.")
    page.set_input_files("#file", clip)
    found(page, "the sound of “my own.mp4”", hits=7)
    page.get_by_role("button", name="Copy link").click()
    page.get_by_role("button", name="Add the clip to the gallery").click()
    found(page, "the sound of a clip", hits=7)
    expect(page.get_by_role("button", name="Copy link")).to_be_focused()
    expect(page.get_by_text("It does not hold the clip")).to_be_hidden()
    page.goto(page.evaluate("navigator.clipboard.readText()"))
    found(page, "the sound of a clip", hits=7)
    expect(chips(page)).to_contain_text("my own.mp4")
    with Client(address) as client:  # tests that run after this one, in whatever order, count the clips
        (added,) = (each.id for each in client.clips("demo") if each.name == clip.name)
        client.remove_clip("demo", added)
