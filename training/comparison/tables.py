"""The tables of a comparison in Markdown: ours, as mean and deviation over seeds, beside what was printed."""

from collections.abc import Iterable, Mapping, Sequence
from math import nan
from statistics import mean, stdev

from models.bundle.manifest import Channel
from models.evaluation.evaluating import crosses
from training.comparison.published import MAP, Figures
from training.comparison.row import Classified, Row
from training.comparison.significance import ALPHA, Comparison, compare

COLUMNS = ("S", "U", "HM", "ZSL")
NONE = "n/a"
PRINTED_MAP = {"S": "S", "U": "U", "HM": "HM", "by_sample": "all queries", "by_class": "all classes"}
"""What papers print of a route, by the names of its figures."""


def classification(rows: Sequence[Row], printed: Mapping[str, Figures]) -> str:
    """S, U, HM and ZSL of every method that classifies; where papers print some, theirs and the difference too."""
    return _classified(
        (name, each[0].channel, each, printed.get(name))
        for name, each in by_method(rows).items()
        if each[0].channel is not None
    )


def one_sense(rows: Sequence[Row], printed: Mapping[str, Mapping[Channel, Figures]]) -> str:
    """The same of methods that look at two senses, by each of them alone."""
    return _classified(
        (name, channel, [row.classification[channel] for row in each], printed.get(name, {}).get(channel))
        for name, each in by_method(rows).items()
        for channel in each[0].classification
        if channel != each[0].channel
    )


def _classified(tried: Iterable[tuple[str, Channel, Sequence[Row | Classified], Figures | None]]) -> str:
    """A line for each method and what it looks at; with what is printed if anything is of any of them."""
    if not (found := list(tried)):
        return ""
    lines = [[name, by, *(spread(each, column) for column in COLUMNS)] for name, by, each, _ in found]
    header = ["method", "by", *COLUMNS]
    if all(theirs is None for *_, theirs in found):
        return table(header, lines)
    more = [_printed(each, theirs) for _, _, each, theirs in found]
    header += ["printed S / U / HM / ZSL", "HM, ours - printed", "ZSL, ours - printed"]
    return table(header, [[*line, *rest] for line, rest in zip(lines, more, strict=True)])


def retrieval(rows: Sequence[Row], printed: Mapping[str, Mapping[str, MAP]]) -> str:
    """mAP of every method and route between modalities: averaged by class, and over all queries."""
    found = [
        (name, route, each) for name, each in by_method(rows).items() for route in each[0].retrieval if crosses(route)
    ]
    if not found:
        return ""
    lines = [[name, route, *_precision(each, route)] for name, route, each in found]
    header = ["method", "route", "S", "U", "HM", "all classes", "all queries", "chance S", "chance U"]
    if not printed.keys() & {name for name, _, _ in found}:
        return table(header, lines)
    theirs = [_printed_map(each, route, printed.get(name, {}).get(route)) for name, route, each in found]
    header += ["printed", "ours - printed"]
    return table(header, [[*line, *more] for line, more in zip(lines, theirs, strict=True)])


def significance(found: Comparison, *, of: str, blocks: str) -> str:
    """What Friedman's and Nemenyi's tests say, in a sentence and a table of mean ranks."""
    names = sorted(found.ranks, key=lambda name: found.ranks[name])
    equals = ", ".join(found.equals_of_best)
    text = (
        f"Methods ranked by {of} on {found.blocks} {blocks}: Friedman p = {found.p_value:.2g}. "
        f"Not different from the best at {ALPHA:.0%} by Nemenyi's test: {equals}."
    )
    return f"{text}\n\n{table(['method', 'mean rank'], [[name, f'{found.ranks[name]:.2f}'] for name in names])}"


