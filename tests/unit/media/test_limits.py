"""What a file may be and cost is documented."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from models.media.limits import CODECS, CONTAINERS, Limits

DOCUMENT = (Path(__file__).parents[3] / "docs" / "media.md").read_text()


def section(title: str) -> str:
    return DOCUMENT.partition(f"## {title}\n")[2].partition("\n## ")[0]


def test_the_document_lists_the_containers_that_are_accepted() -> None:
    assert re.findall(r"^\| `(\w+)`", section("Containers"), re.MULTILINE) == list(CONTAINERS)


def test_the_document_lists_the_codecs_that_are_accepted() -> None:
    listed = [line for line in section("Codecs").splitlines() if line.startswith("- ")]
    assert tuple(re.findall(r"`(\w+)`", "".join(listed))) == CODECS


@pytest.mark.parametrize("field", [field.name for field in fields(Limits)])
def test_every_limit_is_in_the_document_with_its_default(field: str) -> None:
    (default,) = re.findall(rf"^\| `\w+` \| [^|]*`{field}`[^|]* \| ([^|]+) \|", section("Limits"), re.MULTILINE)
    value = getattr(Limits(), field)
    assert default.startswith("all above") if isinstance(value, tuple) else f"{value:.0f}" in default
