"""How the command line says why hits were found: a line or two below the table of hits, each."""

from collections.abc import Iterator, Mapping

from rich.console import Group, RenderableType
from rich.text import Text

from sightsound.answers import Sense
from sightsound.commands.tables import frameless, of_hits
from sightsound.search_answers import Explanation, NearWord, SearchAnswer


def of_answer(answer: SearchAnswer) -> RenderableType:
    """The hits, and below them the reasons, where they were asked for."""
    told = [(place, hit.explanation) for place, hit in enumerate(answer.hits, 1) if hit.explanation is not None]
    if not told:
        return of_hits(answer)
    table = frameless("Why they were found")
    for style in (None, "dim", None):
        table.add_column(style=style)
    if near := {_words(why.words.query) for _, why in told if why.words is not None}:
        table.add_row("", Text("words near the query"), Text("; ".join(sorted(near))))
    for place, why in told:
        for line, (what, value) in enumerate(_reasons(why)):
            table.add_row("" if line else f"{place}", Text(what), Text(value))
    return Group(of_hits(answer), "", table)


def _reasons(why: Explanation) -> Iterator[tuple[str, str]]:
    """What is known, each with its name."""
    if why.raw_score is not None and why.bias:
        yield "score", f"{why.raw_score:.3f}, of which the correction takes {why.bias:.3f}"
    if len(why.parts or ()) > 1:
        yield "its parts", _shares(why.parts)
    if why.words is not None:
        yield "words near the hit", _words(why.words.hit)
    yield from _of_query(why)


def _of_query(why: Explanation) -> Iterator[tuple[str, str]]:
    """By which of several queries, windows and senses."""
    if len(why.query_scores or ()) > 1:
        yield "by each query", ", ".join(f"{each:.3f}" for each in why.query_scores or ())
    if why.attention is not None:
        yield from _both("weights in the", _shares(why.attention.query), _shares(why.attention.hit))
    if why.query_windows:
        spans = (f"{each.start_s:.1f} - {each.end_s:.1f} s ({each.score:.3f})" for each in why.query_windows)
        yield f"nearest of {why.query_window_count} windows", ", ".join(spans)


def _both(what: str, query: str, hit: str) -> Iterator[tuple[str, str]]:
    for whose, value in (("query", query), ("hit", hit)):
        if value:
            yield f"{what} {whose}", value


def _shares(by_sense: Mapping[Sense, float] | None) -> str:
    return ", ".join(f"{sense} {value:.3f}" for sense, value in (by_sense or {}).items())


def _words(words: tuple[NearWord, ...] | None) -> str:
    return ", ".join(f"{each.name} ({each.score:.3f})" for each in words or ())
