"""The page of a clip: seen and heard, searched with, changed by two at once, handed on, deleted."""

import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser import beside
from tests.browser.axe import violations
from tests.browser.moving import MOVED, WATCH
from tests.tiny.clips import tiny_clip
from tests.tiny.images import image

DEMO = "/v1/galleries/demo/clips"
PATCHED = """async ([before, after]) => (await import("/web/modules/clip/patch.js")).patch(before, after)"""
PATCHES: list[tuple[dict[str, Any], dict[str, Any], dict[str, Any]]] = [
    ({"a": 1}, {"a": 1}, {}),
    ({"a": 1, "b": 2}, {"b": 3}, {"a": None, "b": 3}),
    ({"a": {"b": 1, "c": 2}}, {"a": {"b": 1}}, {"a": {"c": None}}),
    ({"a": [1, 2]}, {"a": [2]}, {"a": [2]}),
    ({"a": {"b": 1}}, {"a": 1}, {"a": 1}),
    ({}, {"constructor": 1}, {"constructor": 1}),
]
NO_CLIPBOARD = "Object.defineProperty(navigator, 'clipboard', { value: undefined })"


def added(address: str, path: Path, **said: Any) -> str:
    """Put a clip into the gallery; the address of its page."""
    answer = beside.post(f"{address}{DEMO}", files={"file": (path.name, path.read_bytes())}, data=said)
    return f"/galleries/demo/clips/{answer.raise_for_status().json()['id']}"


@pytest.fixture
def clip(address: str, tmp_path: Path) -> Iterator[str]:
    """The page of a clip of a test's own."""
    at = added(address, tiny_clip(tmp_path / "one.mp4", seconds=1.0, tone_hz=611.0), labels=["a tone"])
    yield at
    beside.delete(f"{address}/v1{at}")


def now(address: str, clip: str) -> Any:
    return beside.get(f"{address}/v1{clip}").raise_for_status().json()


def ready(page: Page) -> None:
    page.wait_for_function("() => document.querySelector('#watched video')?.readyState > 0")


def test_a_clip_is_opened_from_its_gallery_played_and_searched_with(page: Page) -> None:
    page.goto("/galleries/demo?label=dog+barking")
    page.locator("#tiles a").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("dog barking")
    expect(page).to_have_title("dog barking · Sightsound")
    ready(page)
    expect(page.locator(".strip i")).to_be_hidden()
    page.evaluate("document.querySelector('#watched video').play()")
    expect(page.locator(".strip i")).to_be_visible()
    ways = page.locator("#ways a:visible")
    expect(ways).to_have_text(
        ["Pictures that go with its sound", "Sounds that go with its pictures", "What it is, class by class"]
    )
    ways.first.click()
    expect(page.locator("#status")).to_contain_text("sound → pictures")
    expect(page.locator(".hit:not(.ghost)")).not_to_have_count(0)
    page.go_back()
    page.get_by_role("link", name="What it is").click()
    expect(page.locator("#bars li")).not_to_have_count(0)
    page.go_back()
    page.get_by_role("link", name="All clips").click()
    expect(page.locator("#tiles a")).not_to_have_count(0)


@pytest.mark.parametrize("width", [390, 1280])
def test_little_moves_when_a_clip_comes(page: Page, clip: str, width: int) -> None:
    page.add_init_script(WATCH)
    page.set_viewport_size({"width": width, "height": 850})
    page.goto(clip)
    ready(page)
    expect(page.locator(".strip")).to_be_visible()
    assert page.evaluate(MOVED) < 0.05


