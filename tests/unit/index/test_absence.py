"""What windows lack, and why: kept with them, and no reason to look at a clip again."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from index.archive import export, import_
from index.clips import Clip
from index.deleting import delete
from index.galleries import Galleries
from index.gallery import Gallery
from index.reindexing import Rules, lacking
from index.stores import Stores
from models.errors import InvalidInput, MediaInvalid
from models.features.extract import ClipFeatures, WindowFeatures
from models.types import Absence, Sense
from tests.tiny.bundles import AUDIO, VIDEO, tiny_bundle
from tests.unit.index.world import clip_features

ANY = Rules(tolerance=None)
SOUND: Sense = "audio"


def without(features: ClipFeatures, reasons: dict[int, dict[Sense, Absence]]) -> ClipFeatures:
    """The same, but that some windows by number lack senses."""
    return replace(
        features, windows=tuple(_without(each, reasons.get(i, {})) for i, each in enumerate(features.windows))
    )


def _without(window: WindowFeatures, absent: dict[Sense, Absence]) -> WindowFeatures:
    return replace(window, features={k: v for k, v in window.features.items() if k not in absent}, absent=absent)


def put(gallery: Gallery, folder: Path, features: ClipFeatures) -> Clip:
    path = folder / "lacking.mp4"
    path.write_bytes(b"the bytes of clip 50")
    return gallery.add(path, name=path.name, labels=[], features=features)


def test_what_windows_lack_is_kept_and_told(gallery: Gallery, tmp_path: Path) -> None:
    reasons: dict[int, dict[Sense, Absence]] = {0: {"audio": "silent"}, 2: {"audio": "damaged", "video": "missing"}}
    added = put(gallery, tmp_path, without(clip_features(50, windows=4), reasons))
    assert added.absent == tuple(reasons.get(i, {}) for i in range(4))
    assert gallery.clip(added.id) == added
    assert added.lacks == {}


@pytest.mark.parametrize(
    ("windows", "told"),
    [(["missing", "silent"], "silent"), (["silent", "damaged", "missing"], "damaged"), (["missing"] * 2, "missing")],
)
def test_a_clip_that_lacks_a_sense_throughout_says_the_most_telling_reason(
    gallery: Gallery, tmp_path: Path, windows: list[Absence], told: str
) -> None:
    features = clip_features(50, windows=len(windows))
    added = put(gallery, tmp_path, without(features, {i: {SOUND: why} for i, why in enumerate(windows)}))
    assert gallery.clip(added.id).lacks == {"audio": told}
    assert added.senses == {"video"}


def test_a_clip_that_lacks_nothing_says_nothing(gallery: Gallery) -> None:
    assert all((clip.absent, clip.lacks) == ((), {}) for clip in gallery.clips())


def test_a_clip_of_which_nothing_is_left_is_refused_and_told_why(gallery: Gallery, tmp_path: Path) -> None:
    reasons: dict[int, dict[Sense, Absence]] = {
        0: {"audio": "silent", "video": "missing"},
        1: {"audio": "damaged", "video": "missing"},
    }
    with pytest.raises(MediaInvalid, match=r"no sound \(damaged or silent\) and no pictures \(missing\)"):
        put(gallery, tmp_path, without(clip_features(50, windows=2), reasons))
    with pytest.raises(InvalidInput, match="no sound and no pictures"):
        put(gallery, tmp_path, without(clip_features(50, senses=()), {0: {}}))
    assert len(gallery.clips()) == 8


@pytest.fixture
def other_ears(galleries: Galleries, tmp_path: Path) -> str:
    """The name of a bundle over another backbone for sound."""
    ears = AUDIO.model_copy(update={"name": "other-ears@1", "sha256": "e" * 64})
    tiny_bundle(tmp_path / "bundles" / "ears", name="ears", audio=ears, seed=2)
    return "ears"


def seen_anew(clip: Clip) -> Callable[[Path], ClipFeatures]:
    """What other ears hear today: in the first window of that clip, nothing but silence."""

    def extract(media: Path) -> ClipFeatures:
        seed = int(media.read_bytes().split()[-1])
        features = clip_features(seed, windows=3 if seed == 50 else 1)
        return without(features, {0: {SOUND: "silent"}}) if clip.sha256 in media.name else features

    return extract


def test_silence_that_once_had_features_keeps_no_other_backbone_waiting(
    galleries: Galleries, gallery: Gallery, other_ears: str, tmp_path: Path, catalog: str | None
) -> None:
    """As in galleries from before silence counted: its features stay for the backbones that made them."""
    added = put(gallery, tmp_path, clip_features(50, windows=3))
    found = gallery.reindex(other_ears, rules=ANY, extract=seen_anew(added))
    assert found.bundle.name == other_ears
    stores = Stores.open(tmp_path, catalog)
    assert lacking(stores, gallery.active.gallery, galleries.bundle(other_ears)) == []
    stores.close()
    assert gallery.clip(added.id).absent == ({"audio": "silent"}, {}, {})
    assert len(gallery.features("audio").windows) == 8 + 2
    assert gallery.roll_back().number == 1
    assert len(gallery.features("audio").windows) == 8 + 3


REFS: dict[Sense, str] = {"audio": AUDIO.sha256, "video": VIDEO.sha256}


def test_features_are_known_by_the_bytes_in_whatever_gallery_they_are(
    galleries: Galleries, gallery: Gallery, tmp_path: Path
) -> None:
    reasons: dict[int, dict[Sense, Absence]] = {1: {"audio": "silent"}}
    features = without(clip_features(50, windows=3), reasons)
    added = put(gallery, tmp_path, features)
    put(galleries.create("second", "other"), tmp_path, features)
    gallery.remove(added.id)
    found = galleries.extracted(added.sha256, REFS)
    assert found is not None
    assert found.duration_s == features.duration_s
    for before, after in zip(features.windows, found.windows, strict=True):
        assert (after.window, after.absent, after.features.keys()) == (
            before.window,
            before.absent,
            before.features.keys(),
        )
        assert all(np.array_equal(after.features[sense], row) for sense, row in before.features.items())
    galleries.get("second").remove(added.id)
    assert galleries.extracted(added.sha256, REFS) is None


def test_features_of_which_some_lack_for_no_reason_that_is_known_are_not_used(
    galleries: Galleries, gallery: Gallery, tmp_path: Path
) -> None:
    """As of clips from before reasons were told: a window without sound may be one that nobody has listened to."""
    whole = clip_features(50, windows=2)
    added = put(gallery, tmp_path, replace(whole, windows=(whole.windows[0], _deaf(whole.windows[1]))))
    assert galleries.extracted(added.sha256, REFS) is None
    assert galleries.extracted(added.sha256, REFS | {"audio": "9" * 64}) is None
    known = galleries.extracted(added.sha256, {"video": REFS["video"]})
    assert known is not None
    assert [set(each.features) for each in known.windows] == [{"video"}, {"video"}]


def _deaf(window: WindowFeatures) -> WindowFeatures:
    return replace(window, features={"video": window.features["video"]})


def test_a_gallery_with_fewer_features_does_not_hide_one_with_more(
    galleries: Galleries, gallery: Gallery, tmp_path: Path
) -> None:
    whole = clip_features(50)
    added = put(gallery, tmp_path, replace(whole, windows=(_deaf(whole.windows[0]),)))
    put(galleries.create("second", "tiny"), tmp_path, whole)
    found = galleries.extracted(added.sha256, REFS)
    assert found is not None
    assert set(found.windows[0].features) == {"audio", "video"}


def test_features_that_came_in_an_archive_serve_no_other_gallery(
    galleries: Galleries, gallery: Gallery, tmp_path: Path, catalog: str | None
) -> None:
    """Whoever made it could have written anything."""
    sha256s = [clip.sha256 for clip in gallery.clips()]
    stores = Stores.open(tmp_path, catalog)
    export(stores, "demo", tmp_path / "demo.tar")
    delete(stores, "demo")
    import_(stores, tmp_path / "demo.tar")
    stores.close()
    assert [clip.sha256 for clip in galleries.get("demo").clips()] == sha256s
    assert [galleries.extracted(each, REFS) for each in sha256s] == [None] * 8
