"""A service that asks for keys, in a browser: one is asked for, kept out of reach, and goes with all that is shown."""

from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from index.catalog.keys import Grant
from index.galleries import Galleries
from service.settings import Settings


@pytest.fixture(scope="module")
def secret(library: Path) -> str:
    """A key to look with."""
    with closing(Galleries.open(library)) as galleries:
        return galleries.keys.create(Grant("ada", ("search",)))[0]


@pytest.fixture(scope="module")
def settings(library: Path, secret: str) -> Settings:
    return Settings(data=library, keys="required", job_workers=0)


def hand(page: Page, key: str) -> None:
    dialog = page.get_by_role("dialog", name="Sign in with a key")
    dialog.get_by_label("Key").fill(key)
    dialog.get_by_role("button", name="Sign in").click()


def test_a_key_is_asked_for_and_then_all_goes_on(page: Page, secret: str, troubles: list[str]) -> None:
    page.goto("/?text=bell&to=video")
    hand(page, "sightsound_" + "0" * 64)
    expect(page.get_by_role("dialog").get_by_role("alert")).to_contain_text("none of this service")
    hand(page, secret)
    expect(page.locator(".hit")).to_have_count(6)
    page.wait_for_function("() => [...document.querySelectorAll('video')].some((each) => each.readyState > 1)")
    expect(page.locator("#who")).to_have_text("ada")
    assert secret not in page.evaluate("JSON.stringify([document.cookie, {...localStorage}, {...sessionStorage}])")
    page.get_by_role("button", name="More", exact=True).click()
    expect(page.get_by_role("link", name="Galleries")).to_be_visible()
    expect(page.get_by_role("link", name="Keys")).to_be_hidden()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("dialog", name="Sign in with a key")).to_be_visible()
    assert {"401" in each for each in troubles} == {True}
    troubles.clear()


def test_whoever_gives_up_is_told_and_can_sign_in_later(page: Page, secret: str, troubles: list[str]) -> None:
    page.goto("/?text=bell&to=video")
    page.get_by_role("button", name="Not now").click()
    expect(page.locator("#trouble")).to_contain_text("A key is needed here.")
    page.get_by_role("banner").get_by_role("button", name="Sign in").click()
    hand(page, secret)
    expect(page.locator(".hit")).to_have_count(6)
    troubles.clear()