def test_windows_of_a_long_clip_are_played_each(page: Page, address: str, tmp_path: Path) -> None:
    at = added(address, tiny_clip(tmp_path / "long.mp4", seconds=23.0))
    page.goto(f"{at}?at=6")
    ready(page)
    windows = page.locator("#windows button")
    expect(windows).to_have_count(len(now(address, at)["windows"]))
    expect(windows.nth(1)).to_have_attribute("aria-current", "true")
    expect(page.locator("#windows [aria-current=true]")).to_have_count(1)
    page.evaluate("document.querySelector('#watched video').playbackRate = 4")  # at 8 a stall of 1.2 s is a window
    windows.first.click()
    expect(windows.first).to_have_attribute("aria-current", "true")
    page.wait_for_function("() => document.querySelector('#watched video').paused", timeout=30_000)
    assert 10 <= page.evaluate("document.querySelector('#watched video').currentTime") < 20
    windows.last.click()
    expect(windows.last).to_have_attribute("aria-current", "true")
    page.locator(".strip").click(position={"x": 2, "y": 20})
    expect(windows.first).to_have_attribute("aria-current", "true")
    beside.delete(f"{address}/v1{at}")


def test_a_sound_is_drawn_an_image_shown_and_what_cannot_be_played_told(
    page: Page, address: str, tmp_path: Path, troubles: list[str]
) -> None:
    sound = added(address, tiny_clip(tmp_path / "sound.mp4", seconds=1.0, pictures=False))
    page.goto(sound)
    expect(page.locator("#watched")).to_contain_class("sounding")
    expect(page.locator(".strip")).to_be_visible()
    expect(page.locator("#about")).to_have_text("sound · 1.0 s · gallery demo")
    expect(page.get_by_text("no pictures")).to_be_visible()
    expect(page.locator("#ways a:visible").first).to_have_text("Pictures that go with its sound")
    still = added(address, image(tmp_path / "blue.png", np.full((48, 64, 3), (30, 30, 200), np.uint8)))
    page.goto(still)
    expect(page.get_by_role("img", name="blue.png")).to_be_visible()
    expect(page.locator("#watched video")).to_be_hidden()
    assert troubles == []
    page.route("**/preview", lambda route: route.abort())
    page.goto(sound)
    expect(page.get_by_text("cannot show it here")).to_be_visible()
    troubles.clear()
    for each in (sound, still):
        beside.delete(f"{address}/v1{each}")


def test_what_is_said_of_a_clip_is_changed(page: Page, address: str, clip: str) -> None:
    beside.patch(f"{address}/v1{clip}", json={"metadata": {"place": {"city": "Ulm", "zip": 1}, "year": 1999}})
    page.goto(clip)
    page.get_by_label("Labels").fill("a tone\nlong, even")
    page.get_by_label("Metadata").fill("{not json")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert").filter(has_text="The metadata are no JSON object.")).to_be_visible()
    expect(page.get_by_label("Metadata")).to_be_focused()
    expect(page.get_by_label("Metadata")).to_have_attribute("aria-invalid", "true")
    assert violations(page) == []
    page.get_by_label("Metadata").fill('{"place": {"city": "Ulm"}}')
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_have_text("a tone, long, even")
    assert now(address, clip)["labels"] == ["a tone", "long, even"]
    assert now(address, clip)["metadata"] == {"place": {"city": "Ulm"}}


def test_a_patch_says_what_is_another_and_nothing_else(page: Page) -> None:
    assert [page.evaluate(PATCHED, [before, after]) for before, after, _ in PATCHES] == [each[2] for each in PATCHES]


def clash(page: Page) -> Locator:
    return page.get_by_role("alert").filter(has_text="Somebody else has changed this clip meanwhile.")


