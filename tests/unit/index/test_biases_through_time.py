"""Corrected routes in any order of what happens to a gallery, seen from two processes: biases are those of now."""

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic, sleep

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from index import choosing, generations
from index.galleries import Galleries
from index.gallery import Gallery
from index.reindexing import Rules
from index.wording import Wording
from models.bundle.manifest import EncoderRef
from models.errors import GenerationNotFound, SpaceMismatch, Unavailable
from models.features.extract import ClipFeatures
from models.hubness import RouteBias
from models.types import Sense
from tests.tiny.bundles import SEEN, tiny_bundle
from tests.tiny.tables import own_tables
from tests.unit.index.corrected import MIXED, check
from tests.unit.index.world import BOTH, clip_features, library, query

ANY = Rules(tolerance=None, kept=3)
NEW_VIDEO = EncoderRef(name="new-video@1", sha256="e" * 64, width=8)
BUNDLES = ("tiny", "other", "new")
"""The last one over another backbone."""
CHOICES: tuple[Mapping[str, RouteBias] | None, ...] = (
    None,
    {},
    MIXED,
    {"video->audio": RouteBias(alpha=1.0, neighbours=50), "audio->video": RouteBias(alpha=0.25, neighbours=1)},
    {"text->video": RouteBias(seen=0.5), "audio->video": RouteBias(alpha=2.0, neighbours=2, seen=0.5)},
)
SENSES = st.sampled_from([BOTH, BOTH, ("audio",), ("video",)])
WHO = st.sampled_from(["ours", "theirs"])


class Lasting(RuleBasedStateMachine):
    """A gallery that two processes have open, one of which answers after each step, the other now and then."""

    def __init__(self) -> None:
        super().__init__()
        self.patch = pytest.MonkeyPatch()
        self.place = TemporaryDirectory()
        self.folder = Path(self.place.name)
        self.clips: dict[bytes, ClipFeatures] = {}

    @initialize(shift=st.integers(0, 1))
    def begin(self, shift: int) -> None:
        self.patch.setattr(generations, "WORTH", 1)
        self.patch.setattr(choosing, "shift_for", lambda _: shift)
        library(self.folder).close()
        tiny_bundle(self.folder / "bundles" / "new", name="new", seed=2, video=NEW_VIDEO)
        self.opened = [Galleries.open(self.folder) for _ in range(2)]
        self.opened[0].create("demo", "tiny")
        self.reindex("tiny", MIXED, late=False)
        for each in range(5):
            self.add(is_seen=each % 2 == 0)

    def of(self, who: str) -> Gallery:
        return self.opened[who == "theirs"].get("demo")

    @rule(senses=SENSES, windows=st.integers(1, 3), is_seen=st.booleans(), who=WHO)
    def add(self, senses: tuple[Sense, ...] = BOTH, windows: int = 1, is_seen: bool = True, who: str = "ours") -> None:
        seed = len(self.clips)
        path = self.folder / f"clip {seed}"
        path.write_bytes(content := f"the bytes of clip {seed}".encode())
        self.clips[content] = features = clip_features(seed, senses=senses, windows=windows)
        labels = [SEEN[seed % 3] if is_seen else "another"]
        self.of(who).add(path, name=path.name, labels=labels, features=features, extractor=lambda _: self.extract)
        check(self.of("ours"))

    def extract(self, path: Path) -> ClipFeatures:
        return self.clips[path.read_bytes()]

    @rule(which=st.integers(0, 100), who=WHO)
    def remove(self, which: int, who: str = "ours") -> None:
        if there := self.of("ours").clips():
            self.of(who).remove(there[which % len(there)].id)
        check(self.of("ours"))

    @rule(which=st.integers(0, 100), is_seen=st.booleans(), who=WHO)
    def relabel(self, which: int, is_seen: bool, who: str) -> None:
        if there := self.of("ours").clips():
            labels = [SEEN[which % 3] if is_seen else "another", "thing"]
            self.of(who).reword(there[which % len(there)].id, lambda clip: Wording.of(clip.name, labels, clip.metadata))
        check(self.of("ours"))

    @rule()
    def remove_all(self) -> None:
        for each in self.of("ours").clips():
            self.of("ours").remove(each.id)
        check(self.of("ours"))

    @rule(bundle=st.sampled_from(BUNDLES), biases=st.sampled_from(CHOICES), late=st.booleans())
    def reindex(self, bundle: str, biases: Mapping[str, RouteBias] | None, late: bool) -> None:
        """In steps; where it is late, clips come and go after it was built, and features are completed then."""
        gallery = self.of("ours")
        steps = gallery.stepwise(bundle, f"mark {len(gallery.generations())} {monotonic()}", biases)
        if not late:
            steps.settle(self.extract, ANY)
        fresh = steps.build()
        if late:
            self.add(windows=2, who="theirs")
            self.remove(3, who="theirs")
        steps.switch(fresh, expected=gallery.active.number, rules=ANY, extract=self.extract)
        check(gallery)

    @rule()
    def roll_back(self) -> None:
        try:
            self.of("ours").roll_back()
        except (GenerationNotFound, SpaceMismatch):
            return
        check(self.of("ours"))

    @rule(who=WHO)
    def compact(self, who: str) -> None:
        self.of(who).compact()
        check(self.of("ours"))

    @rule(method=st.sampled_from(["remove", "replace", "add"]))
    def fail_half_way(self, method: str) -> None:
        """Of all tables, one after another, as the one before it has taken everything in by then."""
        gallery = self.of("ours")
        with pytest.MonkeyPatch.context() as patch:
            for table in own_tables(gallery.active).values():
                patch.setattr(table.index, method, refuse)
            with suppress(Unavailable):
                self.add()
        check(gallery)

    @rule()
    def look_elsewhere(self) -> None:
        ours, theirs, until = self.of("ours"), self.of("theirs"), monotonic() + 60
        while theirs.active.number != ours.active.number:
            assert monotonic() < until
            theirs.search("text->av", query(0, "text"), k=1)
            sleep(0.01)
        check(theirs)

    @rule(is_kept=st.booleans())
    def reopen(self, is_kept: bool) -> None:
        if is_kept:
            self.opened[0].keep()
        self.opened[0].close()
        self.opened[0] = Galleries.open(self.folder)
        check(self.of("ours"))

    def teardown(self) -> None:
        try:
            self.look_elsewhere()
        finally:
            for each in self.opened:
                each.close()
            self.patch.undo()
            self.place.cleanup()


def refuse(*_: object) -> None:
    raise Unavailable("there is no room on the device")


Lasting.TestCase.settings = settings(
    max_examples=7, stateful_step_count=9, derandomize=True, phases=(Phase.explicit, Phase.generate)
)
TestBiasesThroughTime = Lasting.TestCase
