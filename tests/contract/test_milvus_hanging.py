"""A Milvus that takes connections and says nothing: whoever asks it gives up, and goes on once it answers."""

import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from pymilvus import MilvusClient

from index.vectors import milvus_collection
from index.vectors.milvus_address import Address
from index.vectors.milvus_collection import drop
from index.vectors.milvus_store import MilvusIndex
from models.errors import VectorsUnavailable
from models.types import Metric
from tests.contract.test_vectors import DIM, ids, rows
from tests.tiny.milvus import served_lite

Process = subprocess.Popen[str]
NAME = "hanging"
LIMIT_S, UNSAID_S, PATIENCE_S = 1.0, 5.0, 60.0
"""What each call is given here, what those of pymilvus itself; and how long is waited for one that has no limit."""
CALLS: dict[str, Callable[[MilvusIndex], object]] = {
    "counting": len,
    "ids": lambda index: index.ids(),
    "vectors": lambda index: index.vectors(ids(2)),
    "known": lambda index: index.known(ids(2)),
    "searching": lambda index: index.search(rows(2), 3),
    "searching among some": lambda index: index.search(rows(2), 3, allowed=ids(2)),
    "putting": lambda index: index.put(ids(2), rows(2)),
    "adding": lambda index: index.add(ids(2, first=900), rows(2)),
    "discarding": lambda index: index.discard(ids(2)),
    "clearing": lambda index: index.clear(),
}
OPENING = ("has_collection", "load_collection", "describe_collection", "describe_index")
"""What is asked of it, one after the other, while a collection is opened that is there."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Process, Address]]:
    with served_lite(tmp_path_factory.mktemp("milvus")) as found:
        yield found


@pytest.fixture
def process(server: tuple[Process, Address]) -> Process:
    return server[0]


@pytest.fixture
def address(server: tuple[Process, Address]) -> Address:
    return server[1]


@pytest.fixture(autouse=True)
def _said_to_the_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """The one that all clients of an address share."""
    monkeypatch.setattr(milvus_collection, "UNSAID_S", UNSAID_S)


@pytest.fixture
def index(address: Address) -> Iterator[MilvusIndex]:
    made = opened(address)
    made.put(ids(4), rows(4))
    yield made
    made.drop()
    made.close()


def opened(address: Address) -> MilvusIndex:
    return MilvusIndex(DIM, Metric.INNER, name=NAME, address=address)


def stop(process: Process) -> None:
    """It hangs; returns once each of its threads does, as one may run on for a while and answer."""
    process.send_signal(signal.SIGSTOP)
    os.waitid(os.P_PID, process.pid, os.WSTOPPED)


@contextmanager
def stopped(process: Process) -> Iterator[None]:
    """It hangs until the block ends."""
    stop(process)
    try:
        yield
    finally:
        process.send_signal(signal.SIGCONT)


@pytest.fixture
def _in_a_hurry(index: MilvusIndex, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as patched:
        for each in ("CONNECT_S", "ANSWER_S", "TIMEOUT_S"):
            patched.setattr(milvus_collection, each, LIMIT_S)
        yield


def given_up(process: Process, ask: Callable[[], object]) -> bool:
    """Whether somebody who asks gives up; raises TimeoutError where they do not."""
    with ThreadPoolExecutor(1) as pool:
        try:
            with pytest.raises(VectorsUnavailable, match="does not answer"):
                pool.submit(ask).result(PATIENCE_S)
        finally:
            process.send_signal(signal.SIGCONT)
    return True


@pytest.mark.usefixtures("_in_a_hurry")
@pytest.mark.parametrize("call", CALLS)
def test_whatever_is_asked_of_it_is_given_up(process: Process, index: MilvusIndex, call: str) -> None:
    with stopped(process):
        assert given_up(process, lambda: CALLS[call](index))


@pytest.mark.usefixtures("_in_a_hurry")
def test_a_collection_is_neither_opened_nor_dropped(process: Process, address: Address) -> None:
    for ask in (lambda: drop(address, NAME), lambda: opened(address)):
        with stopped(process):
            assert given_up(process, ask)


@pytest.mark.usefixtures("_in_a_hurry")
@pytest.mark.parametrize("question", OPENING)
def test_no_question_of_who_opens_a_collection_is_waited_for(
    process: Process, address: Address, question: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    really: Callable[..., Any] = getattr(MilvusClient, question)

    def after_which_it_hangs(*given: Any, **named: Any) -> Any:
        stop(process)
        return really(*given, **named)

    monkeypatch.setattr(MilvusClient, question, after_which_it_hangs)
    assert given_up(process, lambda: opened(address))


def test_it_is_asked_again_once_it_answers(
    process: Process, index: MilvusIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    with stopped(process), monkeypatch.context() as patched:
        patched.setattr(milvus_collection, "ANSWER_S", LIMIT_S)
        assert given_up(process, lambda: index.put(ids(6), rows(6)))
    index.put(ids(6), rows(6))
    assert index.ids().tolist() == ids(6).tolist()
