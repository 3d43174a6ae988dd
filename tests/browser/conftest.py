"""A real browser, or a skip that says that there is none; and what it looks at, a service of each module's own."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from index.catalog.keys import Grant
from index.galleries import Galleries
from service.app import create_app
from service.settings import Settings
from tests.tiny.bundles import tiny_library
from tests.tiny.networks import staying
from tests.unit.service.running import running

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
STARTING_MS = 120_000
"""How long it may take to read the browser from its disk."""


@pytest.fixture(scope="module")
def options() -> list[str]:
    """What the browser is started with."""
    return OPTIONS


@pytest.fixture(scope="module")
def browser(options: list[str]) -> Iterator[Browser]:
    """Debian's Chromium: it plays H.264, as the one that Playwright brings does not."""
    if not CHROMIUM.exists():
        pytest.skip(f"there is no {CHROMIUM}")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=options, timeout=STARTING_MS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of a module's service."""
    return tiny_library(tmp_path_factory.mktemp("library"))


@pytest.fixture(scope="module")
def settings(library: Path) -> Settings:
    """Of a module's service, which does no jobs unless the module says otherwise."""
    return Settings(data=library, job_workers=0)


@pytest.fixture(scope="module")
def address(settings: Settings) -> Iterator[str]:
    """Of a module's service."""
    with running(create_app(settings)) as at:
        yield at


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[tuple[str, str]]:
    """The address of another service, which asks for keys and does no jobs, and a key of it to look with."""
    library = tiny_library(tmp_path / "library", clips_per_label=1)
    with closing(Galleries.open(library)) as galleries:
        secret = galleries.keys.create(Grant("ada", ("search",)))[0]
    with running(create_app(Settings(data=library, keys="required", job_workers=0))) as at:
        yield at, secret


@pytest.fixture(autouse=True)
def network() -> Iterator[None]:
    """That of the machine, as it is."""
    with staying():
        yield


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
