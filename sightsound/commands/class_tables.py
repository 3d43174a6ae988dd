"""How the command line shows what clips show, and vocabularies."""

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from sightsound.class_answers import ClassifyAnswer, ClassifyBatchAnswer, Ranking, Vocabulary, VocabularySummary
from sightsound.commands.tables import add, columns, heading, moment, noted, of_rows, share

SEEN = {True: "seen", False: "unseen", None: "as the bundle says"}


def of_one(answer: ClassifyAnswer) -> RenderableType:
    """A row a class, best first."""
    return _ranking(answer, title=None, took=f" in {answer.took_ms:.1f} ms")


def of_several(answer: ClassifyBatchAnswer) -> RenderableType:
    """A table a clip, or what is the matter with it."""
    return Group(
        *(
            Group(heading(each.item), Text(each.problem.detail if each.problem else "no answer", style="red"), "")
            if each.ranking is None
            else Group(_ranking(each.ranking, title=each.item), "")
            for each in answer.answers
        )
    )


def of_vocabularies(found: Sequence[VocabularySummary]) -> RenderableType:
    """A row a vocabulary."""
    rows = [(each.name, f"{each.size:,}", moment(each.changed_at)) for each in found]
    return of_rows(("vocabulary", "classes", "changed"), rows, nothing="There is no vocabulary.")


def of_vocabulary(found: Vocabulary) -> RenderableType:
    """A row a class."""
    table = columns("class", "counts as", title=f"{found.name}, version {found.version}")
    for each in found.classes:
        add(table, each.name, SEEN[each.seen])
    return table


def _ranking(found: Ranking, *, title: str | None, took: str = "") -> RenderableType:
    table = columns("class", "", numbers=("", "score"), title=title)
    for place, ranked in enumerate(found.classes, 1):
        add(table, f"{place}", f"{ranked.score:.3f}", ranked.name, "" if ranked.seen else "unseen")
    return noted(table, f"{found.route}{took}{_surety(found)}")


def _surety(found: Ranking) -> str:
    """How sure the first class is: by how much it is the first, and how likely it is right."""
    margin = "" if found.margin is None else f"; the first is ahead by {found.margin:.3f}"
    likely = "" if found.probability is None else f", right with a probability of {share(found.probability)}"
    return f"{margin}{likely}{': too close to say' if found.abstained else ''}"
