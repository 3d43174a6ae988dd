"""How a figure grows with the windows: two terms, fitted to what was measured, and how far off they are beyond it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import log, sqrt

Points = Sequence[tuple[int, float]]
"""Windows and what was measured with so many, from few to many."""

TERMS: Mapping[str, Callable[[float], float]] = {
    "1": lambda n: 1.0,
    "n": lambda n: n,
    "√n": sqrt,
    "n√n": lambda n: n * sqrt(n),
    "log n": log,
    "n log n": lambda n: n * log(n),
}
Terms = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Growth:
    """first * terms[0](n) + second * terms[1](n)."""

    terms: Terms
    first: float
    second: float

    def at(self, windows: float) -> float:
        """The figure with so many windows."""
        one, other = (TERMS[each](windows) for each in self.terms)
        return self.first * one + self.second * other


@dataclass(frozen=True, slots=True)
class HeldOut:
    """What the fit of all smaller sizes says of the largest, as a multiple of what was measured there."""

    windows: int
    ratio: float


def fitted(points: Points, terms: Terms) -> Growth:
    """The growth with the least sum of squared relative errors, neither term negative.

    In plain arithmetic, so that every machine finds the same to the last bit.
    """
    rows = [(TERMS[terms[0]](n) / y, TERMS[terms[1]](n) / y) for n, y in points]
    aa, ab, bb = (sum(row[i] * row[j] for row in rows) for i, j in ((0, 0), (0, 1), (1, 1)))
    a, b = (sum(row[i] for row in rows) for i in (0, 1))
    whole = aa * bb - ab * ab
    if len(points) > 1 and whole > 1e-9 * aa * bb:
        first, second = (a * bb - b * ab) / whole, (b * aa - a * ab) / whole
        if first >= 0 and second >= 0:
            return Growth(terms, first, second)
    alone = Growth(terms, a / aa, 0.0), Growth(terms, 0.0, b / bb)
    return min(alone, key=lambda each: error(each, points))


def error(growth: Growth, points: Points) -> float:
    """The sum of squared relative errors."""
    return sum((growth.at(n) / y - 1) ** 2 for n, y in points)


def held_out(points: Points, terms: Terms) -> HeldOut | None:
    """How far off the fit is at the largest size, which it was not shown; None of fewer than three sizes."""
    if len(points) < 3:
        return None
    *known, (windows, measured) = points
    return HeldOut(windows, fitted(known, terms).at(windows) / measured)


def reached(figure: Callable[[float], float], value: float, *, most: float = 1e13) -> float:
    """With how many windows a figure that grows comes to a value; `most` where it does not before."""
    low, high = 1.0, most
    while high / low > 1.001:
        middle = sqrt(low * high)
        low, high = (middle, high) if figure(middle) < value else (low, middle)
    return high
