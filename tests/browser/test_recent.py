"""What was asked before is offered again by the browser that it was asked in, and forgotten when that is wished."""

from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from tests.browser.axe import violations
from tests.tiny.clips import tiny_clip


def words(page: Page) -> Locator:
    return page.get_by_role("combobox", name="Words to search for")


def ask(page: Page, address: str, told: str) -> None:
    page.goto(address)
    expect(page.locator("#status")).to_contain_text(told)


def recent(page: Page) -> Locator:
    return page.get_by_role("listbox", name="Recent searches").get_by_role("option")


def test_an_empty_field_offers_what_was_asked_before_the_last_first(page: Page) -> None:
    words(page).click()
    expect(recent(page)).to_have_count(0)
    ask(page, "/?text=bell&to=audio", "“bell”")
    ask(page, "/?text=dog&to=video&label=bell+ringing", "“dog”")
    ask(page, "/?also=a+bell*1&also=a+dog*-0.5", "2 things together")
    ask(page, "/?gallery=demo&text=bell&to=audio", "“bell”")
    page.goto("/")
    expect(page.locator("#about")).to_contain_text("6 clips")
    words(page).click()
    told = ["bellsound", "2 things togetherpictures", "dogpictures, 1 filter", "Forget recent searches"]
    expect(recent(page)).to_have_text(told)
    expect(words(page)).to_have_attribute("aria-expanded", "true")
    assert violations(page) == []
    words(page).press("ArrowDown")
    words(page).press("ArrowDown")
    words(page).press("Enter")
    expect(page.locator("#status")).to_contain_text("2 things together")
    expect(page.get_by_role("list", name="Searched together").get_by_role("listitem")).to_have_count(2)
    page.go_back()
    expect(page.get_by_label("Things to search for")).to_be_visible()


def test_they_are_forgotten_by_one_press_and_at_most_ten(page: Page) -> None:
    for number in range(11):
        ask(page, f"/?text=bell+{number}", f"“bell {number}”")
    page.goto("/")
    expect(page.locator("#about")).to_contain_text("6 clips")
    page.keyboard.press("/")
    expect(recent(page)).to_have_count(11)
    expect(recent(page).nth(9)).to_contain_text("bell 1")
    words(page).press("Escape")
    expect(recent(page)).to_have_count(0)
    words(page).press("ArrowUp")  # the list is closed
    words(page).press("ArrowDown")
    words(page).press("ArrowUp")
    words(page).press("Enter")
    assert page.evaluate("localStorage.getItem('recent')") is None
    words(page).press("ArrowDown")
    expect(recent(page)).to_have_count(0)


def test_a_clip_from_a_disk_is_not_remembered(page: Page, tmp_path: Path) -> None:
    page.set_input_files("#file", tiny_clip(tmp_path / "mine.mp4", seconds=1.0))
    expect(page.locator("#status")).to_contain_text("“mine.mp4”")
    expect(page.locator(".hit:not(.ghost)").first).to_be_visible()
    assert page.evaluate("localStorage.getItem('recent')") is None
