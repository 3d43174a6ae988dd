"""What a row of a backbone's graph is made of."""

from dataclasses import dataclass
from typing import ClassVar, Literal


@dataclass(frozen=True, slots=True)
class Rows:
    """A row is made of the whole `window`, of one `frame`, or of a `stretch`.

    Args:
        length_s: the seconds that a stretch covers; of stretches alone.
        step_s: how much later the next one begins; the last of a window may begin earlier, to end with it.
    """

    of: Literal["window", "frame", "stretch"]
    length_s: float | None = None
    step_s: float | None = None

    __pydantic_config__: ClassVar = {"extra": "forbid"}  # a card that says more than this is refused

    def __post_init__(self) -> None:
        given = (self.length_s, self.step_s)
        if self.of != "stretch" and given != (None, None):
            raise ValueError(f"only stretches have a length and a step, found {self}")
        if self.of == "stretch" and not all(each is not None and each > 0 for each in given):
            raise ValueError(f"a stretch has length_s > 0 and step_s > 0, found {self}")
