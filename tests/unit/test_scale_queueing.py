"""The simulation of queues against what is known of queues, and of the service against what must hold of it."""

from collections.abc import Iterator
from dataclasses import replace
from math import factorial
from random import Random

import pytest

from benchmarks.scale_constants import SHARES, Spread
from benchmarks.scale_queueing import Clock, Part, Shards, Steps
from benchmarks.scale_service import Setup, Times, asked_at, asked_by, clips_a_second, most_a_second

CUSTOMERS = 60_000
NEAR = 0.05
"""How far means of so many may lie from what they tend to: with these seeds 0.3 to 3.6 %, with others up to 5.7."""
STEADY = Times((0.001,))
QUICK = Times((1e-9,))


def erlang_c(servers: int, load: float) -> float:
    """The chance to wait in M/M/c. Source: Erlang 1917; load is arrivals over the service rate of one server."""
    busy = load**servers / factorial(servers) * servers / (servers - load)
    return busy / (sum(load**k / factorial(k) for k in range(servers)) + busy)


def mean_wait(servers: int, *, arrivals: float, services: float, seed: int) -> float:
    """The simulated mean wait for a turn of a part with exponential services."""
    clock, lot, waits = Clock(), Random(seed), list[float]()
    part = Part(clock, servers)

    def served() -> Steps:
        came = clock.now
        yield part
        waits.append(clock.now - came)
        yield lot.expovariate(services)
        part.leave()

    def coming() -> Steps:
        for _ in range(CUSTOMERS):
            yield lot.expovariate(arrivals)
            clock.begin(served())

    clock.begin(coming())
    clock.run()
    return sum(waits) / len(waits)


@pytest.mark.parametrize(("servers", "arrivals"), [(1, 0.5), (1, 0.7), (2, 1.2), (4, 3.0), (16, 13.0)])
def test_mean_waits_are_those_of_the_closed_forms(servers: int, arrivals: float) -> None:
    expected = erlang_c(servers, arrivals) / (servers - arrivals)
    found = sum(mean_wait(servers, arrivals=arrivals, services=1.0, seed=seed) for seed in range(4)) / 4
    assert found == pytest.approx(expected, rel=NEAR)


def test_of_one_server_the_closed_form_is_that_of_a_single_queue() -> None:
    assert erlang_c(1, 0.7) / (1 - 0.7) == pytest.approx(0.7 / (1 - 0.7))


def test_first_come_is_first_served() -> None:
    clock, order = Clock(), list[int]()
    part = Part(clock, 1)

    def served(number: int) -> Steps:
        yield part
        order.append(number)
        yield 1.0
        part.leave()

    for number in range(5):
        clock.begin(served(number))
    clock.run()
    assert order == [0, 1, 2, 3, 4]
    assert clock.now == 5.0


def test_who_asks_shards_stays_until_the_slowest_is_done_and_a_busy_shard_makes_the_next_one_wait() -> None:
    shards = Shards(3)
    assert shards.stay(10.0, iter([1.0, 5.0, 2.0])) == 5.0
    assert shards.stay(11.0, iter([1.0, 1.0, 1.0])) == 5.0


def test_the_slowest_of_shards_with_exponential_times_takes_the_harmonic_sum() -> None:
    lot = Random(0)
    stays = [Shards(8).stay(0.0, (lot.expovariate(1.0) for _ in range(8))) for _ in range(20_000)]
    assert sum(stays) / len(stays) == pytest.approx(sum(1 / k for k in range(1, 9)), rel=NEAR)


def test_a_search_alone_takes_its_times_and_no_longer() -> None:
    seen = asked_at(Setup(STEADY, Times((0.002,))), rate=1.0, searches=50)
    assert seen.at(0.99) == pytest.approx(0.003)


def test_a_closed_loop_of_clients_gets_what_the_narrowest_part_does() -> None:
    setup = Setup(STEADY, Times((0.0002,)))
    seen = asked_by(setup, 16, searches=3000)
    assert setup.narrowest == "Python"
    assert seen.a_second == pytest.approx(1000, rel=0.01)
    assert seen.at(0.5) == pytest.approx(0.016, rel=0.05)


def test_who_finds_the_lane_and_its_queue_full_is_refused() -> None:
    seen = asked_at(Setup(STEADY, QUICK), rate=2000.0, searches=2000)
    assert seen.refused > 500
    assert seen.at(1.0) <= 0.001 * (32 + 128 + 1)


def test_more_processes_answer_more_and_more_shards_do_not() -> None:
    alone, four = Setup(STEADY, QUICK), Setup(STEADY, QUICK, processes=4)
    rates = [most_a_second(each, p99_s=0.05, searches=2000) for each in (alone, four)]
    assert rates[0] <= 1000
    assert rates[1] == pytest.approx(4 * rates[0], rel=0.2)
    sharded = [Setup(QUICK, STEADY, shards=count) for count in (2, 8)]
    assert sharded[0].capacities["shards"] == sharded[1].capacities["shards"] == pytest.approx(1000)
    assert sharded[0].narrowest == "shards"


def test_a_search_that_takes_longer_than_it_may_leaves_no_rate() -> None:
    assert most_a_second(Setup(Times((0.2,)), QUICK), p99_s=0.05, searches=200) == 0


def test_workers_bring_more_clips_until_commits_leave_no_time_between_them() -> None:
    rates = [clips_a_second(each, clip_s=0.3, commit_s=0.01, clips=10_000) for each in (1, 8, 31, 100)]
    assert rates[0] == pytest.approx(1 / 0.31, rel=0.01)
    assert rates[1] == pytest.approx(8 / 0.31, rel=0.05)
    assert rates[3] == pytest.approx(100, rel=0.01)
    assert rates == sorted(rates)


def test_drawn_times_have_the_mean_and_the_tail_that_were_asked_for() -> None:
    times = Times.lognormal(mean_s=0.002, tail=5.0)
    ordered = sorted(times.seconds)
    assert times.mean_s == pytest.approx(0.002)
    assert ordered[990] / ordered[500] == pytest.approx(5.0, rel=0.05)
    spread = Spread.of([each / 1000 for each in range(1001)])
    moved = Times.of(spread, median_s=1.0)
    assert moved.mean_s == pytest.approx(1.0, rel=0.01)


def test_a_spread_gives_back_what_it_was_made_of() -> None:
    spread = Spread.of([each / 1000 for each in range(1001)])
    assert [spread.at(each) for each in SHARES] == pytest.approx(list(SHARES), abs=1e-3)
    assert spread.at(0.975) == pytest.approx(0.975, abs=1e-3)
    assert spread.mean == pytest.approx(0.5, abs=1e-3)


def test_the_same_seed_gives_the_same_searches_and_another_gives_others() -> None:
    setup = replace(Setup(Times.lognormal(mean_s=0.001, tail=4.0), STEADY), processes=2)
    found: Iterator[list[float]] = (asked_at(setup, 900.0, searches=500, seed=each).seconds for each in (0, 0, 1))
    first, again, other = found
    assert first == again != other
