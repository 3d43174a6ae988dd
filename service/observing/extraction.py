"""What a request waits for while a clip is decoded and its windows run through backbones, side by side."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter_ns

from models.errors import SightsoundError
from models.features.extract import ClipFeatures, Decoder
from models.media.media import FrameSpec, SoundSpec
from models.media.stream import Decoded, Ended
from service.observing.counts import Counts
from service.observing.stages import spend


class Extractions:
    """A decoder that says how long it was waited for, and how what it decoded ended, in the `outcomes`.

    Backbones run while it decodes on: so `decode` is the time in which nothing could be done but to wait for the next
    window, and `backbone` the rest, until the last feature was there. Together they are the time that it took.
    """

    def __init__(self, decoder: Decoder, outcomes: Counts) -> None:
        self._decoder, self._outcomes = decoder, outcomes
        self._start_ns = self._waited_ns = 0
        self._has_decoded = False

    def stream(self, paths: Iterable[Path], *, sound: SoundSpec, pictures: FrameSpec) -> Iterator[Decoded | Ended]:
        """As the decoder's."""
        stream = self._decoder.stream(paths, sound=sound, pictures=pictures)
        self._start_ns, self._waited_ns, self._has_decoded = perf_counter_ns(), 0, False
        while True:
            asked_ns = perf_counter_ns()
            each = next(stream, None)
            self._waited_ns += perf_counter_ns() - asked_ns
            if each is None:
                return
            self._has_decoded = True
            yield each

    def count(self, found: ClipFeatures | SightsoundError) -> None:
        """A file has its features, or the code of what kept it from them."""
        self._outcomes.add(found.code if isinstance(found, SightsoundError) else "ok")

    @contextmanager
    def told(self) -> Iterator[None]:
        """Notes both stages of the files that are extracted within; nothing where nothing was decoded."""
        try:
            yield
        finally:
            if self._has_decoded:
                end_ns, decoded_ns = perf_counter_ns(), self._start_ns + self._waited_ns
                spend("decode", start_ns=self._start_ns, took_ns=self._waited_ns)
                spend("backbone", start_ns=decoded_ns, took_ns=end_ns - decoded_ns)
