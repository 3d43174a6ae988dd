"""The vectors of a gallery built anew, so that what came and went since is indexed too."""

from index.gallery import Gallery
from service.jobs.pulse import Pulse
from service.jobs.work import Workshop
from service.schemas import Document


class Compact:
    """The active generation of one gallery."""

    def __init__(self, workshop: Workshop, gallery: str) -> None:
        self._gallery: Gallery = workshop.galleries.get(gallery)

    def plan(self) -> Document:
        """As many items as vectors."""
        active = self._gallery.active
        return {"items": sum(len(each) for each in active.tables.values()), "steps": 1}

    def do(self, number: int, plan: Document, pulse: Pulse) -> Document:
        """Build them; to do it again does no harm."""
        pulse.at(f"generation {self._gallery.active.number}")
        self._gallery.compact(pulse)
        return {"counts": {"embedded": plan["items"]}, "errors": []}

    def finish(self, plan: Document, counts: Document, found: Document) -> Document:
        """How many vectors there are, of which generation."""
        active = self._gallery.active
        return {"generation": active.number, "vectors": sum(len(each) for each in active.tables.values())}
