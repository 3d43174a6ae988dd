"""The page of jobs: what goes on is followed as it goes, and what can be done about it is offered to who may."""

import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, ViewportSize, expect

from service.app import create_app
from service.settings import Settings
from tests.browser import beside
from tests.tiny.bundles import tiny_library
from tests.tiny.clips import tiny_clip
from tests.unit.service.running import running

PHONE = ViewportSize(width=390, height=844)


@pytest.fixture(scope="module")
def settings(library: Path) -> Settings:
    return Settings(data=library, job_workers=1)


def test_a_job_is_followed_to_its_end_and_its_errors_are_told(page: Page, address: str, tmp_path: Path) -> None:
    page.goto("/jobs")
    expect(page.get_by_text("No jobs here.")).to_be_visible()
    page.set_viewport_size(PHONE)
    junk = tmp_path / "junk.mp4"
    junk.write_bytes(b"no media at all" * 100)
    clip = tiny_clip(tmp_path / "new.mp4", seconds=1.0, tone_hz=777.0)
    files = [("files", (each.name, each.read_bytes())) for each in (clip, junk)]
    beside.post(f"{address}/v1/galleries/demo/jobs/upload", files=files).raise_for_status()
    page.goto("/jobs")
    job = page.get_by_role("listitem").filter(has=page.get_by_role("link", name="Adding clips to demo"))
    expect(job).to_contain_text("Done", use_inner_text=True, timeout=60_000)  # decoders start first
    expect(job).to_contain_text("1 added", use_inner_text=True)
    expect(page.locator("#said")).to_contain_text("Adding clips to demo")
    job.get_by_text("1 not used, and why").click()
    expect(job).to_contain_text("junk.mp4 The file cannot be read as media", use_inner_text=True)
    expect(job.get_by_role("link", name="See the gallery")).to_have_attribute("href", re.compile("^/galleries/demo"))
    job.get_by_role("button", name="Do again").click()
    expect(job).to_contain_text("0 added, 1 already there", use_inner_text=True, timeout=60_000)
    job.get_by_role("link", name="Adding clips").click()
    expect(page).to_have_url(re.compile(r"job=\w+"))
    expect(page.get_by_text("Request", exact=True)).to_be_visible()
    page.get_by_role("link", name="All jobs").click()
    page.get_by_label("Kind").select_option("compact")
    expect(page.get_by_text("No jobs here.")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("link", name="Adding clips to demo")).to_be_visible()


@pytest.fixture
def waiting(tmp_path: Path) -> Iterator[str]:
    """The address of a service with two jobs that nobody does."""
    library = tiny_library(tmp_path / "library", clips_per_label=1)
    with running(create_app(Settings(data=library, job_workers=0))) as at:
        for what in ("jobs/reindex", "evaluations"):
            beside.post(f"{at}/v1/galleries/demo/{what}").raise_for_status()
        yield at


def test_what_waits_is_cancelled_and_found_by_its_state(browser: Browser, waiting: str) -> None:
    with closing(browser.new_page(base_url=waiting)) as page:
        page.goto("/jobs")
        expect(page.locator(".job .badge:visible")).to_have_text(["Waiting", "Waiting"])
        embedding = page.get_by_role("listitem").filter(has=page.get_by_role("link", name="Embedding"))
        embedding.get_by_role("button", name="Cancel").click()
        expect(embedding).to_contain_text("Cancelled", use_inner_text=True)
        page.get_by_text("Cancelled", exact=True).first.click()
        expect(page.locator(".job")).to_have_count(1)
        expect(page).to_have_url(re.compile("state=cancelled"))


def test_an_answer_that_comes_late_does_not_replace_what_was_chosen_meanwhile(browser: Browser, waiting: str) -> None:
    held: list[Route] = []
    with closing(browser.new_page(base_url=waiting)) as page:
        page.route("**/v1/jobs?limit=30", lambda route: held.append(route))
        page.goto("/jobs")
        page.get_by_text("Cancelled", exact=True).first.click()
        expect(page.get_by_text("No jobs here.")).to_be_visible()
        with page.expect_response("**/v1/jobs?limit=30") as late:
            held[0].continue_()
        late.value.finished()
        page.evaluate("new Promise((done) => setTimeout(done, 50))")  # it is read and drawn, were it so
        expect(page.locator(".job")).to_have_count(0)


def test_earlier_jobs_come_though_they_were_seen_among_others_before(browser: Browser, waiting: str) -> None:
    first, second = beside.get(f"{waiting}/v1/jobs").json()["jobs"]
    with closing(browser.new_page(base_url=waiting)) as page:
        page.goto("/jobs")
        expect(page.locator(".job")).to_have_count(2)
        page.route(
            "**/v1/jobs?state=queued&limit=30", lambda route: route.fulfill(json={"jobs": [first], "next": "on"})
        )
        page.route("**/v1/jobs?*cursor=on", lambda route: route.fulfill(json={"jobs": [second], "next": None}))
        page.get_by_text("Waiting", exact=True).first.click()
        expect(page.locator(".job")).to_have_count(1)
        page.get_by_role("button", name="Earlier jobs").click()
        expect(page.locator(".job")).to_have_count(2)


def test_who_may_not_see_jobs_is_told_so(browser: Browser, guarded: tuple[str, str]) -> None:
    address, secret = guarded
    with closing(browser.new_page(base_url=address)) as page:
        page.goto("/jobs")
        dialog = page.get_by_role("dialog", name="Sign in with a key")
        dialog.get_by_label("Key").fill(secret)
        dialog.get_by_role("button", name="Sign in").click()
        expect(page.locator(".state.forbidden")).to_contain_text("ingest")
