"""Thumbnails, waveforms and previews of clips: made when they are first asked for, then kept."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from fastapi.concurrency import run_in_threadpool

from index.derived import DerivedStore
from index.media.file import MediaFile
from models.errors import ClipNotFound, MediaInvalid, QueryInvalid, Unavailable
from models.media.cage import Cage
from models.media.limits import Limits
from models.media.looking.drawing import waveform_json, waveform_svg
from models.media.looking.outlet import listened_to
from models.media.looking.preview import preview
from models.media.looking.thumbnail import thumbnail
from service.load.once import Once

PREVIEWS = {"video/mp4": "preview.mp4", "audio/mp4": "preview.m4a"}
ORIGINAL = "preview.original"
"""Holds the media type of a clip whose own file is its preview."""


@dataclass(frozen=True, slots=True)
class Source:
    """A clip's file, and how long it plays."""

    file: MediaFile
    duration_s: float

    @property
    def sha256(self) -> str:
        """Of its bytes."""
        return self.file.sha256


@dataclass(frozen=True, slots=True)
class View:
    """A way to show clips: under which name it is kept, of which type it is, and what makes it of a file."""

    name: str
    media_type: str
    make: Callable[[Path, Limits], bytes]


@dataclass(frozen=True, slots=True)
class Shown:
    """A file that shows a clip, as it was made or the clip's own; the tag is another for other bytes."""

    content: Path | MediaFile
    media_type: str
    tag: str


WAVEFORM = View("waveform.json", "application/json", waveform_json)
WAVEFORM_PICTURE = View("waveform.svg", "image/svg+xml", waveform_svg)


class Looking:
    """What shows clips, kept in a store up to `limit_bytes`; two who want the same at once wait for the same work.

    Previews, which may take minutes, have a cage of their own: they keep nobody waiting but who wants one.
    """

    def __init__(
        self,
        kept: DerivedStore,
        cage: Cage,
        previews: Cage,
        *,
        limit_bytes: int,
        views_at_once: int,
        previews_at_once: int,
    ) -> None:
        self._kept, self._cage, self._previews, self._limit_bytes = kept, cage, previews, limit_bytes
        self._quick, self._slow = Once[Shown](at_once=views_at_once), Once[Shown](at_once=previews_at_once)

    def rehearse(self, *, wait_s: float) -> None:
        """See that decoding works, as far as it is not busy for so long; raises DecodeOverrun."""
        self._cage.rehearse(wait_s=wait_s)

    async def thumbnail(self, clip: Source, at_s: float | None) -> Shown:
        """The picture at a second, to the tenth, or a telling one; raises QueryInvalid past the end, or as `view`."""
        if at_s is None:
            return await self.view(clip, View("thumbnail.webp", "image/webp", partial(thumbnail, at_s=None)))
        if at_s > clip.duration_s:
            raise QueryInvalid(f"at_s: found {at_s:g}, expected a second of the clip, which has {clip.duration_s:.1f}")
        name = f"thumbnail-{at_s:.1f}.webp"
        return await self.view(clip, View(name, "image/webp", partial(thumbnail, at_s=round(at_s, 1))))

    async def view(self, clip: Source, view: View) -> Shown:
        """A clip in one of the ways; raises SenseNotFound, MediaInvalid, TooLarge, Unavailable."""
        find, make = partial(self._find, clip, view.name, view.media_type), partial(self._make, clip, view)
        return await _shown(self._quick, f"{clip.sha256} {view.name}", find=find, make=make)

    async def preview(self, clip: Source) -> Shown:
        """What browsers play of it: the clip's own file where they can; raises MediaInvalid, TooLarge, Unavailable."""
        find, make = partial(self._find_preview, clip), partial(self._make_preview, clip)
        return await _shown(self._slow, f"{clip.sha256} preview", find=find, make=make)

    def _find(self, clip: Source, name: str, media_type: str) -> Shown | None:
        path = self._kept.find(clip.sha256, name)
        try:
            return None if path is None else _of_file(path, media_type)
        except Unavailable:
            return None

    def _make(self, clip: Source, view: View) -> Shown:
        with _local(clip) as original:
            content = self._cage.look(original, view.make)
        path = self._kept.put(content, clip.sha256, view.name, limit_bytes=self._limit_bytes)
        self._check_still_there(clip)
        return _of_file(path, view.media_type)

    def _find_preview(self, clip: Source) -> Shown | None:
        if (marker := self._kept.find(clip.sha256, ORIGINAL)) is not None:
            with suppress(FileNotFoundError):
                return Shown(clip.file, marker.read_text(), clip.sha256)
        found = (self._find(clip, name, media_type) for media_type, name in PREVIEWS.items())
        return next((each for each in found if each is not None), None)

    def _make_preview(self, clip: Source) -> Shown:
        with self._kept.draft() as draft:
            with _local(clip) as original, listened_to(draft, limit_bytes=self._limit_bytes) as pipe:
                made = self._previews.look(original, partial(preview, pipe=pipe))
            if made.is_original:
                self._kept.put(made.media_type.encode(), clip.sha256, ORIGINAL, limit_bytes=self._limit_bytes)
                self._check_still_there(clip)
                return Shown(clip.file, made.media_type, clip.sha256)
            name = PREVIEWS[made.media_type]
            path = self._kept.keep(draft, clip.sha256, name, limit_bytes=self._limit_bytes)
        self._check_still_there(clip)
        return _of_file(path, made.media_type)

    def _check_still_there(self, clip: Source) -> None:
        """Who deletes a clip forgets what was made of it, after its file: here in the other order."""
        if not clip.file.exists():
            self._kept.drop(clip.sha256)
            raise ClipNotFound(f"the clip {clip.sha256[:32]} was deleted meanwhile")


@contextmanager
def _local(clip: Source) -> Iterator[Path]:
    """The clip's file on this machine; raises MediaInvalid where it is lost."""
    with ExitStack() as copied:
        try:
            path = copied.enter_context(clip.file.local())
        except OSError as error:
            raise MediaInvalid(f"the clip's file cannot be read: {error.strerror}") from error
        yield path


async def _shown(once: Once[Shown], key: str, *, find: Callable[[], Shown | None], make: Callable[[], Shown]) -> Shown:
    """What is kept, without waiting for others, or else made, unless it was made before its turn came."""
    return await run_in_threadpool(find) or await once.result(key, lambda: find() or make())


def _of_file(path: Path, media_type: str) -> Shown:
    """Raises Unavailable where it had to make room already."""
    try:
        found = path.stat()
    except FileNotFoundError as error:
        raise Unavailable("what is made of clips lacks room, or the clip was deleted; ask again") from error
    return Shown(path, media_type, f"{path.name.replace('.', '-')}-{found.st_size:x}-{found.st_mtime_ns:x}")
