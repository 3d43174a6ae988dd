"""Images on the page: found, and searched with."""

from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from sightsound.client import Client
from tests.tiny.images import image

SHOWN = (
    "(selector) => { const each = document.querySelector(selector); return each?.complete && each.naturalWidth > 0; }"
)


@pytest.fixture(scope="module")
def picture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    stripes = np.repeat(np.random.default_rng(0).integers(0, 255, (48, 1, 3), np.uint8), 64, axis=1)
    return image(tmp_path_factory.mktemp("images") / "stripes.png", stripes)


@pytest.fixture(scope="module")
def address(address: str, picture: Path) -> str:
    with Client(address) as client:
        client.add_clip("demo", picture, labels=["stripes"])
    return address


def test_a_found_image_is_shown_and_has_nothing_to_play(page: Page) -> None:
    page.goto("/?text=stripes&to=video")
    expect(page.locator(".hit")).to_have_count(7)
    hit = page.locator(".hit", has_text="stripes")
    expect(hit).to_contain_class("seeing")
    hit.scroll_into_view_if_needed()
    page.wait_for_function(SHOWN, arg=".hit img[src$='thumbnail']")
    expect(hit.get_by_role("button", name="Look at stripes")).to_be_visible()
    expect(hit.get_by_role("button", name="Play")).to_have_count(0)
    expect(hit).to_contain_text("Image")


def test_an_image_searches_with_its_picture(page: Page, picture: Path) -> None:
    page.locator("#file").set_input_files(picture)
    page.wait_for_function(SHOWN, arg="#preview img")
    expect(page.locator("#status")).to_contain_text("the pictures of “stripes.png” · pictures → sound")
    expect(page.locator(".hit.sounding")).to_have_count(6)
