"""Whatever is written on the pages can be read, in both looks (WCAG 2.2, 1.4.3 and 1.4.11)."""

import re

import pytest

from service.web.files import WEB

TEXT, EDGE = 4.5, 3.0
"""The least contrast of text, and of what can be pressed or typed in, with what is around it."""
TOKENS = re.findall(r"--([\w-]+): light-dark\((#\w{6}), (#\w{6})\)", (WEB / "style" / "tokens.css").read_text())
COLOURS = {name: (light, dark) for name, light, dark in TOKENS}
WRITTEN = {
    "ink": ("page", "card", "sunk", "raised", "sight-wash", "sound-wash", "bad-wash"),
    "soft": ("page", "card", "sunk", "sight-wash", "sound-wash"),
    "sight": ("page", "card", "sunk", "sight-wash"),
    "sound": ("page", "card", "sunk", "sound-wash"),
    "seen": ("page", "card"),
    "unseen": ("page", "card"),
    "good": ("page", "card", "sunk"),
    "bad": ("page", "card", "bad-wash"),
    "page": ("ink",),
}
"""What is written in which colour, and on what."""


def contrast(one: str, other: str) -> float:
    """How far two colours are from each other, 1 to 21; symmetric."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    """Relative luminance of #rrggbb, as WCAG 2.2 defines it."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_black_on_white_is_as_far_as_it_gets() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


@pytest.mark.parametrize("look", [0, 1], ids=["light", "dark"])
def test_text_can_be_read_on_all_that_it_is_written_on(look: int) -> None:
    pairs = [(text, ground) for text, grounds in WRITTEN.items() for ground in grounds]
    found = {pair: contrast(COLOURS[pair[0]][look], COLOURS[pair[1]][look]) for pair in pairs}
    assert {pair: each for pair, each in found.items() if each < TEXT} == {}


@pytest.mark.parametrize("look", [0, 1], ids=["light", "dark"])
def test_where_fields_end_can_be_seen(look: int) -> None:
    assert min(contrast(COLOURS["edge"][look], COLOURS[ground][look]) for ground in ("page", "card")) >= EDGE


def test_no_other_style_names_a_colour() -> None:
    found = {
        path.name: re.findall(r"#[0-9a-fA-F]{3,8}\b(?!:)", path.read_text())
        for path in (WEB / "style").glob("*.css")
        if path.name != "tokens.css"
    }
    assert {name: each for name, each in found.items() if each} == {}
