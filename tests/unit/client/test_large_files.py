"""Files of any size come and go without being in memory, and are at their place whole or not at all."""

import os
import pickle
import tracemalloc
from collections.abc import AsyncIterator, Callable, Iterator
from io import BytesIO
from pathlib import Path

import anyio
import httpx
import pytest

from sightsound import AsyncClient, Client, Retries, ServiceRefused
from sightsound.answers import Clip, Problem

MIB = 2**20
QUICK = Retries(attempts=3, first_wait_s=0.001)
CLIP = Clip(
    id="1", name="a", labels=(), media="/v1/galleries/demo/clips/1/media", media_type="video/mp4", duration_s=1.0
)
PROBLEM = {"type": "/problems/not-found", "title": "t.", "status": 404, "detail": "d", "instance": "/"}
Answers = Callable[[httpx.Request], httpx.Response]


class Large(httpx.SyncByteStream, httpx.AsyncByteStream):
    """So many bytes, made as they are read; perhaps the connection breaks then."""

    def __init__(self, size: int, error: Exception | None = None) -> None:
        self._size, self._error = size, error

    def __iter__(self) -> Iterator[bytes]:
        for start in range(0, self._size, MIB):
            yield bytes(min(MIB, self._size - start))
        if self._error is not None:
            raise self._error

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for each in self:
            yield each


def fetched(answer: Answers, target: Path | BytesIO) -> None:
    """A file, by the client that waits."""
    with Client(transport=httpx.MockTransport(answer), retries=QUICK) as client:
        client.media(CLIP, target)


def awaited(answer: Answers, target: Path | BytesIO) -> None:
    """The same by the one whose answers are awaited."""

    async def fetch() -> None:
        async with AsyncClient(transport=httpx.MockTransport(answer), retries=QUICK) as client:
            await client.media(CLIP, target)

    anyio.run(fetch)


fetching = pytest.mark.parametrize("fetch", [fetched, awaited])
Fetch = Callable[[Answers, Path | BytesIO], None]


@fetching
def test_a_file_comes_without_being_in_memory(fetch: Fetch, tmp_path: Path) -> None:
    tracemalloc.start()
    fetch(lambda request: httpx.Response(200, stream=Large(200 * MIB)), tmp_path / "a.mp4")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert ((tmp_path / "a.mp4").stat().st_size, peak < 20 * MIB) == (200 * MIB, True)


