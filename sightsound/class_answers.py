"""What classification answers, and vocabularies to classify by; docs/classifying.md says what each field means."""

from pydantic import AwareDatetime

from sightsound.answers import Absence, Answer, Channel, Problem, Sense, Tagged, Window


class RankedClass(Answer):
    """A class, its calibrated score, what was taken off for being seen, and the part that each modality has in it."""

    name: str
    score: float
    seen: bool
    taken_off: float
    parts: dict[Sense, float]


class Ranking(Answer):
    """What a clip or window shows, best first; `margin` is the winner's score minus the runner-up's, None without one.

    `probability` is that the winner is right, None where that is not known. `abstained` says that the margin is below
    what was asked for: the classes are no answer then.
    """

    route: str
    channel: Channel
    decided_by: Sense | None
    beta: float
    margin: float | None
    probability: float | None = None
    abstained: bool
    classes: tuple[RankedClass, ...]


class RankedWindow(Window):
    """What a window of a clip shows; None where it lacks what the bundle looks at, and why in `absent`."""

    absent: dict[Sense, Absence]
    ranking: Ranking | None


class ClipRanking(Ranking):
    """What a clip shows, and if that was asked for each of its windows."""

    windows: tuple[RankedWindow, ...] | None


class ClassifyAnswer(ClipRanking):
    """What a clip shows, by which gallery's bundle, and by which vocabulary if one was named."""

    gallery: str
    bundle: str
    vocabulary: str | None
    took_ms: float


class ItemRanking(Answer):
    """What one of several shows, or the problem that it has: one of them is None.

    `item` is the name of the file, the id of the clip, or the number of the window.
    """

    item: str
    ranking: ClipRanking | None
    problem: Problem | None


class ClassifyBatchAnswer(Answer):
    """What each of several clips or windows shows, in their order."""

    gallery: str
    bundle: str
    vocabulary: str | None
    took_ms: float
    answers: tuple[ItemRanking, ...]


class VocabularyClass(Answer):
    """A class; `seen` says whether it counts as one that training saw, None: as the bundle says that classifies."""

    name: str
    seen: bool | None


class VocabularySummary(Answer):
    """A vocabulary without its classes, of which there are `size`; `version` is how often they were set."""

    name: str
    size: int
    version: int
    made_at: AwareDatetime
    changed_at: AwareDatetime


class Vocabulary(VocabularySummary, Tagged):
    """A named list of classes to classify clips by."""

    classes: tuple[VocabularyClass, ...]


class VocabularyPage(Answer):
    """Some vocabularies in the order of their names; `next` is the cursor of those after them, None after the last."""

    vocabularies: tuple[VocabularySummary, ...]
    next: str | None
