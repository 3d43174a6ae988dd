"""The corpus: every mutant of every kind of file, by its name, the same each time."""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from tests.faults.corpus import ogg, png
from tests.faults.corpus.bombs import bombs, crowds, depths, polyglots
from tests.faults.corpus.declaring import declaring
from tests.faults.corpus.good import GOOD, good
from tests.faults.corpus.references import references
from tests.faults.corpus.shapes import shapes
from tests.faults.corpus.spoiling import SPOILING

WRITTEN = {
    "references": references,
    "shapes": shapes,
    "bombs": bombs,
    "depths": depths,
    "crowds": crowds,
    "polyglots": polyglots,
}
GROUPS = (*GOOD, *WRITTEN)
SPLICES = 6
REPAIRED = {"opus ogg": ogg.stamped, "png": png.stamped, "apng": png.stamped}
"""What is set right in mutants of a kind, so that more than the first look at them comes to something."""


FOUND = {
    ("mpegts", "a tenth random"): (3,),  # streams that begin in the middle, which PyAV loses count of
    ("ivf", "a block doubled"): (11,),  # a frame that is said to be larger than memory, after some that are not
    ("mp4", "a hundredth of the body random"): (12,),  # pictures that ask for more memory than there may be
}
"""Numbers of mutants, beyond those of SPOILING, that showed something in a larger run."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """A bad file: of a group of GROUPS, by a name that no other in it has."""

    group: str
    name: str
    content: bytes


def mutants(group: str, *, times: int = 1) -> Iterator[Mutant]:
    """All of a group; `times` as many of those that chance makes."""
    if group in WRITTEN:
        found = WRITTEN[group]()
    else:
        found = (each for part in (_spoiled, _spliced) for each in part(group, times))
        found = (each for every in (found, declaring(group, good(group))) for each in every)
        found = ((name, REPAIRED.get(group, bytes)(content)) for name, content in found)
    return (Mutant(group, name, content) for name, content in found)


def _spoiled(kind: str, times: int) -> Iterator[tuple[str, bytes]]:
    for way, (spoil, count) in SPOILING.items():
        for number in sorted({*range(count * times), *FOUND.get((kind, way), ())}):
            yield f"{way}, {number}", spoil(good(kind), Random(f"{kind}, {way}, {number}"))


def _spliced(kind: str, times: int) -> Iterator[tuple[str, bytes]]:
    """The head of another kind on the body of this one."""
    for number in range(SPLICES * times):
        random = Random(f"{kind}, spliced, {number}")
        other = random.choice([each for each in GOOD if each != kind])
        head = good(other)[: random.choice((8, 64, 512, len(good(other)) // 4))]
        yield f"head of {other}, {number}", head + good(kind)[random.choice((0, len(head))) :]
