"""Filters in SQL against a loop over the clips, on random metadata."""

import operator
from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import Any

import pytest

from index.catalog import clips, galleries
from index.catalog.database import Database
from index.catalog.filters import allowed
from index.catalog.galleries import BundleRow
from index.clips import Clip
from index.filters import Condition, Filter, Operator
from index.metadata import Json
from models.errors import QueryInvalid
from tests.unit.index.rows import clip

KEYS = ("a", "b c", "ü", "$", "0", "a.b", "[0]", "'")
VALUES: list[Json] = [
    *(None, True, False, 0, 1, -1, 7, 2**53 + 1, -(2**63), 1.0, 0.5, -0.0, 0.1, 1 / 3, 1e300, 5e-324, 1e16),
    *("", "a", "A", "b", "ab", "ä", "z", "\U0001f514", "\uffee", "1", "true", "null", "with 'quotes' \"and\" \\", "\n"),
]
ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "lt": operator.lt,
    "le": operator.le,
    "gt": operator.gt,
    "ge": operator.ge,
}
MISSING = object()


def metadata(random: Random, depth: int = 0) -> dict[str, Json]:
    return {key: value(random, depth) for key in KEYS if random.random() < 0.6}


def value(random: Random, depth: int) -> Json:
    if depth < 2 and random.random() < 0.3:
        return metadata(random, depth + 1)
    if random.random() < 0.1:
        return [value(random, 2), value(random, 2)]
    return random.choice(VALUES)


def look_up(value: object, path: tuple[str, ...]) -> object:
    for key in path:
        value = value.get(key, MISSING) if isinstance(value, dict) else MISSING
    return value


def kind(value: object) -> type:
    return float if type(value) is int else type(value)


def equal(found: object, wanted: object) -> bool:
    return kind(found) is kind(wanted) and found == wanted


def holds(condition: Condition, metadata: object) -> bool:
    found, wanted = look_up(metadata, condition.path), condition.value
    if condition.operator == "exists":
        return (found is not MISSING) is wanted
    if condition.operator in ORDER:
        return kind(found) is kind(wanted) and ORDER[condition.operator](found, wanted)
    if isinstance(wanted, tuple):
        return any(equal(found, each) for each in wanted)
    return equal(found, wanted) is (condition.operator == "eq")


def passes(filter: Filter, clip: Clip) -> bool:
    return (
        (not filter.labels_any or bool(set(filter.labels_any) & set(clip.labels)))
        and set(filter.labels_all) <= set(clip.labels)
        and all(holds(each, clip.metadata) for each in filter.metadata)
        and (filter.added_from is None or clip.added_at >= filter.added_from)
        and (filter.added_to is None or clip.added_at < filter.added_to)
        and (filter.min_duration_s is None or clip.duration_s >= filter.min_duration_s)
        and (filter.max_duration_s is None or clip.duration_s <= filter.max_duration_s)
        and (filter.clip_ids is None or clip.id in filter.clip_ids)
    )


Written = list[tuple[Clip, list[int]]]


@pytest.fixture
def written(database: Database) -> Written:
    """120 clips of the first gallery with the ids of their windows; the second has the same ones."""
    random = Random(0)
    found = [
        replace(
            clip(i, windows=1 + i % 2),
            metadata=metadata(random),
            labels=tuple(random.sample("xyz", i % 4)),
            duration_s=float(i % 8),
        )
        for i in range(120)
    ]
    with database.writing() as connection:
        keys = [galleries.create(connection, name, BundleRow("tiny", "a" * 64)) for name in ("first", "second")]
        ids = [clips.add_all(connection, key, [(each, [{}] * len(each.windows), {}) for each in found]) for key in keys]
    return list(zip(found, ids[0], strict=True))


def check(database: Database, written: Written, asked: list[Filter]) -> None:
    """Each of these filters lets the right windows through; together they let some through, and not all."""
    sizes = set()
    with database.reading() as connection:
        for filter in asked:
            expected = [window for clip, windows in written if passes(filter, clip) for window in windows]
            assert allowed(connection, galleries.key(connection, "first"), filter).tolist() == expected, filter
            sizes.add(len(expected))
    assert len(sizes) > 1


def paths(random: Random) -> tuple[str, ...]:
    return tuple(random.choices(KEYS, k=random.choice((1, 1, 1, 2, 2, 3))))


PLAIN = [each for each in VALUES if each is not None]
ORDERED = [each for each in PLAIN if not isinstance(each, bool)]


