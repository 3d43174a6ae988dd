"""Every benchmark at a tiny size: it measures what it says and comes out as a row. No figure is asserted."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from timeit import Timer
from typing import ClassVar

import pytest

from benchmarks import measuring
from benchmarks.avca_step import AVCAStep
from benchmarks.beta_sweep import BetaSweep
from benchmarks.contest import Benchmark, Contest
from benchmarks.decoding import Decoding
from benchmarks.every import BENCHMARKS
from benchmarks.front_end import FrontEnd
from benchmarks.gallery import GallerySearch
from benchmarks.ingest import Ingest
from benchmarks.long_decoding import LongDecoding
from benchmarks.machine import this_machine
from benchmarks.measuring import Ratio, Result, measure
from benchmarks.precision import Precision
from benchmarks.reembedding import Reembedding
from benchmarks.report import BEGIN, END, Report, write_into
from benchmarks.service import Service
from benchmarks.training_step import TrainingStep
from benchmarks.words import Words
from tests.real_data import real
from tests.tiny.encoders import tiny_text_encoder

DOCUMENT = Path(__file__).parents[2] / "docs/performance.md"
TINY: tuple[Benchmark, ...] = (
    GallerySearch(windows=300),
    Reembedding(windows=600),
    Service(requests=4),
    FrontEnd(seconds=0.5, sizes=(512,)),
    Decoding(seconds=0.2),
    LongDecoding(minutes=0.5),
    TrainingStep(steps=1),
    AVCAStep(steps=1, clips=60, threads=1),
    Precision(items=40, queries=4, sampled=2),
    BetaSweep(samples=30, classes=8),
)


@dataclass(frozen=True)
class Counted:
    """Counts the calls of its two ways."""

    calls: list[str] = field(default_factory=list)
    name: ClassVar[str] = "counted"

    @contextmanager
    def contest(self) -> Iterator[Contest]:
        ways = {each: lambda each=each: self.calls.append(each) for each in ("a", "b")}
        yield Contest(ways, [("a", "b")], most_calls=6)


def row(benchmark: Benchmark) -> Result:
    """The result of one round, after checking that it is told of and that every pair has times."""
    told: list[int] = []
    result = measure(benchmark, rounds=1, report=told.append)
    assert told == [1]
    assert result.ratios
    assert all(min(ratio.least, ratio.ours_ms, ratio.peer_ms) > 0 for ratio in result.ratios)
    return result


@pytest.mark.parametrize("benchmark_", TINY, ids=lambda each: each.name)
def test_a_benchmark_gives_rows(benchmark_: Benchmark) -> None:
    row(benchmark_)


def test_the_text_benchmark_gives_rows(tmp_path: Path) -> None:
    row(Words(encoder=tiny_text_encoder(tmp_path / "encoder")))


def test_the_text_benchmark_says_why_it_is_skipped_without_weights(tmp_path: Path) -> None:
    result = measure(Words(tmp_path / "none", tmp_path / "neither"), rounds=1, report=lambda _: None)
    assert result.ratios == ()
    assert [str(tmp_path / "neither") in why for why in result.skipped.values()] == [True]


def test_the_ingest_benchmark_gives_rows() -> None:
    row(Ingest(clips=1, seconds=0.5, folder=real("backbones")))


def test_the_ingest_benchmark_says_why_it_is_skipped_without_networks(tmp_path: Path) -> None:
    result = measure(Ingest(folder=tmp_path), rounds=1, report=lambda _: None)
    assert result.ratios == ()
    assert list(result.skipped.values()) == [f"there is no yamnet.onnx and no mobilenet_v2.onnx in {tmp_path}"]


def test_every_benchmark_is_run_by_the_command_tested_here_and_documented() -> None:
    names = {each.name for each in BENCHMARKS}
    assert names == {each.name for each in (*TINY, Ingest(), Words())}
    assert [name for name in names if f"| {name} |" not in DOCUMENT.read_text().partition(BEGIN)[0]] == []


def test_ways_take_turns_and_are_called_no_more_than_allowed() -> None:
    counted = Counted()
    measure(counted, rounds=3, report=lambda _: None)
    timed = "".join(counted.calls)[-12:]
    assert timed == "aabbaabbaabb"


def test_a_ratio_is_the_median_over_the_rounds_with_its_extremes() -> None:
    found = Ratio.of(("ours", "peer"), ours_s=[2.0, 9.0, 4.0], peer_s=[1.0, 1.0, 4.0])
    assert (found.median, found.least, found.most) == (2.0, 1.0, 9.0)
    assert (found.ours_ms, found.peer_ms) == (4000.0, 1000.0)


def test_the_time_of_a_way_that_does_a_share_of_the_work_is_scaled_up(monkeypatch: pytest.MonkeyPatch) -> None:
    now_s = [0.0]

    def work() -> None:
        now_s[0] += 0.2

    monkeypatch.setattr(measuring, "Timer", partial(Timer, timer=lambda: now_s[0]))

    @dataclass(frozen=True)
    class Shared:
        name: ClassVar[str] = "shared"

        @contextmanager
        def contest(self) -> Iterator[Contest]:
            ways = {"all": work, "a tenth": work}
            yield Contest(ways, [("a tenth", "all")], shares={"a tenth": 0.1})

    (ratio,) = measure(Shared(), rounds=1, report=lambda _: None).ratios
    assert (ratio.ours_ms, ratio.peer_ms, ratio.median) == pytest.approx((2000, 200, 10))


def test_a_way_that_no_pair_compares_is_refused() -> None:
    with pytest.raises(ValueError, match="b"):
        Contest({"a": int, "b": int}, [("a", "a")])


def test_the_table_goes_between_the_markers_and_leaves_the_rest(tmp_path: Path) -> None:
    document = tmp_path / "performance.md"
    document.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    ratio = Ratio.of(("ours", "peer"), ours_s=[0.25], peer_s=[0.125])
    report = Report(this_machine(), 1, [Result("search", (ratio,), {"ffmpeg": "not installed"})])
    write_into(document, report.markdown())
    written = document.read_text()
    assert written.startswith(f"before\n{BEGIN}\n")
    assert written.endswith(f"\n{END}\nafter\n")
    assert "| search | ours | peer | 2 x | 2 to 2 | 250 / 125 |" in written
    assert "| search | ffmpeg | skipped: not installed |" in written
    assert "old" not in written


def test_a_document_without_markers_is_left_as_it_is(tmp_path: Path) -> None:
    document = tmp_path / "performance.md"
    document.write_text("nothing to replace")
    with pytest.raises(ValueError, match="needs the lines"):
        write_into(document, "table")
    assert document.read_text() == "nothing to replace"
