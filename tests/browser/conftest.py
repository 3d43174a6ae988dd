"""A real browser, or a skip that says that there is none."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

CHROMIUM = Path("/usr/bin/chromium")
OPTIONS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

expect.set_options(timeout=20_000)  # a busy machine may take longer than the 5 s that are usual


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium: it plays H.264, as the one that Playwright brings does not."""
    if not CHROMIUM.exists():
        pytest.skip(f"there is no {CHROMIUM}")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=OPTIONS)
        yield browser
        browser.close()


@pytest.fixture
def troubles() -> list[str]:
    """What the browser complains about; a test clears what it provokes."""
    return []


@pytest.fixture
def page(browser: Browser, address: str, troubles: list[str]) -> Iterator[Page]:
    """The page at a module's own `address`, which must load nothing from elsewhere and leave no complaint."""
    page = browser.new_page(base_url=address)
    page.on("console", lambda message: troubles.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: troubles.append(str(error)))
    elsewhere: list[str] = []
    page.on(
        "request", lambda request: None if request.url.startswith((address, "blob:")) else elsewhere.append(request.url)
    )
    page.goto("/")
    yield page
    page.close()
    assert troubles == []
    assert elsewhere == []
