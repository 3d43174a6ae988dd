"""Vocabularies in the catalog, on SQLite and on PostgreSQL."""

from threading import Barrier, Thread

import pytest

from index.catalog.database import Database
from index.catalog.vocabularies import NamedClass, VocabularyRow
from index.vocabularies import Vocabularies
from models.errors import InvalidInput, PreconditionFailed, QueryInvalid, SightsoundError, VocabularyNotFound

BELL, DRUM, RAIN = NamedClass("a bell", True), NamedClass("a drum", False), NamedClass("rain")


@pytest.fixture
def vocabularies(database: Database) -> Vocabularies:
    return Vocabularies(database)


def anyhow(now: VocabularyRow | None) -> None:
    """Nothing is refused."""


def test_a_vocabulary_is_as_it_was_put(vocabularies: Vocabularies) -> None:
    made = vocabularies.put("kitchen", [RAIN, BELL, DRUM], check=anyhow)
    assert vocabularies.get("kitchen") == made
    assert (made.classes, made.version) == ((RAIN, BELL, DRUM), 1)
    assert made.made_at == made.changed_at > 0


def test_putting_replaces_all_and_counts_changes_only(vocabularies: Vocabularies) -> None:
    made = vocabularies.put("kitchen", [BELL, DRUM], check=anyhow)
    assert vocabularies.put("kitchen", [BELL, DRUM], check=anyhow) == made
    changed = vocabularies.put("kitchen", [DRUM], check=anyhow)
    assert (changed.classes, changed.version, changed.made_at) == ((DRUM,), 2, made.made_at)
    assert vocabularies.put("kitchen", [NamedClass("a drum", True)], check=anyhow).version == 3


def test_spaces_around_and_within_names_are_tidied(vocabularies: Vocabularies) -> None:
    made = vocabularies.put("kitchen", [NamedClass("  a   bell ")], check=anyhow)
    assert made.classes == (NamedClass("a bell"),)


def test_what_is_deleted_is_gone_and_starts_anew(vocabularies: Vocabularies) -> None:
    before = vocabularies.put("kitchen", [BELL], check=anyhow)
    vocabularies.put("kitchen", [DRUM], check=anyhow)
    vocabularies.remove("kitchen", check=anyhow)
    with pytest.raises(VocabularyNotFound, match="'kitchen'"):
        vocabularies.get("kitchen")
    with pytest.raises(VocabularyNotFound, match="'kitchen'"):
        vocabularies.remove("kitchen", check=anyhow)
    again = vocabularies.put("kitchen", [BELL], check=anyhow)
    assert (again.version, again.made_at > before.made_at) == (1, True)


def test_pages_in_the_order_of_names_show_each_once(vocabularies: Vocabularies) -> None:
    for name in ("b", "a", "d", "c"):
        vocabularies.put(name, [BELL], check=anyhow)
    first = vocabularies.page(after="", limit=3)
    rest = vocabularies.page(after=first[-1].name, limit=3)
    assert [[each.name for each in page] for page in (first, rest)] == [["a", "b", "c"], ["d"]]


def test_what_a_check_refuses_is_left_as_it_is(vocabularies: Vocabularies) -> None:
    seen: list[VocabularyRow | None] = []

    def refuse(now: VocabularyRow | None) -> None:
        seen.append(now)
        raise PreconditionFailed("no")

    with pytest.raises(PreconditionFailed):
        vocabularies.put("kitchen", [BELL], check=refuse)
    made = vocabularies.put("kitchen", [BELL], check=anyhow)
    with pytest.raises(PreconditionFailed):
        vocabularies.put("kitchen", [DRUM], check=refuse)
    with pytest.raises(PreconditionFailed):
        vocabularies.remove("kitchen", check=refuse)
    assert seen == [None, made, made]
    assert vocabularies.get("kitchen") == made


@pytest.mark.parametrize("name", ["", ".hidden", "a b", "x" * 65, "../up", "é"])
def test_a_name_that_is_none_is_refused(vocabularies: Vocabularies, name: str) -> None:
    with pytest.raises(InvalidInput, match="1 to 64 letters"):
        vocabularies.put(name, [BELL], check=anyhow)


@pytest.mark.parametrize(
    ("classes", "word"), [([], "no class"), ([" "], "empty"), (["A  Bell", "rain", "a bell"], "twice")]
)
def test_classes_that_are_none_empty_or_there_twice_are_refused(
    vocabularies: Vocabularies, classes: list[str], word: str
) -> None:
    with pytest.raises(QueryInvalid, match=word):
        vocabularies.put("kitchen", [NamedClass(each) for each in classes], check=anyhow)


def test_of_several_that_change_what_they_have_seen_one_does(vocabularies: Vocabularies) -> None:
    made = vocabularies.put("kitchen", [RAIN], check=anyhow)
    refused: list[SightsoundError] = []
    ready = Barrier(4)

    def expect(now: VocabularyRow | None) -> None:
        if now != made:
            raise PreconditionFailed("changed")

    def change(number: int) -> None:
        ready.wait()
        try:
            vocabularies.put("kitchen", [NamedClass(f"of {number}")], check=expect)
        except SightsoundError as error:
            refused.append(error)

    threads = [Thread(target=change, args=(number,)) for number in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert [type(each) for each in refused] == [PreconditionFailed] * 3
    assert vocabularies.get("kitchen").version == 2
