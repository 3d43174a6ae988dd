"""Tables searched through a device, which one thread owns: FAISS or torch, both on the CPU but where marked."""

import gc
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import faiss
import numpy as np
import pytest

from index.vectors import gpu_store, torch_device
from index.vectors.exact import ExactIndex
from index.vectors.faiss_store import FaissIndex
from index.vectors.gpu_device import FaissDevice, Fill, Kind, missing
from index.vectors.gpu_opening import on_gpu
from index.vectors.gpu_store import MASKED, SMALL, GpuIndex
from index.vectors.torch_device import TorchDevice
from models.errors import Unavailable
from models.types import F32, I64, Metric
from tests.contract.test_vectors import DIM, Build, checks, filled, ids, metric, rows
from tests.unit.index.threads import owners

__all__ = ["metric"]

globals().update(checks())  # run by the fixture `build` below


@dataclass
class OnCpu:
    """What a GPU would hold, in a FAISS index on the CPU; it can only add where GPUs can, and tells its threads."""

    kind: Kind
    vectors: F32
    metric: Metric

    def __post_init__(self) -> None:
        self.grows = self.kind != "cagra"
        dim = self.vectors.shape[1]
        self._flat = faiss.IndexFlatL2(dim) if self.metric is Metric.EUCLIDEAN else faiss.IndexFlatIP(dim)
        self._flat.add(np.ascontiguousarray(self.vectors))

    def search(self, queries: F32, k: int) -> tuple[F32, I64]:
        assert k <= gpu_store.MOST
        distances, found = self._flat.search(np.ascontiguousarray(queries), k)
        return distances, found

    def add(self, vectors: F32) -> None:
        assert self.grows
        self._flat.add(np.ascontiguousarray(vectors))


GPUS = [(missing(), FaissDevice), (torch_device.missing(), TorchDevice)]
FILLS: list[object] = [OnCpu, partial(TorchDevice, place="cpu")]
FILLS += [pytest.param(each, marks=pytest.mark.gpu) for lacks, each in GPUS if lacks is None]


