"""The thread that alone uses a searcher: many callers, few calls, right answers."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Event, current_thread
from time import sleep

import faiss
import numpy as np
import pytest

from index.vectors.owner import Owner
from models.errors import Unavailable
from models.types import F32, I64
from tests.contract.test_vectors import DIM, rows
from tests.unit.index.threads import owners

Answer = Future[tuple[F32, I64]]


@dataclass
class Slow:
    """A searcher that waits to be let go, finds each query's first number, and keeps the sizes of its calls."""

    go: Event = field(default_factory=Event)
    entered: Event = field(default_factory=Event)
    calls: list[tuple[int, int]] = field(default_factory=list)

    def search(self, queries: F32, k: int) -> tuple[F32, I64]:
        self.entered.set()
        self.go.wait(10)
        self.calls.append((len(queries), k))
        if (queries == 13).any():
            raise RuntimeError("thirteen")
        found = np.repeat(queries[:, :1], k, axis=1)
        return found, found.astype(np.int64) + np.arange(k)


def asked(number: float, count: int = 1) -> F32:
    return np.full((count, 2), number, np.float32)


@pytest.fixture
def slow() -> Slow:
    return Slow()


@pytest.fixture
def owner(slow: Slow) -> Iterator[Owner[Slow]]:
    owned = Owner(lambda: slow, waiting=4, batch=6)
    yield owned
    slow.go.set()
    owned.close()


def queued(owner: Owner[Slow], slow: Slow, pool: ThreadPoolExecutor, searches: list[tuple[F32, int]]) -> list[Answer]:
    """The searches' answers to come, waiting in this order behind one that is under way."""
    pool.submit(owner.search, asked(0), 1)
    slow.entered.wait(10)
    answers = []
    for waiting, (queries, k) in enumerate(searches, 1):
        answers.append(pool.submit(owner.search, queries, k))
        while owner.waiting < waiting:
            sleep(0.001)
    return answers


def test_every_caller_gets_the_answer_to_its_own_queries() -> None:
    vectors = rows(300)
    flat = faiss.IndexFlatL2(DIM)
    flat.add(vectors)
    threads = set()

    class Watched:
        def search(self, queries: F32, k: int) -> tuple[F32, I64]:
            threads.add(current_thread().name)
            distances, found = flat.search(queries, k)
            return distances, found

    owner = Owner(Watched)

    def look(worker: int) -> None:
        generator = np.random.default_rng(worker)
        for _turn in range(40):
            queries = generator.normal(size=(generator.integers(1, 5), DIM)).astype(np.float32)
            k = int(generator.integers(1, 12))
            assert owner.search(queries, k)[1].tolist() == flat.search(queries, k)[1].tolist()

    with ThreadPoolExecutor(8) as pool:
        for each in [pool.submit(look, worker) for worker in range(8)]:
            each.result()
    owner.close()
    assert threads == {"vector-owner"}


def test_searches_that_wait_are_one_call_of_the_largest_k(owner: Owner[Slow], slow: Slow) -> None:
    with ThreadPoolExecutor(5) as pool:
        answers = queued(owner, slow, pool, [(asked(3), 2), (asked(5, 2), 7), (asked(8), 1)])
        slow.go.set()
        assert [each.result()[1].tolist() for each in answers] == [[[3, 4]], [[*range(5, 12)]] * 2, [[8]]]
    assert slow.calls == [(1, 1), (4, 7)]


def test_a_call_is_of_no_more_queries_than_allowed_but_for_a_single_callers(owner: Owner[Slow], slow: Slow) -> None:
    with ThreadPoolExecutor(5) as pool:
        answers = queued(owner, slow, pool, [(asked(1, 4), 1), (asked(2, 2), 1), (asked(3, 1), 1), (asked(4, 9), 1)])
        slow.go.set()
        assert [len(each.result()[1]) for each in answers] == [4, 2, 1, 9]
    assert slow.calls == [(1, 1), (6, 1), (1, 1), (9, 1)]


@pytest.mark.parametrize("odd", [asked(13), np.zeros((1, 3), np.float32)], ids=["refused", "too wide"])
def test_an_error_reaches_none_but_its_callers(owner: Owner[Slow], slow: Slow, odd: F32) -> None:
    with ThreadPoolExecutor(5) as pool:
        good, bad, other = queued(owner, slow, pool, [(asked(3), 2), (odd, 2), (asked(5), 2)])
        slow.go.set()
        assert good.result()[1].tolist() == [[3, 4]]
        assert other.result()[1].tolist() == [[5, 6]]
        if odd.shape[1] == 2:
            with pytest.raises(RuntimeError, match="thirteen"):
                bad.result()
        else:
            assert bad.result()[1].tolist() == [[0, 1]]


def test_more_than_may_wait_are_told_that_it_cannot_answer_now(owner: Owner[Slow], slow: Slow) -> None:
    with ThreadPoolExecutor(6) as pool:
        answers = queued(owner, slow, pool, [(asked(i), 1) for i in range(4)])
        with pytest.raises(Unavailable, match="4 searches wait already"):
            owner.search(asked(9), 1)
        slow.go.set()
        assert [each.result()[1][0, 0] for each in answers] == [0, 1, 2, 3]
    assert owner.search(asked(9), 1)[1].tolist() == [[9]]


def test_closing_answers_what_waits_and_ends_the_thread(owner: Owner[Slow], slow: Slow) -> None:
    thread = owner.run(lambda _: current_thread())  # others may end meanwhile, of what tests before left as garbage
    with ThreadPoolExecutor(4) as pool:
        answers = queued(owner, slow, pool, [(asked(3), 1), (asked(4), 1)])
        closing = pool.submit(owner.close)
        slow.go.set()
        closing.result()
        assert [each.result()[1][0, 0] for each in answers] == [3, 4]
    assert not thread.is_alive()
    with pytest.raises(Unavailable, match="closed"):
        owner.search(asked(1), 1)
    with pytest.raises(Unavailable, match="closed"):
        owner.run(lambda searcher: searcher)
    owner.close()


def test_a_search_that_takes_too_long_is_given_up_and_not_made_later(slow: Slow) -> None:
    owner = Owner(lambda: slow, timeout_s=0.1)
    with ThreadPoolExecutor(1) as pool:
        pool.submit(owner.run, lambda searcher: searcher.search(asked(0), 1))  # changes wait as long as it takes
        assert slow.entered.wait(10)
        with pytest.raises(Unavailable, match=r"within 0\.1 s"):
            owner.search(asked(7), 1)
        slow.go.set()
    assert owner.run(lambda searcher: searcher.search(asked(1), 1))[1].tolist() == [[1]]
    owner.close()
    assert slow.calls == [(1, 1), (1, 1)]


def test_changes_are_made_on_the_thread_and_their_errors_are_the_callers(owner: Owner[Slow], slow: Slow) -> None:
    slow.go.set()
    assert owner.run(lambda searcher: (searcher is slow, current_thread().name)) == (True, "vector-owner")
    with pytest.raises(ZeroDivisionError):
        owner.run(lambda _: 1 / 0)
    assert owner.search(asked(2), 1)[1].tolist() == [[2]]


def test_what_making_raises_reaches_who_asked_for_it() -> None:
    before = owners()

    def refuse() -> Slow:
        raise RuntimeError("no memory")

    with pytest.raises(RuntimeError, match="no memory"):
        Owner(refuse)
    while owners() > before:
        sleep(0.001)
