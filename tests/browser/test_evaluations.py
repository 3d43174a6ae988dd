"""Evaluations in a browser: begun and followed, looked into, and laid side by side."""

import re
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from index.galleries import Galleries
from models.bundle.store import load_manifest
from models.media.cage import Cage
from models.media.limits import Limits
from service.encoding.encoders import Encoders
from service.evaluations.evaluations import record
from service.jobs.evaluating import Evaluate
from service.jobs.pulse import Pulse
from service.jobs.work import Workshop
from service.settings import Settings
from tests.browser import beside
from tests.tiny.bundles import tiny_bundle, tiny_library

BINS = [{"predicted": 0.05 + each / 10, "observed": each / 10, "count": 10 ** (9 - each)} for each in range(9)]
LIKELY = {"sigmoid": {"error": 0.012, "hits_error": 0.34}, "reliability": BINS}
LATER = ("labels", "worst", "confusion")
"""What reports of earlier versions do not tell."""
OLD, ODD, PERFECT, SPARE = 3, 4, 5, 6
PHONE: ViewportSize = {"width": 320, "height": 740}
DESKTOP: ViewportSize = {"width": 1280, "height": 900}


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Evaluations 1 of "tiny" and 2 of "other", which tells probabilities, and others like 1 but for one thing.

    3 is as it was told once, 4 of other clips, by 5 nothing went wrong by words, and 6 is there to be deleted.
    """
    folder = tiny_library(tmp_path_factory.mktemp("library"))
    made = load_manifest(folder / "bundles" / "tiny")
    audio, video, text = made.backbones["audio"], made.backbones["video"], made.text_encoder
    tiny_bundle(folder / "bundles" / "other", name="other", seed=1, audio=audio, video=video, text=text)
    galleries = Galleries.open(folder)
    gallery = galleries.get("demo")
    gallery.reindex("other")
    with Cage(Limits(), 1) as cage:
        workshop = Workshop(galleries, Encoders(folder / "backbones", cage))
        request = {"protocol": "gallery@1"}
        first, second = (report(workshop, {"generation": each}) for each in (1, 2))
        second["retrieval"]["audio->video"]["probability"] = LIKELY
        for number, told in enumerate(
            [first, second, without(first), {**first, "clips_sha256": "others"}, right(first), first]
        ):
            record(gallery, str(number), request=request, report=told)
    galleries.create("empty", "tiny")
    galleries.close()
    return folder


def report(workshop: Workshop, request: dict[str, Any]) -> Any:
    work = Evaluate(workshop, "demo", request, folder=Path("a-job"))
    return work.do(0, work.plan(), Pulse())["found"]["report"]


def without(told: Any) -> Any:
    if not isinstance(told, dict):
        return told
    return {name: without(each) for name, each in told.items() if name not in LATER}


def right(told: Any) -> Any:
    found = deepcopy(told)
    for each in found["retrieval"]["text->video"]["worst"]:
        each |= {"average_precision": 1.0, "rank": 1}
    return found


@pytest.fixture(scope="module")
def settings(library: Path) -> Settings:
    return Settings(data=library, job_workers=1)


def fits_a_phone(page: Page) -> bool:
    page.set_viewport_size(PHONE)
    width: int = page.evaluate("document.documentElement.scrollWidth")
    page.set_viewport_size(DESKTOP)
    return width <= PHONE["width"]


def test_an_evaluation_is_begun_followed_and_laid_beside_another(page: Page, address: str) -> None:
    told = beside.get(f"{address}/v1/galleries/demo/evaluations").raise_for_status().json()["evaluations"]
    assert len(told) in (5, 6)  # one is deleted by a test that may have run before
    page.goto("/evaluations?gallery=demo")
    runs = page.get_by_role("table").get_by_role("row")
    expect(runs).to_have_count(1 + len(told))
    assert fits_a_phone(page)
    page.get_by_role("button", name="Evaluate").click()
    dialog = page.get_by_role("dialog", name="Evaluate the gallery?")
    dialog.get_by_role("combobox", name="Generation").first.select_option("1: tiny")
    dialog.get_by_role("button", name="Evaluate").click()
    expect(runs).to_have_count(1 + len(told) + 1, timeout=60_000)  # decoders start first
    page.get_by_label("Search", exact=True).select_option("Sound → pictures")
    expect(page).to_have_url(re.compile("route=audio-%3Evideo"))
    for number in (1, 2, 7):
        page.get_by_label(f"Compare evaluation {number}").check()
    expect(page.get_by_label("Compare evaluation 1")).not_to_be_checked()
    page.get_by_role("button", name="Compare the two ticked").click()
    expect(page).to_have_url(re.compile("first=2&second=7"))
    chosen = page.get_by_role("row").filter(has=page.get_by_role("radio", checked=True))
    expect(chosen).to_contain_text("Sound → pictures")
    expect(chosen).to_contain_text(re.compile("Cannot be told apart|The same|Better by|Worse by"))
    assert fits_a_phone(page)
    page.get_by_role("link", name="The other way round").click()
    expect(page).to_have_url(re.compile("first=7&second=2"))
    page.get_by_role("radio", name="Words → pictures").check()
    page.get_by_label("Precision at each recall").press("End")
    expect(page.locator("#curves output")).to_contain_text("With 100 % found")
    page.get_by_role("link", name="2: other, generation 2").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Evaluation 2")


def test_an_evaluation_is_looked_into(page: Page) -> None:
    page.goto("/evaluations/2?gallery=demo&route=audio-%3Evideo")
    page.set_viewport_size(PHONE)  # and it stays one
    expect(page.get_by_role("radio", name="Sound → pictures")).to_be_checked()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    chance = page.locator("#routes [data-column=Chance]").first
    expect(chance).to_be_in_viewport(ratio=1)
    assert "Chance" in chance.evaluate("each => getComputedStyle(each, '::before').content")
    page.get_by_label("What is said beside what is right").press("Home")
    expect(page.locator("#calibration output")).to_have_text("Of 1,000,000,000 pairs said to be right by 5 %, 0 % are.")
    worst = page.locator("#worst a").first
    expect(worst).to_have_attribute("href", re.compile(r"to=video&clip=\w{16}&from=audio"))
    page.get_by_role("radio", name="Words → pictures").check()
    expect(page.locator("#calibration")).to_be_hidden()
    slider = page.get_by_label("Precision at each recall")
    slider.press("Home")
    expect(slider).to_have_attribute("aria-valuetext", re.compile("^With 0 % of what there is found, "))
    classes = page.get_by_role("region", name="Classes").get_by_role("row")
    expect(classes).to_have_count(1 + 3)
    by_name = page.get_by_role("columnheader", name="Class")
    by_name.get_by_role("button").click()
    expect(by_name).to_have_attribute("aria-sort", "ascending")
    expect(classes.nth(1)).to_contain_text("ball bouncing")
    page.get_by_role("radio", name="Sound", exact=True).check()
    squares = page.locator("#confusion rect")
    squares.first.hover()
    expect(page.locator("#confusion output")).to_contain_text("taken for")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download JSON").click()
    assert download.value.suggested_filename == "evaluation-2.json"
    worst.click()
    expect(page.locator(".hit")).not_to_have_count(0)
    assert re.search(r"/\?.*text=\w+.*", page.url)


def test_reports_of_earlier_versions_stay_readable(page: Page) -> None:
    page.goto(f"/evaluations/{OLD}?gallery=demo")
    expect(page.get_by_role("heading", name="What is found")).to_be_visible()
    expect(page.get_by_role("heading", name="What clips are taken for")).to_be_visible()
    for gone in ("By class", "Confusion", "The worst searches"):
        expect(page.get_by_role("heading", name=gone)).to_be_hidden()


def test_what_is_not_there_is_said(page: Page, troubles: list[str]) -> None:
    page.goto("/evaluations?gallery=empty")
    expect(page.locator("#content").get_by_role("status")).to_contain_text("Nothing has been measured yet.")
    assert troubles == []
    page.goto("/evaluations/77?gallery=demo")
    expect(page.get_by_role("alert")).to_contain_text("There is no such evaluation.")
    page.goto(f"/evaluations/compare?gallery=demo&first=1&second={ODD}")
    expect(page.get_by_role("alert")).to_contain_text("expected the same ones")
    problem = {"type": "/problems/forbidden", "title": "The key may not do this.", "status": 403, "detail": "No."}
    page.route("**/v1/galleries/demo/evaluations", lambda route: route.fulfill(status=403, json=problem))
    page.goto("/evaluations?gallery=demo")
    expect(page.locator(".state.forbidden")).to_contain_text("The key may not do this.")
    assert len(troubles) == 3
    troubles.clear()


def test_whoever_chooses_by_the_keyboard_stays_in_the_table(page: Page) -> None:
    page.goto("/evaluations/1?gallery=demo")
    first = page.get_by_role("radio", name="Words → sound", exact=True)
    first.focus()
    for _ in range(2):
        page.keyboard.press("ArrowDown")
        chosen = page.get_by_role("region", name="Retrieval").get_by_role("radio", checked=True)
        expect(chosen).to_be_focused()
    expect(first).not_to_be_checked()
    page.get_by_role("radio", name="Sound", exact=True).focus()
    page.keyboard.press("ArrowUp")
    expect(page.get_by_role("region", name="Classification").get_by_role("radio", checked=True)).to_be_focused()
    page.goto("/evaluations/compare?gallery=demo&first=1&second=2")
    page.get_by_role("radio", name="Words → sound", exact=True).focus()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("radio", checked=True)).to_be_focused()


def test_where_nothing_went_wrong_it_is_said(page: Page) -> None:
    page.goto(f"/evaluations/{PERFECT}?gallery=demo&route=text-%3Evideo")
    worst = page.get_by_role("region", name="The worst searches")
    expect(worst).to_contain_text("nothing went wrong")
    expect(page.locator("#worst li")).to_have_count(0)
    page.get_by_role("radio", name="Sound → pictures").check()
    expect(page.locator("#worst li")).not_to_have_count(0)
    expect(worst.get_by_text("nothing went wrong")).to_be_hidden()


def test_an_evaluation_is_deleted_by_who_may_and_means_it(page: Page) -> None:
    page.goto(f"/evaluations/{SPARE}?gallery=demo")
    page.get_by_role("button", name="Delete").click()
    dialog = page.get_by_role("dialog", name="Delete this evaluation?")
    expect(dialog).to_contain_text(f"Evaluation {SPARE} goes for good with its report.", use_inner_text=True)
    dialog.get_by_role("button", name="Keep it").click()
    page.get_by_role("button", name="Delete").click()
    dialog.get_by_role("button", name="Delete").click()
    expect(page).to_have_url(re.compile(r"/evaluations\?gallery=demo$"))
    expect(page.get_by_role("link", name=f"Evaluation {SPARE}", exact=True)).to_have_count(0)
    expect(page.get_by_role("link", name=f"Evaluation {PERFECT}", exact=True)).to_be_visible()