def significances(rows: Sequence[Row]) -> list[tuple[str, str]]:
    """Titled tests over classes: of accuracies with all modalities, and of every route's average precision.

    Each method's value of a class is its mean over seeds.
    """
    found = []
    for figure, values in values_by_class(rows).items():
        if (compared := compare(values)) is not None:
            found.append((f"Significance: {figure}", significance(compared, of=figure, blocks="classes")))
    return found


def values_by_class(rows: Sequence[Row]) -> dict[str, dict[str, list[float]]]:
    """By figure and method, the value of every class, averaged over seeds; NaN where a class has none."""
    found: dict[str, dict[str, list[float]]] = {}
    for name, each in by_method(rows).items():
        for figure in each[0].by_class:
            columns = zip(*(row.by_class[figure].values() for row in each), strict=True)
            found.setdefault(figure, {})[name] = [
                nan if None in column else mean(value for value in column if value is not None) for column in columns
            ]
    return found


def table(header: Sequence[str], lines: Iterable[Sequence[object]]) -> str:
    """A Markdown table that can be read as it stands: its columns are as wide as their widest cell."""
    every = [list(header), *([str(cell) for cell in line] for line in lines)]
    widths = [max(3, *map(len, column)) for column in zip(*every, strict=True)]
    every.insert(1, ["-" * width for width in widths])
    padded = ([cell.ljust(width) for cell, width in zip(line, widths, strict=True)] for line in every)
    return "\n".join(f"| {' | '.join(line)} |" for line in padded)


def by_method(rows: Iterable[Row]) -> dict[str, list[Row]]:
    """Rows of each method, in the order the methods first come."""
    found: dict[str, list[Row]] = {}
    for each in rows:
        found.setdefault(each.method, []).append(each)
    return found


def spread(rows: Sequence[Row | Classified], column: str) -> str:
    """Mean and, of several seeds, the sample deviation of a figure."""
    return _spread([getattr(each, column) for each in rows])


def _spread(values: Sequence[float | None]) -> str:
    known = [value for value in values if value is not None]
    if not known:
        return NONE
    return f"{mean(known):.2f}" + (f" ± {stdev(known):.2f}" if len(known) > 1 else "")


def _printed(rows: Sequence[Row | Classified], theirs: Figures | None) -> list[str]:
    if theirs is None:
        return [NONE] * 3
    shown = " / ".join(NONE if (value := getattr(theirs, each)) is None else f"{value:.2f}" for each in COLUMNS)
    return [
        shown,
        *(_difference([getattr(each, column) for each in rows], getattr(theirs, column)) for column in ("HM", "ZSL")),
    ]


def _precision(rows: Sequence[Row], route: str) -> list[str]:
    columns = ("S", "U", "HM", "by_class", "by_sample", "chance_S", "chance_U")
    return [_spread([getattr(each.retrieval[route], column) for each in rows]) for column in columns]


def _printed_map(rows: Sequence[Row], route: str, theirs: MAP | None) -> list[str]:
    """All that is printed, and how far ours is from what is printed of all classes: HM, else the first there is."""
    if theirs is None:
        return [NONE] * 2
    ours = [each.retrieval[route] for each in rows]
    known = [name for name in PRINTED_MAP if getattr(theirs, name) is not None]
    shown = ", ".join(f"{PRINTED_MAP[name]} {getattr(theirs, name):.2f}" for name in known)
    compared = "HM" if "HM" in known else known[0]
    said = "" if compared == "by_sample" else f"{PRINTED_MAP[compared]} "
    return [shown, said + _difference([getattr(each, compared) for each in ours], getattr(theirs, compared))]


def _difference(ours: Sequence[float | None], theirs: float | None) -> str:
    known = [value for value in ours if value is not None]
    return NONE if theirs is None or not known else f"{mean(known) - theirs:+.2f}"


def sections(parts: Iterable[tuple[str, str]]) -> str:
    """Titled parts under each other; those without text are left out."""
    return "\n\n".join(f"## {title}\n\n{text}" for title, text in parts if text) + "\n"
