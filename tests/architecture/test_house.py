"""The house as docs/architecture.md draws it is the house that stands."""

import re
from collections.abc import Iterator

from tests.documents import DOCS, ROOT, examples

NAME = re.compile(r"[\w{},*/]+\.(?:py|toml)")
ROOM = re.compile(r" {4,6}([\w/]+)/ ")


def spelled(name: str) -> Iterator[str]:
    """Every name that one with braces stands for."""
    before, brace, rest = name.partition("{")
    inner, _, after = rest.partition("}")
    return (f"{before}{each}{after}" for each in inner.split(",")) if brace else iter([name])


def floors() -> dict[str, str]:
    """What is drawn of each floor."""
    drawing = next(each.text for each in examples(DOCS / "architecture.md") if each.language == "")
    split = re.split(r"^(\w+)/ ", drawing, flags=re.MULTILINE)[1:]
    return dict(zip(split[::2], split[1::2], strict=True))


def drawn() -> Iterator[tuple[str, str]]:
    """Every file that is named, with the room it is drawn in: the last one that began, and its floor's own else."""
    for floor, said in floors().items():
        room = floor
        for line in said.splitlines():
            if found := ROOM.match(line):
                room = f"{floor}/**/{found[1]}"
            elif re.match(r" {4}\w", line):
                room = floor
            yield from ((room, each) for name in NAME.findall(line) for each in spelled(name))


def test_every_floor_is_drawn() -> None:
    assert {path.parent.name for path in ROOT.glob("*/__init__.py")} <= floors().keys()


def test_what_is_drawn_stands_where_it_is_drawn() -> None:
    within = [(room, name) for room, name in drawn() if not any(ROOT.glob(f"{room}/{name}"))]
    assert [(room, name) for room, name in within if "**" not in room or not any(ROOT.glob(f"{room}/**/{name}"))] == []


def test_every_room_of_the_service_is_drawn() -> None:
    rooms = {each.parent.name for each in (ROOT / "service").glob("*/__init__.py")}
    assert rooms - set(re.findall(r"^ {4}(\w+)/", floors()["service"], re.MULTILINE)) == set()
