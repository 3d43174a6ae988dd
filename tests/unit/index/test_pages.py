"""Pages of a catalog's clips while clips come and go between them."""

from random import Random

import pytest

from index.catalog import clips, galleries
from index.catalog.database import Database
from index.catalog.galleries import BundleRow
from index.filters import Filter
from tests.unit.index.rows import clip

SEEDS = range(4)
ASKED = (None, Filter(labels_any=("thing", "label 1")))


@pytest.fixture
def gallery(database: Database) -> int:
    with database.writing() as connection:
        return galleries.create(connection, "demo", BundleRow("tiny", "0" * 64))


@pytest.mark.parametrize("among", ASKED)
def test_what_stays_is_shown_once_and_in_order_whatever_comes_and_goes(
    database: Database, gallery: int, among: Filter | None
) -> None:
    made = 0
    for seed in SEEDS:
        chance = Random(seed)
        made = _changed(database, gallery, chance, made=made, most=5)
        before = _all(database, gallery, among)
        shown, at = list[str](), 0
        while found := _page(database, gallery, among, after=at, limit=chance.randint(1, 3)):
            shown += [each for _, each in found]
            at = found[-1][0]
            made = _changed(database, gallery, chance, made=made, most=1)
        after = _all(database, gallery, among)
        assert len(set(shown)) == len(shown)
        assert [each for each in shown if each in before] == [each for each in before if each in shown]
        assert [each for each in before if each in after] == [each for each in shown if each in {*before} & {*after}]


def _changed(database: Database, gallery: int, chance: Random, *, made: int, most: int) -> int:
    """Some clips come and one may go; returns how many were ever made."""
    new = [clip(made + i) for i in range(chance.randint(0, most))]
    with database.writing() as connection:
        for each in new:
            clips.add(connection, gallery, each)
        there = clips.listed(connection, gallery)
        if there and chance.random() < 0.6:
            clips.remove_all(connection, gallery, [chance.choice(there).id])
    return made + len(new)


def _all(database: Database, gallery: int, among: Filter | None) -> list[str]:
    return [each for _, each in _page(database, gallery, among, after=0, limit=1000)]


def _page(database: Database, gallery: int, among: Filter | None, *, after: int, limit: int) -> list[tuple[int, str]]:
    with database.reading() as connection:
        found = clips.page(connection, gallery, among, after=after, limit=limit)
        return [(key, each.id) for key, each in found]
