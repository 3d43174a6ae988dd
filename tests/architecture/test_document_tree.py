"""The documents are one tree: links lead somewhere, and one page names them all."""

import re
from pathlib import Path

import pytest

from tests.documents import DOCS, PAGES, ROOT, anchors, examples

DOCUMENTS = sorted(str(path.relative_to(ROOT)) for path in (*ROOT.glob("*.md"), *DOCS.glob("**/*.md")))


@pytest.mark.parametrize("document", DOCUMENTS)
def test_links_between_documents_lead_to_headings_that_there_are(document: str) -> None:
    here = ROOT / document
    links = [link for link in re.findall(r"\]\(([^)\s]+)\)", here.read_text()) if "://" not in link]
    assert [link for link in links if not _leads(here, *link.partition("#")[::2])] == []


def _leads(here: Path, path: str, anchor: str) -> bool:
    there = here.parent / path if path else here
    return there.exists() and (not anchor or anchor in anchors(there.read_text()))


def test_the_page_of_pages_names_each_page_once() -> None:
    named = re.findall(r"^\| \[[^]]+\]\(([a-z-]+\.md)\) \| .+ \|$", (DOCS / "README.md").read_text(), re.MULTILINE)
    assert sorted(named) == [path.name for path in PAGES if path.name != "README.md"]


def test_the_readme_leads_to_the_page_of_pages() -> None:
    assert "(docs/README.md)" in (ROOT / "README.md").read_text()


OPTION = re.compile(r"(?<= )--?[a-z][a-z-]*")


@pytest.mark.parametrize("document", ["README.md", *(f"docs/{path.name}" for path in PAGES)])
def test_every_option_of_a_command_that_is_shown_is_documented(document: str) -> None:
    known = (DOCS / "command-line.md").read_text()
    shown = [line for each in examples(ROOT / document) for line in each.text.splitlines()]
    used = {
        option for line in shown if re.match(r"sightsound ", line) for option in OPTION.findall(line.split(" #")[0])
    }
    assert {option for option in used if f"`{option}" not in known} == set()
