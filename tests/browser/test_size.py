"""How much the pages are: what a browser loads for one stays small, and each room of it too."""

import pytest

from service.routes.page import PAGES
from service.web.files import WEB, needed_by, read_all
from service.web.pages import Page

MOST_BYTES = 60 * 1024
MOST_LINES = 200


@pytest.mark.parametrize("page", PAGES.values(), ids=lambda page: page.name)
def test_all_script_and_style_of_a_page_stay_below_their_size_on_the_wire(page: Page) -> None:
    files = read_all()
    styles = [path for path in files if path.endswith(".css")]  # of all pages: some link more than their own
    sizes = {path: len(files[path].compressed) for path in {*styles, *_modules(page)}}
    assert sum(sizes.values()) < MOST_BYTES, sorted(sizes.items(), key=lambda each: -each[1])


def _modules(page: Page) -> set[str]:
    files = read_all()
    return {*needed_by("modules/frame.js", files), *needed_by(page.module, files)}


def test_every_module_is_a_small_room() -> None:
    lines = {each.name: len(each.read_text().splitlines()) for each in WEB.rglob("*.js")}
    assert {name: count for name, count in lines.items() if count >= MOST_LINES} == {}