@pytest.mark.parametrize("name", ["eq", "ne", "lt", "le", "gt", "ge"])
def test_values_are_compared_as_a_loop_would(database: Database, written: Written, name: Operator) -> None:
    random = Random(1)
    values: list[Any] = PLAIN if name in ("eq", "ne") else ORDERED
    asked = [Condition(paths(random), name, each) for each in values for _ in range(4)]
    check(database, written, [Filter(metadata=(each,)) for each in asked])


def test_one_of_several_values_is_enough(database: Database, written: Written) -> None:
    random = Random(2)
    chosen: list[Any] = [tuple(random.choices(PLAIN, k=random.randint(1, 8))) for _ in range(60)]
    check(database, written, [Filter(metadata=(Condition(paths(random), "in", each),)) for each in chosen])


@pytest.mark.parametrize("there", [True, False])
def test_a_key_is_there_with_whatever_value(database: Database, written: Written, there: bool) -> None:
    random = Random(3)
    check(database, written, [Filter(metadata=(Condition(paths(random), "exists", there),)) for _ in range(60)])


def test_all_of_a_filter_holds_at_once(database: Database, written: Written) -> None:
    random = Random(4)
    moments = [None, None, *(clip.added_at for clip, _ in written)]
    ids = [clip.id for clip, _ in written]

    def some_filter() -> Filter:
        some: Any = random.choice(PLAIN)
        conditions = [Condition(paths(random), "ne", some), Condition(("a",), "exists", random.random() < 0.7)]
        return Filter(
            labels_any=tuple(random.sample("wxyz", random.choice((0, 1, 2)))),
            labels_all=tuple(random.sample("xyz", random.choice((0, 0, 1, 2)))),
            metadata=tuple(conditions[: random.choice((0, 1, 2))]),
            added_from=random.choice(moments),
            added_to=random.choice(moments),
            min_duration_s=random.choice((None, None, 2.0, 3)),
            max_duration_s=random.choice((None, None, 5.0, 6.5)),
            clip_ids=random.choice((None, (), tuple(random.sample(ids, 40)))),
        )

    check(database, written, [Filter(), *(some_filter() for _ in range(100))])


def test_text_cannot_leave_its_place_in_a_statement(database: Database, written: Written) -> None:
    odd = "x' OR '1'='1"
    with database.reading() as connection:
        for filter in (Filter(labels_any=(odd,)), Filter(metadata=(Condition((odd,), "eq", odd),))):
            assert allowed(connection, galleries.key(connection, "first"), filter).tolist() == []


@pytest.mark.parametrize(
    ("path", "name", "value", "complaint"),
    [
        ((), "eq", 1, "path is 1 to 16 keys"),
        (('a"b',), "eq", 1, "path is 1 to 16 keys"),
        (("a\\",), "eq", 1, "path is 1 to 16 keys"),
        (("a",), "like", "x", "one of eq, ne, .*found 'like'"),
        (("a",), "eq", None, "eq takes true, false, a finite number or text, found 'None'"),
        (("a",), "eq", float("nan"), "found 'nan'"),
        (("a",), "eq", 2**63, "finite number"),
        (("a",), "ne", "\0", "eq|ne takes"),
        (("a",), "lt", True, "lt takes a finite number or text, found 'True'"),
        (("a",), "in", (), "in takes 1 to 1000"),
        (("a",), "in", "abc", "in takes 1 to 1000"),
        (("a",), "in", ((1,),), "in takes 1 to 1000"),
        (("a",), "eq", (1,), "eq takes"),
        (("a",), "exists", 1, "exists takes true or false"),
    ],
)
def test_a_condition_that_cannot_hold_is_refused(path: Any, name: Any, value: Any, complaint: str) -> None:
    with pytest.raises(QueryInvalid, match=complaint):
        Condition(path, name, value)


@pytest.mark.parametrize(
    ("asked", "complaint"),
    [
        ({"labels_any": ("x",) * 1001}, "labels_any are at most 1000, found 1001"),
        ({"labels_all": (1,)}, "labels_all are text, found 1"),
        ({"clip_ids": ("x",) * 10_001}, "clip_ids are at most 10000, found 10001"),
        ({"metadata": (Condition(("a",), "eq", 1),) * 33}, "at most 32 conditions, found 33"),
        ({"added_from": float("inf")}, "seconds since the epoch, found inf"),
        ({"max_duration_s": "a day"}, "durations are seconds, found 'a day'"),
        ({"added_to": "yesterday"}, "seconds since the epoch, found 'yesterday'"),
    ],
)
def test_a_filter_that_asks_too_much_is_refused(asked: Any, complaint: str) -> None:
    with pytest.raises(QueryInvalid, match=complaint):
        Filter(**asked)
