"""Which classes compete, and how: as it is said in forms and in JSON."""

import re
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from fastapi import Form
from pydantic import AfterValidator, Field

from models.bundle.manifest import Channel
from models.errors import QueryInvalid
from service.classify.vocabulary_schemas import MOST_CLASSES, VocabularyName
from service.schemas import Body, Text

NUMBER = re.compile(r"-?\d{1,9}(\.\d{1,9})?")


def _calibration(value: str) -> str:
    if value in ("on", "off") or NUMBER.fullmatch(value):
        return value
    raise ValueError("expected on, off or a number")


Calibration = Annotated[str, AfterValidator(_calibration)]
ClassNames = Annotated[tuple[Text, ...], Field(max_length=MOST_CLASSES, fail_fast=True)]
LARGEST = 1e9
MOST_OF_WINDOWS = 100
"""Classes that are told of each window."""
By = Literal["clip", "window"]
BETAS: dict[str, float | None] = {"on": None, "off": 0.0}
CLASSES: dict[str, Any] = {"description": "Any words; a name each, which may have commas in it."}
VOCABULARY: dict[str, Any] = {"description": "The name of a stored vocabulary, in place of classes."}
CHANNEL: dict[str, Any] = {"description": "What to look at; by default the widest that clip and bundle have."}
HOW_MANY: dict[str, Any] = {"ge": 1, "le": MOST_CLASSES, "description": "How many classes to tell, at most."}
CALIBRATION: dict[str, Any] = {"description": "on, off, or what to take off seen classes."}
RANKED: dict[str, Any] = {"description": "What is ranked: the clip, or each of its windows too."}
ABSTAIN: dict[str, Any] = {
    "ge": 0,
    "le": LARGEST,
    "allow_inf_nan": False,
    "description": "Abstain where the winner is less above the runner-up.",
}


@dataclass(frozen=True, slots=True)
class Choosing:
    """How classes are chosen; raises QueryInvalid for two ways to say which, or too many to tell of each window.

    Args:
        classes: those that compete, or else those of the `vocabulary` of that name; without either the bundle's own.
        beta: what is taken off seen classes; None: what the bundle was calibrated to.
        k: how many to tell at most.
        by: whether windows are ranked too.
        abstain_below: the least margin; None for any.
        channel: what is looked at; None: the widest channel that clip and bundle have.
    """

    classes: tuple[str, ...] = ()
    vocabulary: str | None = None
    beta: float | None = None
    k: int = 10
    by: By = "clip"
    abstain_below: float | None = None
    channel: Channel | None = None

    def __post_init__(self) -> None:
        if self.classes and self.vocabulary is not None:
            raise QueryInvalid("found both classes and a vocabulary, expected one of them or none")
        if self.by == "window" and self.k > MOST_OF_WINDOWS:
            raise QueryInvalid(f"k: found {self.k}, expected at most {MOST_OF_WINDOWS} classes of each window")


class ChoosingBody(Body):
    """How classes are chosen, as a part of a JSON body."""

    classes: Annotated[tuple[Text, ...] | None, Field(min_length=1, max_length=MOST_CLASSES, fail_fast=True)] = None
    vocabulary: Annotated[VocabularyName | None, Field(**VOCABULARY)] = None
    calibration: Annotated[
        Literal["on", "off"] | Annotated[float, Field(ge=-LARGEST, le=LARGEST)], Field(**CALIBRATION)
    ] = "on"
    k: Annotated[int, Field(**HOW_MANY)] = 10
    by: Annotated[By, Field(**RANKED)] = "clip"
    abstain_below: Annotated[float | None, Field(**ABSTAIN)] = None
    channel: Annotated[Channel | None, Field(**CHANNEL)] = None

    def choosing(self) -> Choosing:
        """The same, checked; raises QueryInvalid."""
        beta = BETAS[self.calibration] if isinstance(self.calibration, str) else self.calibration
        return Choosing(self.classes or (), self.vocabulary, beta, self.k, self.by, self.abstain_below, self.channel)


async def by_form(
    classes: Annotated[ClassNames, Form(**CLASSES)] = (),
    vocabulary: Annotated[VocabularyName | None, Form(**VOCABULARY)] = None,
    calibration: Annotated[Calibration, Form(**CALIBRATION)] = "on",
    k: Annotated[int, Form(**HOW_MANY)] = 10,
    by: Annotated[By, Form(**RANKED)] = "clip",
    abstain_below: Annotated[float | None, Form(**ABSTAIN)] = None,
    channel: Annotated[Channel | None, Form(**CHANNEL)] = None,
) -> Choosing:
    """As the fields of a form say; raises QueryInvalid."""
    beta = BETAS[calibration] if calibration in BETAS else float(calibration)
    return Choosing(classes, vocabulary, beta, k, by, abstain_below, channel)
