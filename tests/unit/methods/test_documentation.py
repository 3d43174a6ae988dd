"""docs/methods.md names every method and term, and code that exists."""

import re
from pathlib import Path

import pytest

from models.methods import METHODS

ROOT = Path(__file__).parents[3]
TEXT = (ROOT / "docs/methods.md").read_text()


@pytest.mark.parametrize("name", sorted(METHODS))
def test_every_method_is_documented_with_all_its_terms(name: str) -> None:
    path = METHODS[name].build.__module__.replace(".", "/")
    section = TEXT[TEXT.index(f"{path}.py") :]
    missing = [term for term in METHODS[name].terms if f"`{term}`" not in section]
    assert missing == []


def test_every_reference_to_code_exists() -> None:
    references = re.findall(r"`([\w/]+\.py):(\w+)`", TEXT)
    assert len(references) > 15
    missing = [
        f"{path}:{name}"
        for path, name in references
        if not re.search(rf"^(def|class) {name}\b", (ROOT / path).read_text(), re.MULTILINE)
    ]
    assert missing == []
