"""What the service answers about maps; docs/evaluating.md says what each field means."""

from sightsound.answers import Answer

Point = tuple[float, float]


class MappedClass(Answer):
    """A class, its `windows` on the map, where its words lie, and how far apart its sound and pictures are."""

    name: str
    seen: bool
    windows: int
    text: Point | None
    apart: float | None


class MappedWindow(Answer):
    """A window of a clip, where its sound and its pictures lie; `of` counts into `classes`."""

    window_id: int
    clip_id: str
    start_s: float
    end_s: float
    of: int
    audio: Point | None
    video: Point | None


class EvaluationMap(Answer):
    """Where sound, pictures and words of a gallery lie beside each other; coordinates are from -1 to 1."""

    gallery: str
    generation: int
    bundle: str
    method: str
    evaluated: int
    classes: tuple[MappedClass, ...]
    windows: tuple[MappedWindow, ...]
