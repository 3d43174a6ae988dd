"""A server that is sent bad files, many at once, goes on answering, and afterwards holds what it held before."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import islice
from pathlib import Path

import pytest

from index.galleries import Galleries
from index.media.store import LOCK
from index.stores import Stores
from index.verifying import verify
from tests.faults.corpus.good import GOOD, good
from tests.faults.corpus.mutants import WRITTEN, Mutant, mutants
from tests.faults.served import LOOKS, WAYS, Census, Served, Watch, faults, names, served
from tests.tiny.bundles import tiny_library
from tests.unit.service.asking import DEMO
from tests.unit.service.waiting import until_true

HANDS = 6
LARGEST_BYTES = 4_000_000
SPREAD = 6
ALIVE_S = 30.0
"""What somebody else's search may wait on a machine that is busy with other tests as well."""


@pytest.fixture(scope="module")
def hard() -> list[Mutant]:
    """Those that cost decoders most, and some of every kind."""
    written = [each for group in WRITTEN for each in mutants(group) if group not in ("references", "polyglots")]
    hungry = [each for each in mutants("ivf") if "body" in each.name or "size" in each.name or "swapped" in each.name]
    spread = [each for group in GOOD for each in islice(mutants(group), SPREAD, None, 15)]
    return [each for each in (*written, *hungry, *spread) if len(each.content) < LARGEST_BYTES]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Served]:
    (tmp_path / "spool").mkdir()
    with served(tiny_library(tmp_path / "data"), tmp_path / "spool") as found:
        yield found


def test_a_server_that_is_sent_bad_files_answers_all_and_holds_no_more_than_before(
    server: Served, hard: list[Mutant], tmp_path: Path
) -> None:
    assert len(hard) >= 300
    children = settled(server).children
    send_all(server, hard[::5], tmp_path)
    settled(server)
    until_true(lambda: Census.of(server.process).children == children)  # another begins a while after one was ended
    before, watch = Census.of(server.process), Watch(server)
    with watch.asking():
        found = send_all(server, hard, tmp_path)
    assert len([each for each in found if each in (200, 201)]) > len(hard) / 10
    assert watch.refused == []
    assert len(watch.waited_s) > 10
    assert max(watch.waited_s) < ALIVE_S

    settled(server)
    with suppress(AssertionError):  # a server ends what it did for an answer after the answer
        until_true(lambda: left_over(server, before, tmp_path / "spool") == [])
    assert left_over(server, before, tmp_path / "spool") == []
    assert server.said.read_text() == ""


def left_over(server: Served, before: Census, spool: Path) -> list[str]:
    """What the server holds that it did not hold before."""
    return [*Census.of(server.process).excesses(before), *(each.name for each in spool.iterdir())]


def send_all(server: Served, chosen: list[Mutant], hidden: Path) -> list[int]:
    """The statuses of the answers, none of which has a fault."""
    with ThreadPoolExecutor(HANDS) as hands:
        answers = list(hands.map(lambda each: (each[:2], server.send(*each)), names(chosen)))
    odd = [(*sent, fault) for sent, answer in answers for fault in faults(answer, hidden)]
    assert odd == []
    return [answer.status_code for _, answer in answers]


def settled(server: Served) -> Census:
    """What the server holds once good clips have been dealt with, so that every child that was ended is replaced."""
    for way in WAYS:
        assert server.send(way, "good.mp4", good("mp4")).status_code in (200, 201)
    return Census.of(server.process)


def test_what_was_added_of_bad_files_is_whole_can_be_looked_at_and_leaves_nothing(
    server: Served, hard: list[Mutant], tmp_path: Path
) -> None:
    sent, before = [each for each in hard if each.group in GOOD][::3], tree(tmp_path / "data")
    answers = [server.send("added", f"{each.name}.mp4", each.content) for each in sent]
    added = [answer.json()["id"] for answer in answers if answer.status_code == 201]
    assert len(added) > len(sent) / 4
    assert server.client.get(DEMO).json()["clips"] == 6 + len(added)
    looked = [server.client.get(f"{DEMO}/clips/{each}/{look}") for each in added for look in LOOKS]
    assert [fault for answer in looked for fault in faults(answer, tmp_path)] == []
    verified(tmp_path / "data")
    for each in added:
        assert server.client.delete(f"{DEMO}/clips/{each}").status_code == 204
    assert tree(tmp_path / "data") == before
    verified(tmp_path / "data")


def tree(data: Path) -> set[Path]:
    """The files of a data folder but locks and databases' own."""
    return {each for each in data.rglob("*") if each.is_file() and each.name != LOCK and ".sqlite" not in each.name}


def verified(data: Path) -> None:
    """Refuse a data folder of which anything is missing, or in which something is left over."""
    stores = Stores.open(data)
    galleries = Galleries(stores)
    try:
        assert verify(stores, galleries) == []
    finally:
        galleries.close()
