"""Connections that break and lanes that are full: what was asked for is done, and done once."""

from pathlib import Path
from threading import Event, Thread
from time import monotonic

import anyio
import httpx
import pytest

from service.app import create_app
from service.settings import Settings
from sightsound import AsyncClient, Client, Retries, ServiceRefused
from tests.unit.client.severing import Severing
from tests.unit.service.running import running
from tests.unit.service.waiting import PATIENCE_S, until_true

QUICK = Retries(attempts=4, first_wait_s=0.01)


def test_an_upload_that_is_cut_is_sent_again_and_the_clip_is_there_once(
    served: str, client: Client, clips: list[Path]
) -> None:
    between, told = Severing(served, after_sent=2000), list[tuple[int, int]]()
    assert clips[0].stat().st_size > 2000
    with between.standing() as address, Client(address, retries=QUICK) as cut:
        made = cut.add_clip("demo", clips[0], told=lambda *each: told.append(each))
    size = clips[0].stat().st_size
    assert (between.connections, told[-1]) == (2, (size, size))
    assert [each.id for each in client.clips("demo")].count(made.id) == 1
    client.remove_clip("demo", made.id)


def test_a_job_whose_answer_was_lost_is_put_up_once(served: str, client: Client, clips: list[Path]) -> None:
    between, before = Severing(served, after_answered=0), len(client.jobs.listed())
    with between.standing() as address, Client(address, retries=QUICK) as cut:
        job = cut.jobs.upload("demo", clips)
    assert between.connections == 2
    assert [each.id for each in client.jobs.listed()][: len(client.jobs.listed()) - before] == [job.id]
    assert client.jobs.wait(job.id, timeout_s=PATIENCE_S).state == "done"


def test_who_awaits_sends_it_again_too(served: str, client: Client, clips: list[Path]) -> None:
    between, before = Severing(served, after_answered=0), len(client.jobs.listed())

    async def send(address: str) -> str:
        async with AsyncClient(address, retries=QUICK) as cut:
            return (await cut.jobs.upload("demo", clips)).id

    with between.standing() as address:
        job = anyio.run(send, address)
    assert len(client.jobs.listed()) - before == 1
    client.jobs.wait(job, timeout_s=PATIENCE_S)


def test_a_download_that_is_cut_goes_on_where_it_was(
    served: str, client: Client, clips: list[Path], tmp_path: Path
) -> None:
    made, told = client.add_clip("demo", clips[0]), list[tuple[int, int]]()
    between, size = Severing(served, after_answered=3000), clips[0].stat().st_size
    assert size > 3000
    with between.standing() as address, Client(address, retries=QUICK) as cut:
        cut.media(made, tmp_path / "a.mp4", told=lambda *each: told.append(each))
    assert (tmp_path / "a.mp4").read_bytes() == clips[0].read_bytes()
    sent = [each for each, _ in told]
    assert (between.connections, sent, told[-1]) == (2, sorted(set(sent)), (size, size))
    client.remove_clip("demo", made.id)


def test_a_key_is_not_asked_for_twice(served: str, client: Client) -> None:
    between = Severing(served, after_answered=0)
    with (
        between.standing() as address,
        Client(address, retries=QUICK) as cut,
        pytest.raises(httpx.TransportError),
    ):
        cut.create_key("lost")
    (made,) = client.keys()
    assert (between.connections, made.name) == (1, "lost")


def test_the_progress_of_several_files_is_that_of_all_of_them(client: Client, clips: list[Path]) -> None:
    told = list[tuple[int, int]]()
    job = client.jobs.upload("demo", clips, told=lambda *each: told.append(each))
    total = sum(each.stat().st_size for each in clips)
    sent = [each for each, _ in told]
    assert (sent, sent[-1], {of for _, of in told}) == (sorted(sent), total, {total})
    client.jobs.wait(job.id, timeout_s=PATIENCE_S)


def test_a_lane_that_is_full_is_waited_for_as_long_as_it_says(library: Path) -> None:
    app, began, over = create_app(Settings(data=library, interactive_at_once=1, queue_limit=0)), Event(), Event()

    def hold() -> None:
        began.set()
        over.wait(PATIENCE_S)

    app.router.add_api_route("/held", hold)
    with running(app) as address, Client(address) as client, Client(address, retries=Retries(attempts=1)) as hasty:
        holder = Thread(target=httpx.get, args=(f"{address}/held",), kwargs={"timeout": PATIENCE_S})
        holder.start()
        assert began.wait(PATIENCE_S)
        with pytest.raises(ServiceRefused, match="ask again in 1 s"):
            hasty.galleries()
        lane = app.state.lanes.by_name["interactive"]

        def let_go() -> None:
            until_true(lambda: lane.refused >= 2)
            over.set()

        letting_go = Thread(target=let_go)
        letting_go.start()
        asked_s = monotonic()
        assert client.galleries()
        assert 1.0 <= monotonic() - asked_s < 10
        letting_go.join()
        holder.join()
