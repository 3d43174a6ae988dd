"""Two replicas over one catalog: what one is told the other knows, and either is replaced while the other answers."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from models.bundle.store import load_manifest
from tests.hosts.asking import Asking, add, found
from tests.hosts.site import Replica, Site, until
from tests.tiny.bundles import tiny_bundle
from tests.tiny.clips import tiny_clip

FOLLOWED_S = 2.0
ROUNDS = 10


def test_what_one_replica_was_told_the_other_answers_with_from_then_on(site: Site, tmp_path: Path) -> None:
    first, second = site.replicas
    followed_s = []
    for number in range(ROUNDS):
        clip = add(first, tiny_clip(tmp_path / f"{number}.mp4", seconds=1.0, tone_hz=3000.0 + 31 * number))
        start = time.monotonic()
        assert clip in found(second)
        followed_s.append(time.monotonic() - start)
        first, second = second, first
        assert first.client.delete(f"/v1/galleries/demo/clips/{clip}").status_code == 204
        assert clip not in found(second)
    print(f"a replica had followed the other after {max(followed_s):.3f} s at most, of {ROUNDS} times")
    assert max(followed_s) < FOLLOWED_S


def test_both_replicas_are_replaced_and_the_bundle_too_and_no_query_fails(site: Site, tmp_path: Path) -> None:
    first, second = site.replicas
    other_bundle(site.data)
    add(first, tiny_clip(tmp_path / "there.mp4", seconds=1.0, tone_hz=2500.0))
    worker = site.workers[0]
    site.work(worker)
    asking = Asking(site.replicas)
    with asking.going_on():
        site.replace(first)
        answer = first.client.post("/v1/galleries/demo/jobs/reindex", json={"bundle": "other"})
        assert answer.status_code in (200, 202), answer.text
        until(lambda: ended(first, answer.json()["id"]))
        site.replace(second)
        before = asking.answered
        until(lambda: asking.answered > before + ROUNDS)
    worker.kill()
    print(f"{asking.answered} queries were answered while both replicas and the bundle were replaced")
    assert asking.failed == []
    assert {each.client.get("/v1/galleries/demo").json()["bundle"] for each in site.replicas} == {"other"}


def other_bundle(data: Path) -> None:
    """One over the same backbones, called "other"."""
    made = load_manifest(data / "bundles" / "tiny")
    audio, video, text = made.backbones["audio"], made.backbones["video"], made.text_encoder
    tiny_bundle(data / "bundles" / "other", name="other", seed=1, audio=audio, video=video, text=text)


def ended(replica: Replica, job: str) -> bool:
    """Whether a job is done; raises AssertionError where it failed."""
    found = replica.client.get(f"/v1/jobs/{job}").json()
    assert found["state"] not in ("failed", "cancelled"), found
    return bool(found["state"] == "done")


@pytest.fixture(autouse=True)
def _as_it_was(site: Site) -> Iterator[None]:
    """No worker is left behind."""
    yield
    for each in site.workers:
        each.kill()
