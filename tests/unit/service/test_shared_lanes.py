"""Whose turn it is where several keys ask: none of them keeps the others from theirs."""

import asyncio

import pytest

from models.errors import Overloaded
from tests.unit.service.test_lanes import Turns, breath, lane, run


def test_the_last_free_turn_is_not_for_the_key_that_has_all_others() -> None:
    async def ask() -> None:
        turns = Turns(lane(at_once=3))
        tasks = [turns.ask(number, "ada") for number in range(3)]
        await breath()
        assert (turns.began, turns.lane.waiting) == ([0, 1], 1)
        tasks.append(turns.ask(3, "bob"))
        await breath()
        assert turns.began == [0, 1, 3]
        await turns.let_go(0)
        assert turns.began == [0, 1, 3, 2]
        for number in (1, 2, 3):
            await turns.let_go(number)
        await asyncio.gather(*tasks)
        assert (turns.lane.running, turns.lane.waiting) == (0, 0)

    run(ask())


def test_who_needs_no_key_may_have_all_turns_and_so_may_a_key_of_a_lane_of_one() -> None:
    async def ask() -> None:
        for turns, who in ((Turns(lane(at_once=3)), ""), (Turns(lane(at_once=1)), "ada")):
            tasks = [turns.ask(number, who) for number in range(turns.lane.at_once)]
            await breath()
            assert turns.lane.running == turns.lane.at_once
            for number, task in enumerate(tasks):
                await turns.let_go(number)
                await task

    run(ask())


def test_a_free_turn_is_for_the_caller_who_has_the_fewest() -> None:
    async def ask() -> None:
        turns = Turns(lane(at_once=2))
        tasks = [turns.ask(0, "ada"), turns.ask(1, "bob")]
        await breath()
        tasks += [turns.ask(2 + number, "ada") for number in range(5)]
        tasks += [turns.ask(7, "bob"), turns.ask(8, "eve")]
        await breath()
        for number in range(9):
            await turns.let_go(turns.began[number])
        await asyncio.gather(*tasks)
        assert turns.began == [0, 1, 2, 7, 8, 3, 4, 5, 6]

    run(ask())


def test_in_a_full_queue_the_last_of_who_waits_most_makes_room() -> None:
    async def ask() -> None:
        turns = Turns(lane(most_waiting=4))
        tasks = [turns.ask(number, "ada") for number in range(5)]
        await breath()
        tasks += [turns.ask(5, "bob"), turns.ask(6, "bob"), turns.ask(7, "bob")]
        await breath()
        assert [number for number, task in enumerate(tasks) if task.done()] == [3, 4, 7]
        for number in (3, 4, 7):
            with pytest.raises(Overloaded, match="4 requests like this wait"):
                await tasks[number]
        for number in (0, 1, 2, 5, 6):
            await turns.let_go(number)
        await asyncio.gather(*(tasks[number] for number in (0, 1, 2, 5, 6)))
        assert (turns.lane.running, turns.lane.waiting, turns.lane.refused) == (0, 0, 3)

    run(ask())
