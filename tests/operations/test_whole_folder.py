"""The whole folder backed up beside a running service, by the document's commands, and restored by them."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

import httpx

from tests.operations.place import RESTORED, Place, add, hits
from tests.unit.service.asking import DEMO
from tests.unit.service.waiting import until_true

LATE, GONE = 900, 901
"""Clips that are added after the back-up, and deleted in the middle of it."""


@contextmanager
def adding(client: httpx.Client, folder: Path) -> Iterator[list[str]]:
    """Somebody who adds one clip after another until the block ends: their ids."""
    enough, added = Event(), list[str]()

    def go_on() -> None:
        while not enough.wait(0.05):
            added.append(add(client, folder, len(added) + 10))

    adder = Thread(target=go_on)
    adder.start()
    try:
        yield added
    finally:
        enough.set()
        adder.join()


def clips(found: dict[tuple[str, str], float]) -> set[str]:
    """Which ones are among hits."""
    return {clip for _, clip in found}


def grow_old(media: Path) -> None:
    """As an hour later."""
    for each in media.rglob("*"):
        if each.is_file():
            os.utime(each, (0, 0))


def test_a_folder_that_is_backed_up_while_clips_are_added_is_restored_whole(place: Place) -> None:
    with place.serving() as client:
        before = {add(client, place.folder, number) for number in range(2)}
        with adding(client, place.folder) as added:
            for _ in place.back_up():
                so_far = len(added)
                until_true(lambda so_far=so_far: len(added) > so_far)  # type: ignore[misc]
        late = add(client, place.folder, LATE)
        answered = hits(client)
    (*commands, verify) = place.restoring()
    for command in commands:
        place.told(command)
    assert place.findings().keys() == {"stray"}  # files of clips that were added after the catalog and before the media

    grow_old(place.folder / RESTORED / "media")
    with place.serving(RESTORED) as client:
        found = hits(client)
        assert found == {each: score for each, score in answered.items() if each[1] in clips(found)}
        assert before <= clips(found) < clips(answered)
        assert late not in clips(found)
        assert client.get(f"{DEMO}/clips/{late}").status_code == 404
        assert client.get("/readyz").status_code == 200
        for clip in before:
            assert client.get(f"{DEMO}/clips/{clip}/media").status_code == 200
    place.told(verify)


def test_a_clip_that_was_deleted_between_the_catalog_and_the_media_is_named_and_can_be_deleted_again(
    sqlite_place: Place,
) -> None:
    with sqlite_place.serving() as client:
        gone = add(client, sqlite_place.folder, GONE)
        for command in sqlite_place.back_up():
            if "VACUUM" in command:
                assert client.delete(f"{DEMO}/clips/{gone}").status_code == 204
    (copy, verify) = sqlite_place.restoring()
    sqlite_place.told(copy)
    assert sqlite_place.findings() == {"media": f"gallery demo: clip {gone}"}
    with sqlite_place.serving(RESTORED) as client:
        assert client.delete(f"{DEMO}/clips/{gone}").status_code == 204
    sqlite_place.told(verify)
