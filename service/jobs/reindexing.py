"""A gallery embedded anew, once: a crash after the switch does not make a second generation."""

from index.gallery import Gallery
from service.job_schemas import Document
from service.jobs.pulse import Pulse
from service.jobs.work import Workshop


class Reindex:
    """One gallery, and the bundle that it is to be embedded with."""

    def __init__(self, workshop: Workshop, gallery: str, request: Document) -> None:
        self._gallery: Gallery = workshop.galleries.get(gallery)
        self._workshop, self._wanted = workshop, request["bundle"]

    def plan(self) -> Document:
        """The bundle, opened with all that it names, and the generation it is to follow."""
        active = self._gallery.active
        bundle = self._workshop.galleries.bundle(self._wanted or active.bundle.name)
        # The encoders first: a gallery must not switch to a bundle that no query could be made for.
        self._workshop.encoders.text(bundle.manifest)
        self._workshop.encoders.extractor(bundle.manifest)
        return {"items": 1, "steps": 1, "bundle": bundle.name, "sha256": bundle.sha256, "follows": active.number}

    def do(self, number: int, plan: Document, pulse: Pulse) -> Document:
        """Build and switch, unless a worker that died had got to it."""
        pulse.at(plan["bundle"])
        if not self._is_done(plan):
            self._gallery.reindex(plan["bundle"])
        pulse.did()
        return {"counts": {"switched": 1}, "errors": []}

    def finish(self, plan: Document, counts: Document, found: Document) -> Document:
        """The generation that answers now."""
        now = self._gallery.summary()
        return {"generation": now.generation, "bundle": now.bundle, "windows": now.windows}

    def _is_done(self, plan: Document) -> bool:
        active = self._gallery.active
        return active.number > int(plan["follows"]) and active.bundle.sha256 == str(plan["sha256"])
