"""Keys in a browser: made, shown once, copied, and revoked; and who may not is told."""

from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from index.catalog.keys import Grant
from index.galleries import Galleries
from service.settings import Settings
from tests.browser import beside
from tests.browser.axe import violations


@pytest.fixture(scope="module")
def secrets(library: Path) -> dict[str, str]:
    """A key of an administrator, and one to look with."""
    with closing(Galleries.open(library)) as galleries:
        made = {"ada": Grant("ada", ("admin",)), "eve": Grant("eve", ("search",))}
        return {name: galleries.keys.create(grant)[0] for name, grant in made.items()}


@pytest.fixture(scope="module")
def settings(library: Path, secrets: dict[str, str]) -> Settings:
    return Settings(data=library, keys="required", job_workers=0)


def enter(page: Page, secret: str, troubles: list[str]) -> None:
    """Sign in, and open the keys."""
    page.evaluate("key => fetch('/v1/session', {method: 'POST', headers: {Authorization: `Bearer ${key}`}})", secret)
    page.goto("/keys")
    troubles.clear()


@pytest.mark.parametrize("width", [390, 1280])
def test_a_key_is_made_told_once_and_revoked(
    page: Page, address: str, secrets: dict[str, str], troubles: list[str], width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    enter(page, secrets["ada"], troubles)
    expect(page.get_by_role("listitem").filter(has_text="yours")).to_contain_text("ada")
    page.get_by_role("button", name="New key").click()
    asking = page.get_by_role("dialog", name="A new key")
    asking.get_by_label("Name").fill("ada")
    asking.get_by_role("button", name="Make it").click()
    expect(asking.get_by_role("alert")).to_contain_text("ada")
    asking.get_by_label("Name").fill(f"camera-{width}")
    asking.get_by_label("observe").check()
    asking.get_by_label("demo").check()
    assert violations(page) == []
    asking.get_by_role("button", name="Make it").click()
    made = page.get_by_role("dialog", name=f"The key of camera-{width}")
    expect(made).to_contain_text("shown this once")
    page.keyboard.press("Escape")
    expect(made).to_be_visible()
    made.get_by_role("button", name="Copy").click()
    expect(made.get_by_role("status")).to_have_text("Copied.")
    secret = page.evaluate("navigator.clipboard.readText()")
    who = beside.get(f"{address}/v1/session", headers={"Authorization": f"Bearer {secret}"}).json()
    assert who == {"name": f"camera-{width}", "scopes": ["observe", "search"], "galleries": ["demo"]}
    assert violations(page) == []
    made.get_by_role("button", name="I have kept it").click()
    assert secret not in page.content()
    page.get_by_role("button", name=f"Revoke camera-{width}").click()
    page.get_by_role("dialog").get_by_role("button", name="Revoke it").click()
    page.get_by_text("revoked or expired").click()
    past = page.get_by_role("list", name="Keys that count no more")
    expect(past).to_contain_text(f"camera-{width}")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    troubles.clear()


def test_who_may_not_see_keys_or_the_status_is_told_so(
    page: Page, secrets: dict[str, str], troubles: list[str]
) -> None:
    enter(page, secrets["eve"], troubles)
    expect(page.locator(".forbidden")).to_contain_text("admin")
    expect(page.get_by_role("button", name="New key")).to_be_hidden()
    page.goto("/status")
    expect(page.locator(".forbidden")).to_contain_text("observe")
    page.goto("/bundles")
    expect(page.get_by_role("heading", name="tiny")).to_be_visible()
    expect(page.get_by_role("button", name="Add a bundle")).to_be_hidden()
    troubles.clear()


def test_where_there_is_none_one_can_be_made(page: Page, secrets: dict[str, str], troubles: list[str]) -> None:
    page.goto("/keys")
    expect(page.get_by_role("dialog", name="Sign in with a key")).to_be_visible()
    assert violations(page) == []
    page.route("**/v1/keys", lambda route: route.fulfill(json={"keys": []}))
    enter(page, secrets["ada"], troubles)
    page.get_by_role("status").get_by_role("button", name="Make a key").click()
    expect(page.get_by_role("dialog", name="A new key")).to_be_visible()
