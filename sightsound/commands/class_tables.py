"""How the command line shows what clips show, and vocabularies."""

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from sightsound.class_answers import ClassifyAnswer, ClassifyBatchAnswer, Ranking, Vocabulary, VocabularySummary

SEEN = {True: "seen", False: "unseen", None: "as the bundle says"}


def of_one(answer: ClassifyAnswer) -> RenderableType:
    """A row a class, best first."""
    return _ranking(answer, title=None, caption=f"{answer.route} in {answer.took_ms:.1f} ms")


def of_several(answer: ClassifyBatchAnswer) -> RenderableType:
    """A table a clip, or what is the matter with it."""
    return Group(
        *(
            Text(f"{each.item}: {each.problem.detail if each.problem else 'no answer'}")
            if each.ranking is None
            else _ranking(each.ranking, title=each.item, caption=each.ranking.route)
            for each in answer.answers
        )
    )


def of_vocabularies(found: Sequence[VocabularySummary]) -> RenderableType:
    """A row a vocabulary."""
    if not found:
        return Text("There is no vocabulary.")
    table = Table("vocabulary", "classes", "changed")
    for each in found:
        table.add_row(Text(each.name), f"{each.size:,}", f"{each.changed_at:%Y-%m-%d %H:%M:%S}")
    return table


def of_vocabulary(found: Vocabulary) -> RenderableType:
    """A row a class."""
    table = Table("class", "counts as", title=Text(f"{found.name}, version {found.version}"), title_justify="left")
    for each in found.classes:
        table.add_row(Text(each.name), SEEN[each.seen])
    return table


def _ranking(found: Ranking, *, title: str | None, caption: str) -> Table:
    doubtful = " (too close to say)" if found.abstained else ""
    table = Table(
        title=None if title is None else Text(title),
        title_justify="left",
        caption=Text(f"{caption}{doubtful}"),
        caption_justify="left",
    )
    for each in ("", "score"):
        table.add_column(each, justify="right", no_wrap=True)
    for each in ("class", ""):
        table.add_column(each)
    for place, ranked in enumerate(found.classes, 1):
        table.add_row(f"{place}", f"{ranked.score:.3f}", Text(ranked.name), "" if ranked.seen else "unseen")
    return table
