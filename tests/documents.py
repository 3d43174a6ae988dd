"""The documents as tests read them: all of them together, and the examples of each."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.glob("*.md"))
EVERYTHING = "\n".join(path.read_text() for path in PAGES)
"""Every page of docs/, one after the other: what is in none of them is not documented."""
_FENCED = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Example:
    """What a reader copies, and the JSON shown right after it as its answer, if any."""

    document: str
    language: str
    text: str
    answer: str | None

    def __str__(self) -> str:
        return f"{self.document}: {self.text.splitlines()[0]}"


def examples(path: Path) -> Iterator[Example]:
    """Every fenced example of a document, but the answers."""
    fenced = _FENCED.findall(path.read_text())
    for (language, text), (after, shown) in pairwise([*fenced, ("", "")]):
        if language != "json":
            yield Example(str(path.relative_to(ROOT)), language, text, shown if after == "json" else None)


def rows(name: str) -> Iterator[str]:
    """The rows, of all tables of all documents, that say what `name` is."""
    return (line for line in EVERYTHING.splitlines() if line.startswith(f"| `{name}` |"))


def anchors(text: str) -> set[str]:
    """What links into a document can name: its headings as GitHub makes addresses of them."""
    headings = re.findall(r"^#+ (.*)$", _FENCED.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