@pytest.fixture(params=FILLS, ids=lambda fill: getattr(fill, "__name__", "TorchOnCpu"))
def fill(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Fill:
    """Torch's blocks hold a few dozen vectors, so that there are many."""
    monkeypatch.setattr(torch_device, "BLOCK_BYTES", 4 * DIM * 70)
    return request.param  # type: ignore[no-any-return]


@pytest.fixture
def build(fill: Fill) -> Iterator[Build]:
    """Makes a table each time, and closes them all."""
    made: list[GpuIndex] = []

    def make(dim: int, by: Metric) -> GpuIndex:
        made.append(GpuIndex(FaissIndex(dim, by), fill=fill))
        return made[-1]

    yield make
    for each in made:
        each.close()


def table(kind: Kind | None, by: Metric = Metric.INNER, *, fill: Fill = OnCpu) -> GpuIndex:
    return GpuIndex(ExactIndex(DIM, by), kind=kind, fill=fill)


@pytest.mark.parametrize("kind", ["flat", "ivf", "cagra"])
def test_after_any_changes_a_table_finds_what_the_oracle_finds(
    kind: Kind, metric: Metric, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Low thresholds, so that devices are filled anew for every reason there is."""
    for threshold, low in (("SMALL", 20), ("MASKED", 6), ("FRESH", 10), ("GROWN", 2)):
        monkeypatch.setattr(gpu_store, threshold, low)
    fills: list[Kind] = []

    def fill(of: Kind, vectors: F32, by: Metric) -> OnCpu:
        fills.append(of)
        return OnCpu(of, vectors, by)

    generator, exact, index = np.random.default_rng(7), ExactIndex(DIM, metric), table(kind, metric, fill=fill)
    for turn in range(60):
        some = generator.permutation(60)[:7].astype(np.int64)
        there = np.isin(some, exact.ids())
        new = generator.normal(size=(int((~there).sum()), DIM)).astype(np.float32)
        for each in (index, exact):
            each.add(some[~there], new)
            assert each.remove(some[there][: turn % 5]) == len(some[there][: turn % 5])
            kept = some[there][turn % 5 :][::-1]
            each.replace(kept, rows(len(kept), turn))
        queries = generator.normal(size=(3, DIM)).astype(np.float32)
        found, expected = index.search(queries, 8), exact.search(queries, 8)
        assert found.ids.tolist() == expected.ids.tolist()
        assert found.scores == pytest.approx(expected.scores, abs=1e-6)
    assert index.ids().tolist() == exact.ids().tolist()
    assert fills[0] == "flat"
    assert fills.count(kind) > 3
    index.close()


def test_a_table_that_is_there_already_is_put_on_the_device(fill: Fill, metric: Metric) -> None:
    host = filled(ExactIndex, metric, rows(200))
    index = GpuIndex(host, fill=fill)
    assert index.search(rows(5, 1), 10).ids.tolist() == host.search(rows(5, 1), 10).ids.tolist()
    assert (len(index), index.kind) == (200, "gpu-flat")
    index.close()


def test_a_graph_is_for_more_than_a_few() -> None:
    before = owners()
    index = table("cagra")
    index.add(ids(SMALL - 1), rows(SMALL - 1))
    assert index.kind == "gpu-flat"
    index.add(ids(1, 5), rows(1, 3))
    assert index.kind == "gpu-cagra"
    index.remove(ids(MASKED + 1))
    assert index.kind == "gpu-flat"
    assert owners() == before + 1
    index.close()


def test_more_hits_than_a_device_gives_are_found_by_the_host(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gpu_store, "MOST", 30)
    index = table("flat")
    index.add(ids(50), rows(50))
    assert (index.search(rows(1, 1), 45).ids >= 0).all()
    index.close()


class Failing(OnCpu):
    """A device that is full after what it was filled with."""

    def add(self, vectors: F32) -> None:
        raise RuntimeError("out of memory")


def test_what_a_device_does_not_take_is_not_added() -> None:
    index = GpuIndex(filled(ExactIndex, Metric.INNER, rows(5)), fill=Failing)
    with pytest.raises(Unavailable, match="did not take 2 more vectors: out of memory"):
        index.add(ids(2, 500), rows(2))
    assert index.ids().tolist() == ids(5).tolist()
    assert index.search(rows(1), 10).ids[0, 5:].tolist() == [-1] * 5
    index.close()


def test_a_device_that_cannot_be_filled_anew_still_answers(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gpu_store, "MASKED", 3)
    fills = iter([OnCpu])

    def once(kind: Kind, vectors: F32, by: Metric) -> OnCpu:
        if (make := next(fills, None)) is None:
            raise RuntimeError("out of memory")
        return make(kind, vectors, by)

    exact = filled(ExactIndex, Metric.COSINE, rows(40))
    index = GpuIndex(filled(ExactIndex, Metric.COSINE, rows(40)), fill=once)
    for each in (index, exact):
        each.remove(ids(30, 105))
    assert "could not be filled anew: out of memory" in caplog.text
    assert index.search(rows(2, 1), 12).ids.tolist() == exact.search(rows(2, 1), 12).ids.tolist()
    index.close()


def test_rows_that_are_none_are_no_hits() -> None:
    """CAGRA writes 2^32 - 1 where it found fewer than asked for, and may write a row twice."""

    class Short(OnCpu):
        def search(self, queries: F32, k: int) -> tuple[F32, I64]:
            distances, found = super().search(queries, k)
            found[:, 3:] = np.where(np.arange(k - 3) % 2, 2**32 - 1, found[:, :1])
            return distances, found

    index = GpuIndex(filled(ExactIndex, Metric.INNER, rows(30)), fill=Short)
    found = index.search(rows(2, 1), 8).ids
    expected = filled(ExactIndex, Metric.INNER, rows(30)).search(rows(2, 1), 3).ids
    assert found.tolist() == [[*best, -1, -1, -1, -1, -1] for best in expected.tolist()]
    index.close()


def test_an_index_that_nobody_has_any_more_ends_its_thread() -> None:
    before = owners()
    index = table("flat")
    index.add(ids(5), rows(5))
    assert owners() == before + 1
    del index
    gc.collect()
    assert owners() == before


@pytest.mark.gpu
@pytest.mark.skipif(bool(missing()), reason=str(missing()))
@pytest.mark.parametrize("kind", ["flat", "ivf", "cagra"])
def test_a_gpu_finds_the_nearest(kind: Kind, metric: Metric) -> None:
    """Neighbours of points around centres, as windows lie; 0.95 for the approximate ones."""
    if kind == "cagra" and not hasattr(faiss, "GpuIndexCagra"):
        pytest.skip("this FAISS has no CAGRA: it comes with faiss-gpu-cuvs")
    generator = np.random.default_rng(5)
    centres = generator.normal(size=(200, 64))
    around = (centres[generator.integers(200, size=20_000)] + generator.normal(size=(20_000, 64)) / 2).astype(
        np.float32
    )
    exact = ExactIndex(64, metric)
    exact.add(ids(20_000), around)
    index = on_gpu(exact, kind=kind)
    assert index.kind == f"gpu-{kind}"
    index.remove(ids(100))
    queries = around[500:600]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda query: index.search(query[None], 10).ids[0], queries))
    expected = exact.search(queries, 10).ids
    recall = np.mean([np.isin(a, b).mean() for a, b in zip(found, expected, strict=True)])
    assert recall >= (0.999 if kind == "flat" else 0.95)
