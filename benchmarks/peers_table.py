"""What was found of all peers, as a table in Markdown."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from benchmarks.machine import Machine
from benchmarks.peers_measuring import Measured, Speed

COLUMNS = ("vectors", "system", "build s", "MiB", "recall asked", "setting", "recall", "QPS", "p50 ms", "p99 ms")
WORDS = ("system", "recall asked", "setting")


@dataclass(frozen=True, slots=True)
class Comparison:
    """All peers measured in one run on one machine, by so many queries; `skipped` says of others why they are not."""

    machine: Machine
    queries: int
    found: Sequence[Measured]
    skipped: Mapping[str, str]

    def markdown(self) -> str:
        """For the document, and legible on a terminal."""
        rule = ["---" if column in WORDS else "---:" for column in COLUMNS]
        lines = [_line(COLUMNS), _line(rule), *(line for each in self.found for line in rows(each))]
        left_out = [f"- {name}: skipped, {why}" for name, why in self.skipped.items()]
        head = f"{self.queries:,} queries on: {self.machine}."
        return "\n".join([head, "", *lines, *([""] if left_out else []), *left_out])


def rows(found: Measured) -> Iterator[str]:
    """A line for each setting: where the same reaches both recalls, both are its."""
    for _, those in groupby(found.speeds, key=lambda speed: dict(speed.step)):
        speeds = list(those)
        first = speeds[0]
        setting = ", ".join(f"{name} {value}" for name, value in first.step.items()) or "none"
        asked = ", ".join(_asked(each) for each in speeds)
        yield _line(
            (
                *(f"{found.vectors:,}", found.peer, f"{found.build_s:.1f}", f"{found.memory_mib:,.0f}"),
                *(
                    asked,
                    setting,
                    f"{first.recall:.4f}",
                    f"{first.qps:,.0f}",
                    f"{first.p50_ms:.2f}",
                    f"{first.p99_ms:.2f}",
                ),
            )
        )


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _asked(speed: Speed) -> str:
    return f"{speed.target}" if speed.recall >= speed.target else f"{speed.target} (missed)"
