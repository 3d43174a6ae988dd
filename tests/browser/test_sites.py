"""The pages hold nothing that their own policy would refuse, and name no other site."""

import re
from html.parser import HTMLParser

import pytest

from service.routes.page import PAGES
from service.web.files import WEB, read_all
from service.web.pages import Page, render

MADE_OF_TEXT = re.compile(
    r"\b(?:innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|createContextualFragment)\b"
    r"|\b(?:eval|new Function|cssText)\b"
    r"|setAttribute\(\s*[\"'](?:style|on\w+)"
)
"""How a script would make elements, scripts or styles of text."""
ELSEWHERE = re.compile(r"(?:https?:)?//[\w.-]+\.\w+|@import")
NAMESPACES = ("http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink")


class Refused(HTMLParser):
    """What the Content-Security-Policy of a page would stop: written into `found`."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        odd = [name for name in given if name == "style" or name.startswith("on")]
        odd += [name for name, value in given.items() if value and ELSEWHERE.search(value)]
        odd += [name for name, value in given.items() if value and value.strip().lower().startswith("javascript:")]
        inline = tag == "style" or (tag == "script" and not given.get("src"))
        self.found += [f"<{tag} {name}>" for name in odd] + [f"<{tag}> without src"] * inline


@pytest.mark.parametrize("page", PAGES.values(), ids=lambda page: page.name)
def test_no_page_holds_what_its_policy_refuses(page: Page) -> None:
    reader = Refused()
    reader.feed(render(page, read_all(), version="0"))
    assert reader.found == []


def test_no_script_makes_elements_of_text() -> None:
    found = {each.name: MADE_OF_TEXT.findall(each.read_text()) for each in WEB.rglob("*.js")}
    assert {name: each for name, each in found.items() if each} == {}


def test_no_file_names_another_site() -> None:
    found = {path: ELSEWHERE.findall(_own(file.content.decode())) for path, file in read_all().items()}
    assert {path: each for path, each in found.items() if each} == {}


def _own(text: str) -> str:
    for each in NAMESPACES:
        text = text.replace(each, "")
    return text