def test_a_file_goes_without_being_in_memory(tmp_path: Path) -> None:
    sent = 0

    class Counting(httpx.BaseTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            nonlocal sent
            assert isinstance(request.stream, httpx.SyncByteStream)
            sent = sum(map(len, request.stream))
            return httpx.Response(404, json=PROBLEM)

    (tmp_path / "large.tar").touch()
    os.truncate(tmp_path / "large.tar", 200 * MIB)
    tracemalloc.start()
    with Client(transport=Counting()) as client, pytest.raises(ServiceRefused):
        client.add_bundle(tmp_path / "large.tar", told=lambda *each: None)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (sent > 200 * MIB, peak < 5 * MIB) == (True, True)


@fetching
@pytest.mark.parametrize(
    "answer",
    [
        lambda request: httpx.Response(404, json=PROBLEM),
        lambda request: httpx.Response(200, stream=Large(MIB, httpx.ReadError("cut"))),
        lambda request: httpx.Response(200, stream=Large(MIB, KeyboardInterrupt())),  # type: ignore[arg-type]
    ],
)
def test_what_does_not_come_whole_leaves_what_was_there(fetch: Fetch, answer: Answers, tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(b"before")
    with pytest.raises((ServiceRefused, httpx.TransportError, KeyboardInterrupt)):
        fetch(answer, tmp_path / "a.mp4")
    assert [(each.name, each.read_bytes()) for each in tmp_path.iterdir()] == [("a.mp4", b"before")]


@fetching
@pytest.mark.parametrize("into_file", [True, False])
def test_what_changed_between_two_attempts_comes_from_its_beginning(
    fetch: Fetch, into_file: bool, tmp_path: Path
) -> None:
    asked: list[tuple[str | None, str | None]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append((request.headers.get("range"), request.headers.get("if-range")))
        if len(asked) == 1:
            headers = {"etag": '"first"', "content-length": "9"}
            return httpx.Response(200, headers=headers, stream=Large(4, httpx.ReadError("cut")))
        return httpx.Response(200, content=b"new one", headers={"etag": '"second"'})

    file = BytesIO(b"kept:")
    file.seek(0, os.SEEK_END)
    fetch(answer, file if into_file else tmp_path / "a.mp4")
    assert asked == [(None, None), ("bytes=4-", '"first"')]
    assert (file.getvalue() if into_file else b"kept:" + (tmp_path / "a.mp4").read_bytes()) == b"kept:new one"


@fetching
def test_another_part_than_was_asked_for_is_not_put_into_the_file(fetch: Fetch, tmp_path: Path) -> None:
    asked: list[str | None] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.headers.get("range"))
        headers = {"etag": '"same"'}
        if len(asked) == 1:
            return httpx.Response(
                200, headers={**headers, "content-length": "9"}, stream=Large(4, httpx.ReadError("cut"))
            )
        if len(asked) == 2:
            return httpx.Response(206, content=b"56789", headers={**headers, "content-range": "bytes 5-9/10"})
        return httpx.Response(200, content=b"the whole", headers=headers)

    fetch(answer, tmp_path / "a.mp4")
    assert asked == [None, "bytes=4-", None]
    assert (tmp_path / "a.mp4").read_bytes() == b"the whole"


class Piped(BytesIO):
    """What takes bytes and gives none back, as a pipe."""

    def seekable(self) -> bool:
        return False

    def seek(self, *where: int) -> int:
        raise OSError(29, "Illegal seek")


def _cut(headers: dict[str, str]) -> httpx.Response:
    return httpx.Response(200, headers=headers, stream=Large(4, httpx.ReadError("cut")))


@fetching
def test_what_changed_while_it_came_is_told_where_it_goes_into_a_pipe(fetch: Fetch) -> None:
    answers = iter(
        [_cut({"etag": '"a"', "content-length": "9"}), httpx.Response(200, content=b"new", headers={"etag": '"b"'})]
    )
    with pytest.raises(OSError, match="the file changed while it came"):
        fetch(lambda request: next(answers), Piped())


@fetching
def test_what_a_proxy_packed_comes_from_its_beginning_again(fetch: Fetch, tmp_path: Path) -> None:
    asked: list[str | None] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.headers.get("range"))
        packed = {"etag": '"same"', "content-length": "9", "content-encoding": "x-packed"}
        return _cut(packed) if len(asked) == 1 else httpx.Response(200, content=b"whole", headers={"etag": '"same"'})

    fetch(answer, tmp_path / "a.mp4")
    assert (asked, (tmp_path / "a.mp4").read_bytes()) == ([None, None], b"whole")


def test_a_place_that_cannot_be_written_is_told_before_anything_is_asked(tmp_path: Path) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        raise AssertionError("nothing is asked")

    for place in (tmp_path, tmp_path / "none" / "a.mp4"):
        with pytest.raises(OSError, match=str(tmp_path)):
            fetched(answer, place)


def test_what_is_no_file_takes_bytes_as_they_come(tmp_path: Path) -> None:
    fetched(lambda request: httpx.Response(200, content=b"gone"), Path("/dev/null"))
    (tmp_path / "link.mp4").symlink_to(tmp_path / "a.mp4")
    fetched(lambda request: httpx.Response(200, content=b"there"), tmp_path / "link.mp4")
    assert (Path("/dev/null").is_char_device(), (tmp_path / "a.mp4").read_bytes()) == (True, b"there")
    assert (tmp_path / "link.mp4").is_symlink()


def test_a_refusal_goes_from_one_process_to_another() -> None:
    refused = pickle.loads(pickle.dumps(ServiceRefused(Problem.model_validate(PROBLEM))))
    assert (refused.problem.status, str(refused)) == (404, "t. d")
