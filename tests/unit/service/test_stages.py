"""Stages time what is within them, for the request that it is done for."""

from time import sleep

import anyio
import pytest
from anyio import to_thread

from service.observing.stages import Timeline, begin, spend, stage


def _work() -> None:
    with stage("decode"):
        sleep(0.02)
    spend("backbone", start_ns=5, took_ns=7)


async def _request(found: list[Timeline]) -> None:
    found.append(begin())
    with stage("search"):
        await anyio.sleep(0.01)
    await to_thread.run_sync(_work)


def test_stages_are_noted_in_order_also_from_threads() -> None:
    found: list[Timeline] = []
    anyio.run(_request, found)
    (timeline,) = found
    assert [each.stage for each in timeline] == ["search", "decode", "backbone"]
    assert timeline[0].took_ns >= 9e6
    assert timeline[1].took_ns >= 19e6
    assert timeline[1].start_ns >= timeline[0].start_ns + timeline[0].took_ns
    assert (timeline[2].start_ns, timeline[2].took_ns) == (5, 7)


async def _two(found: list[Timeline]) -> None:
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(_request, found)
        tasks.start_soon(_request, found)


def test_requests_at_once_have_timelines_of_their_own() -> None:
    found: list[Timeline] = []
    anyio.run(_two, found)
    assert [len(each) for each in found] == [3, 3]


def test_a_stage_that_fails_is_noted_and_the_error_goes_on() -> None:
    async def failing() -> Timeline:
        timeline = begin()
        with pytest.raises(ZeroDivisionError), stage("head"):
            raise ZeroDivisionError
        return timeline

    assert [each.stage for each in anyio.run(failing)] == ["head"]


def test_outside_of_a_request_nothing_is_noted() -> None:
    _work()
