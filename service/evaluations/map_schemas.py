"""The shape of a map: a gallery's windows and the words of its classes in the plane."""

from typing import Annotated

from pydantic import Field

from service.schemas import Frozen

Point = Annotated[tuple[float, float], Field(description="Across and down, each from -1 to 1.")]


class MappedClass(Frozen):
    """A class, its `windows` on the map, and where its words lie, null where the bundle cannot tell.

    `apart` is how far the sound and the pictures of its windows are from each other, on average and in the space
    itself: 0 is the same point, 1 as far as those of any two windows; null for bundles of a single sense.
    """

    name: str
    seen: bool
    windows: int
    text: Point | None
    apart: float | None


class MappedWindow(Frozen):
    """A window of a clip, where its sound and its pictures lie; `of` counts into `classes`."""

    window_id: int
    clip_id: str
    start_s: float
    end_s: float
    of: int
    audio: Point | None
    video: Point | None


class EvaluationMap(Frozen):
    """Where sound, pictures and words of a gallery lie beside each other, by `method`; near is alike.

    Of `evaluated` windows these are drawn, by turns one of each class.
    """

    gallery: str
    generation: int
    bundle: str
    method: str
    evaluated: int
    classes: tuple[MappedClass, ...]
    windows: tuple[MappedWindow, ...]
