"""The clips that a gallery holds: how they come, what is told of them, and how they go."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from index import adding
from index.adding import Arrival, Extractor, Made
from index.catalog import changes, clips
from index.catalog.counts import Counts, counted
from index.catalog.filters import allowed
from index.clips import Clip, GallerySummary
from index.filters import Filter
from index.generations import Generation
from index.media.file import MediaFile
from index.metadata import Json
from index.open_gallery import OpenGallery
from index.wording import Wording, reword
from models.features.extract import ClipFeatures
from models.types import I64

NOTHING: Mapping[str, Json] = MappingProxyType({})


def anything(_: Clip) -> None:
    """Whatever the clip is will do."""


class Held(OpenGallery):
    """Clips with their media and words: the catalog has them first, the vectors follow."""

    def add(
        self,
        path: Path,
        *,
        name: str,
        labels: Sequence[str],
        features: ClipFeatures,
        metadata: Mapping[str, Json] = NOTHING,
        generation: Generation | None = None,
        extractor: Extractor | None = None,
    ) -> Clip:
        """Store a clip with its media; the same bytes are the same clip, which then is returned as it was stored.

        `metadata` is a JSON object of at most 16 KiB, `generation` the one that was asked how to make the features,
        None the active one. Where another one answers by now that reads features of other backbones, those that
        `extractor` makes are stored instead.

        Raises:
            InvalidInput: an empty or long name or label, no features, features of another width, or odd metadata.
            SpaceMismatch: other features are needed by now, and there is no `extractor`.
        """
        asked = generation or self.active
        made = Made(features, asked.number, asked.bundle)
        arrival = Arrival(path, name, labels, metadata)
        clip = adding.add(self._stores, self.key, arrival, made, extractor=extractor)
        self._follow()
        return clip

    def clip(self, clip_id: str) -> Clip:
        """The clip of that id; raises ClipNotFound."""
        with self._stores.database.reading() as connection:
            return clips.get(connection, self.key, clip_id)

    def page(self, among: Filter | None = None, *, after: int = 0, limit: int) -> list[tuple[int, Clip]]:
        """The next clips after a place in the order they were added, with their places; of those that pass a filter."""
        with self._stores.database.reading() as connection:
            return clips.page(connection, self.key, among, after=after, limit=limit)

    def clips(self) -> list[Clip]:
        """All the clips, in the order they were added."""
        with self._stores.database.reading() as connection:
            return clips.listed(connection, self.key)

    def media(self, clip_id: str) -> MediaFile:
        """The file of a clip; raises ClipNotFound."""
        return self._stores.media.file(self.clip(clip_id).sha256)

    def remove(self, clip_id: str, check: Callable[[Clip], None] = anything) -> None:
        """Delete a clip; from the moment this returns no answer of any process has it.

        Raises ClipNotFound, and what `check` does, which sees the clip as it is deleted.
        """
        with self._stores.writing, self._stores.database.writing() as connection:
            changes.lock(connection, self.key)
            check(clip := clips.get(connection, self.key, clip_id))
            clips.remove(connection, self.key, clip_id)
        self._follow()
        self._stores.drop_unused([clip.sha256])

    def remove_all(self, clip_ids: Sequence[str]) -> list[str]:
        """Delete those of these clips that are there, all at once, as `remove` does; returns which those were."""
        with self._stores.writing, self._stores.database.writing() as connection:
            gone = clips.remove_all(connection, self.key, clip_ids)
        self._follow()
        self._stores.drop_unused(gone.values())
        return list(gone)

    def reword(self, clip_id: str, decide: Callable[[Clip], Wording]) -> Clip:
        """The clip with another name, labels or metadata, as decided of what it is; from the moment this returns all
        searches of any process go by them. Raises ClipNotFound, and what `decide` does.
        """
        clip = reword(self._stores, self.key, clip_id, decide)
        self._follow()
        return clip

    def summary(self) -> GallerySummary:
        """The gallery in numbers."""
        active, counts = self.active, self._counted()
        return GallerySummary(
            name=self.name,
            bundle=active.bundle.name,
            generation=active.number,
            clips=counts.clips,
            windows=counts.windows,
            labels=counts.labels,
            routes=active.routes,
            channels=active.bundle.manifest.channels,
        )

    def size(self) -> tuple[int, int]:
        """How many clips and windows it has; of the summary what can be asked for often."""
        counts = self._counted()
        return counts.clips, counts.windows

    def _counted(self) -> Counts:
        with self._stores.database.reading() as connection:
            self._counts = counts = counted(connection, self.key, self._counts)
        return counts

    def allowed(self, among: Filter) -> I64:
        """[n] the windows of the clips that pass a filter."""
        with self._stores.database.reading() as connection:
            return allowed(connection, self.key, among)
