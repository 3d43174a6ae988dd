"""How much a gallery holds, as one process counts it while others change it."""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from index.catalog import changes, clips
from index.catalog.counts import Counts, counted
from index.galleries import Galleries
from index.gallery import Gallery
from index.wording import Wording
from tests.unit.index.world import add


@pytest.fixture
def there(gallery: Gallery, tmp_path: Path, catalog: str | None) -> Iterator[Gallery]:
    """The same gallery in another process, which has counted it."""
    with closing(Galleries.open(tmp_path, catalog)) as elsewhere:
        found = elsewhere.get("demo")
        found.summary()
        yield found


def true_counts(gallery: Gallery) -> tuple[int, int, dict[str, int]]:
    """Of all rows, in order."""
    with gallery._stores.database.reading() as connection:
        every = clips.listed(connection, gallery.key)
    words = sorted({label for clip in every for label in clip.labels})
    labels = {word: sum(word in clip.labels for clip in every) for word in words}
    return len(every), sum(len(clip.windows) for clip in every), labels


def told(gallery: Gallery) -> tuple[int, int, dict[str, int]]:
    found = gallery.summary()
    assert gallery.size() == (found.clips, found.windows)
    assert list(found.labels) == sorted(found.labels)
    return found.clips, found.windows, dict(found.labels)


def labelled(gallery: Gallery, clip: str, *labels: str) -> None:
    gallery.reword(clip, lambda before: Wording.of(before.name, labels, {}))


def known(gallery: Gallery) -> Counts:
    with gallery._stores.database.reading() as connection:
        return counted(connection, gallery.key, None)


def count_on(gallery: Gallery, before: Counts) -> Counts:
    with gallery._stores.database.reading() as connection:
        return counted(connection, gallery.key, before)


def test_whatever_another_process_does_is_counted(gallery: Gallery, there: Gallery, tmp_path: Path) -> None:
    first = gallery.clips()[0]

    def come_and_go() -> None:
        gallery.remove(add(gallery, tmp_path, 23).id)

    deeds: list[Callable[[], object]] = [
        lambda: add(gallery, tmp_path, 20, windows=3),
        lambda: [add(gallery, tmp_path, seed) for seed in (21, 22)],
        lambda: gallery.remove(first.id),
        lambda: add(gallery, tmp_path, 0),  # the same bytes once more
        lambda: labelled(gallery, first.id, "another"),
        lambda: labelled(gallery, first.id),
        come_and_go,
        lambda: gallery.remove_all([clip.id for clip in gallery.clips()]),
        lambda: add(gallery, tmp_path, 24),
    ]
    for deed in deeds:
        deed()
        assert told(there) == told(gallery) == true_counts(gallery)


def test_an_empty_gallery_counts_from_its_first_clip_on(galleries: Galleries, tmp_path: Path) -> None:
    gallery = galleries.create("empty", "tiny")
    assert told(gallery) == (0, 0, {})
    add(gallery, tmp_path, 1, windows=2)
    assert told(gallery) == true_counts(gallery) == (1, 2, {"label 1": 1, "thing": 1})


def test_another_gallery_is_not_counted(gallery: Gallery, galleries: Galleries, tmp_path: Path) -> None:
    before, other = told(gallery), galleries.create("other", "tiny")
    add(other, tmp_path, 1)
    add(gallery, tmp_path, 2)  # which it has
    assert told(gallery) == before


def test_where_nothing_happened_nothing_is_counted(gallery: Gallery) -> None:
    before = known(gallery)
    assert count_on(gallery, before) is before


def test_what_was_added_is_added_to_what_was_known(gallery: Gallery, tmp_path: Path) -> None:
    before = replace(known(gallery), clips=1000, windows=2000, labels={"known": 7, "thing": 1})
    add(gallery, tmp_path, 20, windows=3)
    found = count_on(gallery, before)
    assert (found.clips, found.windows, found.labels) == (1001, 2003, {"known": 7, "label 2": 1, "thing": 2})
    assert found.point == known(gallery).point
    assert found.newest == known(gallery).newest


def test_counts_of_another_history_are_not_gone_on_with(gallery: Gallery) -> None:
    right = known(gallery)
    odd = replace(right, point=changes.Point(right.point.position, right.point.token + 1), clips=1000)
    assert count_on(gallery, odd) == right
