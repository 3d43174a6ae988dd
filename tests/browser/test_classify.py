"""Classifying, seen: a clip, the classes that compete, and the slider that weighs seen against new ones."""

import re
from contextlib import closing
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from index.catalog.keys import Grant
from index.galleries import Galleries
from models.bundle.manifest import ClassificationSpec
from models.bundle.store import load_manifest, save
from models.calibration import StackingCurve
from service.app import create_app
from service.settings import Settings
from tests.browser import beside
from tests.browser.axe import violations
from tests.tiny.bundles import CLASSES, SEEN, tiny_library
from tests.tiny.clips import tiny_clip
from tests.unit.service.running import running

CURVE = StackingCurve(
    betas=(-1, 0, 0.3, 2),
    seen=(1, 0.9, 0.8, 0),
    unseen=(0, 0.2, 0.6, 1),
    harmonic=(0, 0.327273, 0.685714, 0),
    clips=40,
    measured_on="40 clips of a test",
)
SEEN_CLIP = "() => document.querySelector('#preview video')?.readyState > 0"
SIZES = {"desk": (1280, 900), "phone": (360, 780)}


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With "told" too, a bundle that keeps a curve of both senses together, none of one alone."""
    library = tiny_library(tmp_path_factory.mktemp("library"))
    bundles = library / "bundles"
    made = load_manifest(bundles / "tiny")
    graphs = {name: (bundles / "tiny" / head.file).read_bytes() for name, head in made.heads.items()}
    told = made.model_copy(update={"name": "told", "classification": ClassificationSpec(curves={"av": CURVE})})
    save(bundles / "told", told, graphs, "# told\n")
    return library


@pytest.fixture(scope="module")
def address(address: str) -> str:
    """With a gallery by "told"."""
    beside.post(f"{address}/v1/galleries/demo/reindex", json={"bundle": "told", "force": True}).raise_for_status()
    beside.put(f"{address}/v1/vocabularies/kitchen", json={"classes": ["a kettle", "a pan"]}).raise_for_status()
    return address


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return tiny_clip(tmp_path / "knock.mp4", seconds=1.0)


@pytest.fixture
def stored(address: str) -> str:
    """The page of a clip of the gallery."""
    return f"/classify?clip={beside.get(f'{address}/v1/galleries/demo/clips').json()['clips'][0]['id']}"


def asked(page: Page) -> dict[str, list[str]]:
    """What the address says."""
    return parse_qs(urlsplit(page.url).query)


def names(page: Page) -> list[str]:
    return page.locator("#bars .name").all_text_contents()


def verdict(page: Page, said: str) -> Locator:
    return page.get_by_role("heading", level=2, name=said)


def test_a_clip_is_weighed_anew_in_the_browser(page: Page, clip: Path) -> None:
    page.goto("/classify")
    requests: list[str] = []
    page.on("request", lambda each: requests.append(each.url) if each.url.endswith("/v1/classify") else None)
    page.set_input_files("#file", clip)
    slider = page.get_by_label("Taken off classes that were seen")
    expect(page.locator("#bars li")).to_have_count(len(CLASSES))
    expect(page.locator("#bars li.unseen .kind")).to_have_text(["never seen"])
    page.wait_for_function(SEEN_CLIP)
    assert slider.get_attribute("aria-valuetext") == "0.300 seen 80.0 % unseen 60.0 % harmonic 68.6 %"
    slider.press("End")
    expect(verdict(page, "siren flashing")).to_be_visible()
    assert names(page)[0] == "siren flashing"
    slider.press("Home")
    expect(page.locator("#bars .name").last).to_have_text("siren flashing")
    expect(verdict(page, names(page)[0])).to_be_visible()
    assert asked(page)["beta"] == ["-1"]
    page.get_by_label("Answer only if").press("End")
    expect(verdict(page, "No class is ahead by")).to_be_visible()
    expect(page.locator("#said")).to_contain_text("No answer")
    assert asked(page)["threshold"]
    assert requests == [requests[0]]
    page.get_by_role("button", name="own").click()
    expect(page).not_to_have_url(re.compile("beta="))
    page.get_by_role("button", name="Remove the clip").click()
    expect(page.locator(".ideas a")).to_have_count(3)


def test_a_sample_is_named_by_what_it_shows_and_the_focus_goes_on_with_the_answer(page: Page) -> None:
    page.goto("/classify")
    sample = page.get_by_role("link", name="bell ringing")
    sample.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("region", name="What the clip shows")).to_be_focused()
    expect(page.locator("#clip-name")).to_have_text("bell ringing")
    expect(page.locator("#clip-name")).to_have_attribute("href", re.compile(r"/galleries/demo/clips/\w+"))
    shown = asked(page)["clip"]
    page.go_back()
    expect(sample).to_be_visible()
    page.go_forward()
    expect(page.locator("#bars li")).to_have_count(len(CLASSES))
    assert asked(page)["clip"] == shown
    page.get_by_role("button", name="Remove the clip").click()
    expect(page.locator("#file")).to_be_focused()
    expect(sample).to_be_visible()


def test_classes_are_typed_pasted_and_kept_in_the_address(page: Page, stored: str) -> None:
    page.goto(stored)
    expect(page.locator("#bars li")).to_have_count(len(CLASSES))
    page.get_by_label("Choose among").select_option("kitchen (2)")
    expect(page.locator("#bars .kind")).to_have_text(["never seen"] * 2)
    expect(page.get_by_text("All of these classes count alike")).to_be_visible()
    page.get_by_label("Choose among").select_option("My own words")
    word = page.get_by_label("Add classes")
    word.press_sequentially("rain,")
    page.evaluate(PASTE, "a drum, rolling\nRain\nBell  ringing\n")
    expect(page.locator("#bars li")).to_have_count(3)
    assert asked(page)["class"] == ["rain", "a drum, rolling", "Bell ringing"]
    page.get_by_role("button", name="Remove a drum, rolling").click()
    expect(page.locator("#bars li")).to_have_count(2)
    page.reload()
    expect(page.locator("#bars li")).to_have_count(2)
    assert {*names(page)} == {"rain", "Bell ringing"}
    expect(page.locator("#chips li")).to_have_text(["rain", "Bell ringing"])


PASTE = """(text) => {
    const clipboardData = new DataTransfer();
    clipboardData.setData("text", text);
    const event = new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true });
    document.getElementById("word").dispatchEvent(event);
}"""


@pytest.mark.parametrize("size", SIZES)
def test_the_curve_is_read_by_pointer_and_as_a_table(page: Page, stored: str, size: str) -> None:
    width, height = SIZES[size]
    page.set_viewport_size({"width": width, "height": height})
    page.goto(stored)
    reading = page.locator("#reading dd")
    expect(reading).to_have_text(["80.0 %", "60.0 %", "68.6 %"])
    expect(page.get_by_role("img", name="harmonic mean is best at 0.300: 68.6 %")).to_be_visible()
    page.wait_for_function(SEEN_CLIP)  # from here on nothing is moved from under the pointer
    box = page.locator("#drawing").bounding_box()
    assert box is not None
    page.locator("#curve").scroll_into_view_if_needed()
    page.locator("#drawing").hover(position={"x": box["width"] / 3, "y": 40}, force=True)
    expect(page.locator("#reading b")).to_have_text("0.00")
    expect(reading.first).to_have_text("90.0 %")
    page.mouse.move(0, 0)
    expect(reading.first).to_have_text("80.0 %")
    page.get_by_text("The curve as a table").click()
    rows = page.get_by_role("table").get_by_role("row")
    expect(rows.nth(2)).to_have_text("0.0090.0 %20.0 %32.7 %")
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_one_sense_is_looked_at_and_a_bundle_without_its_curve_says_so(page: Page, stored: str) -> None:
    page.goto(stored)
    page.get_by_text("Sound", exact=True).click()
    expect(page.get_by_text("This sounds like")).to_be_visible()
    expect(page.get_by_text("keeps no curve of its validation")).to_be_visible()
    expect(page.locator("#drawn")).to_be_hidden()
    page.get_by_label("Taken off classes that were seen").press("End")
    expect(verdict(page, "siren flashing")).to_be_visible()
    assert asked(page)["channel"] == ["audio"]
    page.get_by_role("button", name="Copy").click()
    expect(page.locator("#text:visible, #copy:has-text('Copied')")).to_have_count(1)
    assert "1. siren flashing" in page.locator("#text").input_value()
    assert page.url in page.locator("#text").input_value()


def test_a_file_that_is_no_clip_is_told_and_another_one_goes_on(
    page: Page, clip: Path, tmp_path: Path, troubles: list[str]
) -> None:
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"no clip at all")
    page.goto("/classify")
    expect(page.locator(".ideas a")).to_have_count(3)
    page.set_input_files("#file", broken)
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_text("cannot play this format")).to_be_visible()
    troubles.clear()
    page.set_input_files("#file", clip)
    expect(page.locator("#bars li")).to_have_count(len(CLASSES))
    assert {*SEEN} == {*page.locator("#bars li.seen .name").all_text_contents()}


@pytest.mark.parametrize(
    ("scope", "heading"), [("search", "There is no gallery yet."), ("observe", "The key does not allow this.")]
)
def test_whoever_has_nothing_to_classify_by_or_may_not_is_told(
    browser: Browser, tmp_path: Path, scope: str, heading: str
) -> None:
    with closing(Galleries.open(tmp_path)) as galleries:
        key = galleries.keys.create(Grant("ada", (scope,)))[0]
    with running(create_app(Settings(data=tmp_path, keys="required", job_workers=0))) as at:
        page = browser.new_page(base_url=at, extra_http_headers={"Authorization": f"Bearer {key}"})
        page.goto("/classify")
        expect(page.locator("#content").get_by_role("heading", name=heading)).to_be_visible()
        page.close()
