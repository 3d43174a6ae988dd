"""The client whose answers are awaited: it does what the other one does."""

from collections.abc import Awaitable, Callable, Iterator
from inspect import signature
from io import BytesIO
from pathlib import Path
from typing import TypeVar

import anyio
import httpx
import pytest

from service.app import create_app
from service.settings import Settings
from sightsound import AsyncClient, Client, Retries, ServiceRefused
from sightsound.client import awaited, blocking
from sightsound.client.methods import Methods
from tests.tiny.bundles import tiny_library
from tests.tiny.clips import tiny_clip
from tests.unit.service.running import running
from tests.unit.service.waiting import PATIENCE_S

T = TypeVar("T")


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A service that does its jobs."""
    library = tiny_library(tmp_path_factory.mktemp("library"), clips_per_label=1)
    with running(create_app(Settings(data=library, job_workers=1))) as found:
        yield found


def of(address: str, asked: Callable[[AsyncClient], Awaitable[T]]) -> T:
    """What a client answers."""

    async def ask() -> T:
        async with AsyncClient(address) as client:
            return await asked(client)

    return anyio.run(ask)


def methods(kind: type) -> set[str]:
    """What can be asked of it."""
    return {name for name in vars(kind) if not name.startswith("_")}


def test_both_clients_have_the_same_methods() -> None:
    assert methods(AsyncClient) == methods(Client)
    assert methods(awaited.AsyncJobs) == methods(blocking.Jobs)
    assert issubclass(AsyncClient, Methods)
    assert issubclass(Client, Methods)


def test_a_method_says_what_it_takes_and_does() -> None:
    with Client() as client:
        assert [*signature(client.search).parameters][:2] == ["gallery", "text"]
        assert client.search.__doc__ == Client.search.__doc__


def test_both_find_the_same(address: str) -> None:
    with Client(address) as client:
        expected = client.search("demo", text="bell", k=3).hits
        clips = list(client.clips("demo"))
    assert of(address, lambda client: client.search("demo", text="bell", k=3)).hits == expected

    async def listed(client: AsyncClient) -> list[object]:
        return [each async for each in client.clips("demo")]

    assert of(address, listed) == clips


def test_a_clip_is_sent_with_its_progress_and_found(address: str, tmp_path: Path) -> None:
    clip, told = tiny_clip(tmp_path / "clip.mp4", seconds=0.5), list[tuple[int, int]]()
    sent = of(address, lambda client: client.add_clip("demo", clip, told=lambda *each: told.append(each)))
    size = clip.stat().st_size
    assert (sent.size_bytes, told[-1]) == (size, (size, size))
    of(address, lambda client: client.media(sent, tmp_path / "back.mp4"))
    assert (tmp_path / "back.mp4").read_bytes() == clip.read_bytes()
    file = BytesIO()
    of(address, lambda client: client.preview(sent, file))
    assert b"moov" in file.getvalue()


def test_jobs_are_waited_for(address: str) -> None:
    async def compacted(client: AsyncClient) -> tuple[str, list[str]]:
        seen: list[str] = []
        job = await client.jobs.compact("demo")
        ended = await client.jobs.wait(job.id, timeout_s=PATIENCE_S, show=lambda job: seen.append(job.state))
        return ended.state, seen

    state, seen = of(address, compacted)
    assert (state, seen[-1]) == ("done", "done")


def test_refusals_and_silence_are_raised(address: str) -> None:
    with pytest.raises(ServiceRefused, match="gallery"):
        of(address, lambda client: client.gallery("none"))

    async def nobody() -> None:
        async with AsyncClient("http://127.0.0.1:9", retries=Retries(attempts=2, first_wait_s=0.01)) as client:
            await client.galleries()

    with pytest.raises(httpx.TransportError):
        anyio.run(nobody)