def test_of_two_who_change_a_clip_neither_overwrites_what_they_have_not_seen(
    page: Page, address: str, clip: str, troubles: list[str]
) -> None:
    page.goto(clip)
    labels, name, save = page.get_by_label("Labels"), page.get_by_label("Name"), page.get_by_role("button", name="Save")
    labels.fill("mine")
    beside.patch(f"{address}/v1{clip}", json={"name": "theirs.mp4"})
    save.click()
    expect(clash(page)).to_contain_text("Save again to have both.")
    expect(name).to_have_value("theirs.mp4")
    assert now(address, clip)["labels"] == ["a tone"]
    save.click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    expect(clash(page)).to_have_count(0)
    assert (now(address, clip)["labels"], now(address, clip)["name"]) == (["mine"], "theirs.mp4")
    for theirs, pressed, outcome in (("theirs", "Take theirs", "theirs"), ("theirs again", "Save", "mine too")):
        beside.patch(f"{address}/v1{clip}", json={"labels": [theirs]})
        labels.fill("mine too")
        save.click()
        told = f"yours takes the place of theirs: Labels {theirs}"
        expect(clash(page)).to_contain_text(told, use_inner_text=True)
        assert violations(page) == []
        page.get_by_role("button", name=pressed).click()
        expect(clash(page)).to_have_count(0)
        expect(labels).to_have_value(outcome)
    assert now(address, clip)["labels"] == ["mine too"]
    assert {"412" in each for each in troubles} == {True}
    troubles.clear()


def test_only_what_was_seen_is_deleted(page: Page, address: str, clip: str, troubles: list[str]) -> None:
    clips = len(beside.get(f"{address}{DEMO}").raise_for_status().json()["clips"])
    page.goto(clip)
    page.get_by_role("button", name="Delete").click()
    dialog = page.get_by_role("dialog", name="Delete this clip?")
    dialog.get_by_role("button", name="Keep it").click()
    beside.patch(f"{address}/v1{clip}", json={"labels": ["still needed"]})
    page.get_by_role("button", name="Delete").click()
    dialog.get_by_role("button", name="Delete").click()
    expect(dialog.get_by_role("alert")).to_contain_text("Somebody else has changed this clip meanwhile.")
    expect(page.locator("h1")).to_have_text("still needed")
    assert ["412" in each for each in troubles] == [True]
    troubles.clear()
    dialog.get_by_role("button", name="Delete").click()
    expect(page).to_have_url(re.compile(r"/galleries/demo(\?|$)"))
    expect(page.locator("#tiles a")).to_have_count(clips - 1)
    page.goto(clip)
    expect(page.get_by_role("alert")).to_contain_text("There is no such clip.")
    troubles.clear()


def test_a_link_to_it_is_copied_or_there_to_be_copied_by_hand(page: Page, address: str, clip: str) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(f"{clip}?gallery=demo")
    page.get_by_role("button", name="Copy link").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == f"{address}{clip}"
    with page.expect_download() as arriving:
        page.get_by_role("link", name="Download").click()
    assert arriving.value.suggested_filename == "one.mp4"
    page.add_init_script(NO_CLIPBOARD)
    page.reload()
    page.get_by_role("button", name="Copy link").click()
    expect(page.get_by_label("Link to this clip")).to_have_value(f"{address}{clip}")


def test_who_may_only_look_changes_nothing_and_is_told_why(browser: Browser, guarded: tuple[str, str]) -> None:
    at, secret = guarded
    held = {"Authorization": f"Bearer {secret}"}
    clip = beside.get(f"{at}{DEMO}", headers=held).json()["clips"][0]["media"].removeprefix("/v1")
    with closing(browser.new_page(base_url=at)) as page:
        page.context.request.post("/v1/session", headers=held)
        page.goto(clip.removesuffix("/media"))
        expect(page.get_by_text("Changing clips takes a key with the scope ingest.")).to_be_visible()
        expect(page.get_by_label("Labels")).not_to_be_editable()
        for gone in ("Save", "Delete"):
            expect(page.get_by_role("button", name=gone)).to_be_hidden()
        assert violations(page) == []


def test_a_clip_that_cannot_be_reached_can_be_tried_again(page: Page, clip: str, troubles: list[str]) -> None:
    page.route("**/v1/galleries/demo/clips/*", lambda route: route.abort())
    page.goto(clip)
    expect(page.locator(".state.offline")).to_contain_text("The service cannot be reached.")
    page.unroute_all()
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("a tone")
    troubles.clear()
