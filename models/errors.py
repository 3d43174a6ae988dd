"""Every error a user can meet, one tree.

SightsoundError
├── InvalidInput            the request or file cannot be used as it is
│   ├── MediaInvalid        not a media file, damaged, or nothing in it
│   ├── SenseMissing        no sound in a clip asked for by its sound, or no pictures
│   ├── QueryInvalid        empty words, k out of range, an unknown choice
│   ├── RouteMissing        the bundle cannot go from this query to that gallery
│   ├── BundleInvalid       a bundle or backbone whose files do not fit its manifest
│   ├── SpaceMismatch       vectors of two models would be mixed
│   ├── CatalogInvalid      a catalog that this version cannot read
│   ├── ArchiveInvalid      an archive of a gallery that is damaged, altered, or of something else
│   ├── SnapshotInvalid     a vector table on the disk that is damaged, or of something else
│   ├── FetchRefused        an address that nothing may be fetched from
│   ├── KeyReused           an Idempotency-Key that was sent with another request before
│   ├── SettingsInvalid     a setting that cannot hold
│   ├── RecipeInvalid       a recipe with an unknown key or a term without a weight
│   ├── TrainingDataInvalid features, labels or splits that disagree, or are not finite
│   └── TrainingDiverged    a loss that is no longer a number
├── Unauthorized            no key where one is asked for, or one that does not count
├── NotAllowed              a key without the scope, or not for the gallery
├── RateLimited             more requests of one caller than are allowed
├── TooLarge                more bytes, seconds or pixels than the limit
├── NotFound
│   ├── GalleryNotFound
│   ├── ClipNotFound
│   ├── BundleNotFound
│   ├── WindowNotFound
│   ├── SenseNotFound        no pictures in a clip that is to be shown, or no sound
│   ├── GenerationNotFound
│   ├── JobNotFound
│   ├── EvaluationNotFound
│   ├── MapNotFound          no such evaluation, or one that was not asked for a map
│   ├── VocabularyNotFound
│   ├── KeyNotFound
│   └── DataMissing          files of a data set that are not where they belong
├── PreconditionFailed      the thing is not any more what the caller has seen of it (If-Match)
├── Conflict                the thing changed meanwhile, or exists already
│   └── GenerationWorse      a new generation of a gallery that finds worse than the one it would replace
└── Unavailable             cannot answer now; trying again may help
    ├── JobStalled          a job that made no progress for too long
    ├── DecodeOverrun       the decoder ran out of its time or memory, or crashed
    ├── BackboneOverrun     a backbone ran out of memory on one window
    ├── VectorsUnavailable  the server that keeps a gallery's vectors does not answer
    ├── SpoolFull           no room for another upload while others wait
    ├── FetchFailed         a host that does not answer with the file that its address names
    ├── HubUnavailable      the model hub does not answer, or does not give what was asked for
    ├── Overloaded          more is asked for at once than is taken; says when to ask again
    └── DependencyMissing   an optional library or file is not installed

The docstring's first line is the error's title, the message its particular case.
"""

import re


class SightsoundError(Exception):
    """Something went wrong in Sightsound."""

    retry_after_s: float | None = None
    """After how many seconds asking again may help, where that is known."""

    @property
    def title(self) -> str:
        """The general case, for people."""
        return (type(self).__doc__ or "").strip().splitlines()[0]

    @property
    def code(self) -> str:
        """The general case, for programs: the class name in kebab case."""
        return re.sub(r"(?<!^)(?=[A-Z])", "-", type(self).__name__).lower()


class InvalidInput(SightsoundError):
    """The input cannot be used as it is."""


class MediaInvalid(InvalidInput):
    """The file is not a media file that can be decoded."""


class SenseMissing(InvalidInput):
    """The clip lacks the sound or the pictures that were asked for."""


class QueryInvalid(InvalidInput):
    """The query is not one that can be answered."""


class RouteMissing(InvalidInput):
    """The bundle has no route from this query to that gallery."""


class BundleInvalid(InvalidInput):
    """The bundle's or backbone's files do not fit its manifest."""


class SpaceMismatch(InvalidInput):
    """Vectors of two different spaces must not be mixed."""


class CatalogInvalid(InvalidInput):
    """The catalog is not one that this version can read."""


class ArchiveInvalid(InvalidInput):
    """The archive cannot be made into a gallery."""


class SnapshotInvalid(InvalidInput):
    """The snapshot of a vector table cannot be used: it has to be built anew."""


class FetchRefused(InvalidInput):
    """The address is not one that anything may be fetched from."""


class KeyReused(InvalidInput):
    """The Idempotency-Key was sent with another request before."""


class SettingsInvalid(InvalidInput):
    """A setting has a value that cannot hold."""


class RecipeInvalid(InvalidInput):
    """The recipe cannot be trained as written."""


class TrainingDataInvalid(InvalidInput):
    """The features, labels or splits cannot be trained or evaluated on."""


class TrainingDiverged(InvalidInput):
    """The loss is no longer a number."""


class Unauthorized(SightsoundError):
    """A key is asked for, and there is none that counts."""


class NotAllowed(SightsoundError):
    """The key does not allow this."""


class RateLimited(SightsoundError):
    """There are more requests of this caller than are allowed."""

    def __init__(self, message: str, *, retry_after_s: float = 1.0) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class TooLarge(SightsoundError):
    """The input is over a limit."""


class NotFound(SightsoundError):
    """There is no such thing."""


class GalleryNotFound(NotFound):
    """There is no such gallery."""

    known: tuple[str, ...] = ()
    """Those there are; not in the message, as not everybody who reads it may know of them."""


class ClipNotFound(NotFound):
    """There is no such clip."""


class BundleNotFound(NotFound):
    """There is no such bundle."""


class WindowNotFound(NotFound):
    """There is no such window."""


class SenseNotFound(NotFound):
    """The clip has no pictures, or no sound, to show."""


class GenerationNotFound(NotFound):
    """There is no such generation of the gallery."""


class JobNotFound(NotFound):
    """There is no such job."""


class EvaluationNotFound(NotFound):
    """There is no such evaluation."""


class MapNotFound(NotFound):
    """There is no such map."""


class VocabularyNotFound(NotFound):
    """There is no such vocabulary."""


class KeyNotFound(NotFound):
    """There is no such key."""


class DataMissing(NotFound):
    """The data set's files are not there."""


class PreconditionFailed(SightsoundError):
    """The thing is not what it was when it was looked at."""


class Conflict(SightsoundError):
    """The thing changed meanwhile, or exists already."""


class GenerationWorse(Conflict):
    """The new generation finds worse than the one it would replace."""


class Unavailable(SightsoundError):
    """This cannot be answered now."""


class JobStalled(Unavailable):
    """The job made no progress for too long."""


class DecodeOverrun(Unavailable):
    """The decoder ran out of time or memory, or crashed, on this file."""


class BackboneOverrun(Unavailable):
    """The backbone ran out of memory on a window of this file."""


class VectorsUnavailable(Unavailable):
    """The vectors of the gallery cannot be reached now."""


class SpoolFull(Unavailable):
    """There is no room for another upload now."""

    retry_after_s = 5.0


class FetchFailed(Unavailable):
    """The host does not give the file that the address names."""


class HubUnavailable(Unavailable):
    """The model hub cannot give the files now."""


class DependencyMissing(Unavailable):
    """Something optional is not installed."""


class Overloaded(Unavailable):
    """More is asked for at once than is taken."""

    def __init__(self, message: str, *, retry_after_s: float = 1.0) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s
