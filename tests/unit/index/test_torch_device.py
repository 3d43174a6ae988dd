"""Every vector looked at by torch, here on the CPU: the best of a row, blocks, and vectors far from the origin."""

import logging

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from index.vectors import gpu_device, gpu_opening, torch_device
from index.vectors.exact import ExactIndex
from index.vectors.gpu_store import GpuIndex
from index.vectors.torch_device import TorchDevice, best
from models.types import F32, Metric


def drawn(n: int, d: int = 8, seed: int = 0) -> F32:
    return np.random.default_rng(seed).normal(size=(n, d)).astype(np.float32)


@given(n=st.integers(1, 900), k=st.integers(1, 12), values=st.integers(1, 2000), seed=st.integers(0, 2**31))
@settings(max_examples=150)
def test_the_best_of_each_row_are_those_of_sorting_it(n: int, k: int, values: int, seed: int) -> None:
    """Few different values, so that some are equal."""
    near = torch.from_numpy(np.random.default_rng(seed).integers(0, values, (3, n)).astype(np.float32))
    found, columns = best(near, k)
    assert found.tolist() == near.sort(dim=1, descending=True).values[:, :k].tolist()
    assert near.gather(1, columns).tolist() == found.tolist()
    assert all(len(set(row)) == min(k, n) for row in columns.tolist())


@pytest.mark.parametrize("metric", list(Metric))
def test_rows_and_distances_are_those_of_all_vectors_however_they_came(
    metric: Metric, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch_device, "BLOCK_BYTES", 4 * 8 * 100)
    monkeypatch.setattr(torch_device, "QUERIES", 3)
    vectors, queries = drawn(1_037), drawn(7, seed=1)
    device = TorchDevice("flat", vectors[:250], metric, place="cpu")
    for start, end in ((250, 250), (250, 251), (251, 900), (900, 1_037)):
        device.add(vectors[start:end])
    distances, rows = device.search(queries, 5)
    if metric is Metric.EUCLIDEAN:
        exact = -((queries[:, None].astype(np.float64) - vectors) ** 2).sum(2)
    else:
        exact = queries.astype(np.float64) @ vectors.T
    expected = np.argsort(-exact, axis=1)[:, :5]
    assert rows.tolist() == expected.tolist()
    signed = -distances if metric is Metric.EUCLIDEAN else distances
    assert signed == pytest.approx(np.take_along_axis(exact, expected, 1), abs=1e-4)


def test_vectors_that_are_all_far_away_are_told_apart() -> None:
    """Of numbers near 4,000 float32 holds a 4,096th: squares of them would leave whole numbers of their differences."""
    vectors = (drawn(500) + 4_000).astype(np.float32)
    queries = vectors[:20]
    _, rows = TorchDevice("flat", vectors, Metric.EUCLIDEAN, place="cpu").search(queries, 1)
    assert rows[:, 0].tolist() == list(range(20))


def test_an_empty_device_finds_nothing_and_then_what_is_added() -> None:
    device = TorchDevice("flat", drawn(0), Metric.EUCLIDEAN, place="cpu")
    assert device.search(drawn(2), 3)[1].shape == (2, 0)
    device.add(drawn(4))
    assert device.search(drawn(2), 3)[1][:, 0].tolist() == [0, 1]


class Greedy(TorchDevice):
    """Wants more memory for a search than there is in the world."""

    def __init__(self, kind: gpu_device.Kind, vectors: F32, metric: Metric) -> None:
        super().__init__(kind, vectors, metric, place="cpu")

    def search(self, queries: F32, k: int) -> tuple[F32, np.ndarray]:
        torch.empty(2**58, dtype=torch.uint8)
        raise AssertionError("there is so much memory")


def test_a_search_that_the_device_has_no_room_for_is_the_hosts(caplog: pytest.LogCaptureFixture) -> None:
    host = ExactIndex(8, Metric.COSINE)
    host.add(np.arange(300), drawn(300))
    index = GpuIndex(host, kind="flat", fill=Greedy)
    found = index.search(drawn(3, seed=1), 4)
    assert found.ids.tolist() == host.search(drawn(3, seed=1), 4).ids.tolist()
    assert "the GPU did not search, the CPU does" in caplog.text
    index.close()


def test_a_device_that_does_not_take_what_is_added_has_what_it_had() -> None:
    class Full(TorchDevice):
        def _there(self, vectors: F32) -> torch.Tensor:
            if len(vectors) == 13:
                torch.empty(2**58, dtype=torch.uint8)
            return super()._there(vectors)

    device = Full("flat", drawn(50), Metric.INNER, place="cpu")
    with pytest.raises(RuntimeError, match="allocate"):
        device.add(drawn(13, seed=3))
    assert device.search(drawn(1), 60)[1].shape == (1, 50)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_what_neither_library_can_do_is_said_of_both(caplog: pytest.LogCaptureFixture) -> None:
    gpu_opening._say.cache_clear()
    host = ExactIndex(8, Metric.COSINE)
    with caplog.at_level(logging.WARNING):
        assert gpu_opening.on_gpu(host) is host
        assert gpu_opening.on_gpu(host, kind="cagra") is host
    said = [each.getMessage() for each in caplog.records]
    assert len(said) == 1
    assert said[0].startswith("vectors are searched on the CPU: FAISS ")
    assert said[0].endswith(f", and torch {torch.__version__} finds none")


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="torch finds no GPU")
@pytest.mark.parametrize("metric", list(Metric))
def test_torch_on_a_gpu_finds_the_nearest(metric: Metric) -> None:
    host = ExactIndex(64, metric)
    host.add(np.arange(20_000), drawn(20_000, 64))
    index = gpu_opening.on_gpu(host) if gpu_device.missing() else GpuIndex(host, kind="flat", fill=TorchDevice)
    assert isinstance(index, GpuIndex)
    queries = drawn(300, 64, seed=1)
    assert index.search(queries, 10).ids.tolist() == host.search(queries, 10).ids.tolist()
    index.close()
