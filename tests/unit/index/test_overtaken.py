"""Clips that are added while a gallery goes to other backbones: refused, or added by those, but never left unfound."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import count, islice
from pathlib import Path

import pytest

from index.clips import Clip
from index.galleries import Galleries
from index.gallery import Gallery
from index.reindexing import Rules
from models.bundle.manifest import Manifest
from models.errors import Conflict, SpaceMismatch
from models.features.extract import ClipFeatures
from tests.tiny.bundles import VIDEO, narrowed, tiny_bundle
from tests.unit.index.world import clip_features, media_files, query

ANY = Rules(tolerance=None)
QUERY = query(0, "text")
MOST = 10
"""Clips that come while a gallery is switched: with more of them, it would have to wait for its turn."""
BETTER = VIDEO.model_copy(update={"name": "better-video@2", "sha256": "d" * 64})


def seed_of(path: Path) -> int:
    return int(path.read_bytes().split()[-1])


def seen(path: Path) -> ClipFeatures:
    """What the better backbone sees."""
    return clip_features(1000 + seed_of(path))


def extractor(manifest: Manifest) -> Callable[[Path], ClipFeatures]:
    return seen if manifest.backbones["video"] == BETTER else lambda path: clip_features(seed_of(path))


@pytest.fixture
def better(galleries: Galleries, tmp_path: Path) -> None:
    """The bundle "better", which reads other features of pictures."""
    tiny_bundle(tmp_path / "bundles" / "better", name="better", seed=3, video=BETTER)


@pytest.fixture
def elsewhere(gallery: Gallery, tmp_path: Path, catalog: str | None) -> Iterator[Gallery]:
    """The same gallery, in what could be another process."""
    galleries = Galleries.open(tmp_path, catalog)
    yield galleries.get("demo")
    galleries.close()


def late(gallery: Gallery, folder: Path, seed: int) -> Clip:
    """A clip that is added as a service does."""
    path, held = folder / f"late {seed}.mp4", gallery.active
    path.write_bytes(f"the bytes of clip {seed}".encode())
    features = extractor(held.bundle.manifest)(path)
    return gallery.add(path, name=path.name, labels=[], features=features, generation=held, extractor=extractor)


def found(gallery: Gallery, route: str = "text->av") -> set[str]:
    return {hit.clip_id for hit in gallery.search(route, QUERY, k=1000)}


def test_a_clip_whose_features_are_of_other_backbones_by_now_is_refused(
    gallery: Gallery, better: None, tmp_path: Path
) -> None:
    held = gallery.active
    gallery.reindex("better", rules=ANY, extract=seen)
    path = tmp_path / "late.mp4"
    path.write_bytes(b"the bytes of clip 50")
    with pytest.raises(SpaceMismatch, match="generation 2 answers by now, whose bundle 'better' reads features of oth"):
        gallery.add(path, name="late.mp4", labels=[], features=clip_features(50), generation=held)
    assert gallery.summary().clips == 8
    assert len(media_files(tmp_path)) == 8


def test_it_is_added_by_those_where_somebody_can_make_them_though_the_process_knows_the_old_ones_only(
    gallery: Gallery, elsewhere: Gallery, better: None, tmp_path: Path
) -> None:
    gallery.reindex("better", rules=ANY, extract=seen)
    assert elsewhere.active.number == 1
    clip = late(elsewhere, tmp_path, 50)
    assert clip.id in found(gallery)
    stored = gallery.features("video", generation=gallery.active)
    row = stored.clip_ids.index(clip.id)
    assert stored.features["video"][row].tolist() == clip_features(1050).windows[0].features["video"].tolist()


def test_another_bundle_of_the_same_backbones_or_fewer_needs_no_other_features(
    gallery: Gallery, tmp_path: Path
) -> None:
    narrowed(tmp_path / "bundles" / "tiny", "looking", routes=["text->video"])
    for bundle in ("other", "looking"):
        held = gallery.active
        gallery.reindex(bundle, rules=ANY)
        path = tmp_path / f"{bundle}.mp4"
        path.write_bytes(bundle.encode())
        clip = gallery.add(path, name=path.name, labels=[], features=clip_features(60), generation=held)
        assert clip.id in found(gallery, "text->video")


def test_clips_that_come_just_before_the_switch_are_completed_too_but_not_for_ever(
    gallery: Gallery, elsewhere: Gallery, better: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("index.active.TRIES", 3)
    last, coming = gallery.clips()[0].sha256, iter(range(100, 103))

    def seen_while_another_comes(path: Path) -> ClipFeatures:
        nonlocal last
        if path.name == last and (seed := next(coming, None)) is not None:
            last = late(elsewhere, tmp_path, seed).sha256
        return seen(path)

    assert gallery.reindex("better", rules=ANY, extract=seen_while_another_comes).number == 2
    assert len(found(gallery)) == 11
    coming = iter(range(200, 300))
    tiny_bundle(tmp_path / "bundles" / "best", name="best", video=VIDEO.model_copy(update={"sha256": "e" * 64}))
    with pytest.raises(Conflict, match="they came meanwhile; try again"):
        gallery.reindex("best", rules=ANY, extract=seen_while_another_comes)
    assert (gallery.summary().bundle, len(gallery.generations())) == ("better", 2)


def go_to(gallery: Gallery, bundle: str) -> None:
    """Reindex until no clip comes at the last moment."""
    extract = extractor(gallery._stores.shelf.bundle(bundle).manifest)
    for _ in range(100):
        with suppress(Conflict):
            gallery.reindex(bundle, rules=ANY, extract=extract)
            return


def test_whatever_is_added_while_another_process_switches_is_found(
    gallery: Gallery, elsewhere: Gallery, better: None, tmp_path: Path
) -> None:
    seeds, wanted = count(100), {each.id for each in gallery.clips()}
    for bundle in ("better", "tiny"):
        with ThreadPoolExecutor() as threads:
            switching = threads.submit(go_to, gallery, bundle)
            for seed in islice(seeds, MOST):
                wanted.add(late(elsewhere, tmp_path, seed).id)
                if switching.done():
                    break
        wanted.add(late(elsewhere, tmp_path, next(seeds)).id)
        assert gallery.summary().bundle == bundle
        assert found(gallery) == wanted
