"""What is tried on a device, and the rows that come of it; the standard library alone."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table: a figure, as shares of what was measured of the device, or whether something holds."""

    part: str
    what: str
    figure: str
    bandwidth: float | None = None
    products: float | None = None
    holds: bool | None = None


@dataclass(frozen=True, slots=True)
class Roofs:
    """What the device did in this run: bytes a second of a copy, read and written, and operations of a product."""

    bandwidth: float
    products: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much work there is."""

    copied_bytes: int
    side: int
    batches: tuple[int, ...]
    ranked: tuple[int, ...]
    searched: int
    asked: tuple[int, ...]


WHOLE = Sizes(
    copied_bytes=2**30,
    side=8_192,
    batches=(256, 4_096),
    ranked=(26_593, 100_000),
    searched=10_000_000,
    asked=(1, 256, 4_096),
)
SMALL = Sizes(copied_bytes=2**22, side=128, batches=(16,), ranked=(300,), searched=20_000, asked=(1, 40))


@dataclass(frozen=True, slots=True)
class Context:
    """Where a part works, on how much, beside which roofs; None before they are measured."""

    device: str
    sizes: Sizes
    roofs: Roofs | None = None

    def row(
        self, part: str, what: str, said: str, *, took_s: float, moved_bytes: float, operations: float, kind: str
    ) -> Row:
        """Of work that moves so many bytes at least and multiplies so much."""
        assert self.roofs is not None, "roofs are measured first"
        return Row(
            part,
            what,
            said,
            bandwidth=moved_bytes / took_s / self.roofs.bandwidth,
            products=operations / took_s / self.roofs.products[kind],
        )


@dataclass(frozen=True, slots=True)
class Task:
    """Something to try, with the modules that it needs beside torch and numpy."""

    what: str
    needs: tuple[str, ...]
    run: Callable[[Context], Iterator[Row]]

    def rows(self, part: str, context: Context) -> Iterator[Row]:
        """Those of trying it; one that says what is missing where it cannot be tried."""
        if missing := [name for name in self.needs if find_spec(name) is None]:
            yield left_out(part, self.what, f"{', '.join(missing)} not installed")
            return
        yield from self.run(context)


def left_out(part: str, what: str, why: str) -> Row:
    """A row of what was not tried."""
    return Row(part, what, f"left out: {why}")


def duration(took_s: float) -> str:
    """In milliseconds, or seconds from ten on."""
    return f"{took_s:,.1f} s" if took_s >= 10 else f"{1000 * took_s:,.3g} ms" if took_s < 1 else f"{took_s:.2f} s"
