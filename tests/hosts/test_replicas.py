"""Two replicas over one catalog: what one is told the other knows, and either is replaced while the other answers."""

import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from models.bundle.store import load_manifest
from tests.hosts.asking import Asking, add, found
from tests.hosts.site import Ground, Replica, Site, until
from tests.tiny.bundles import tiny_bundle
from tests.tiny.clips import tiny_clip
from tests.tiny.milvus import served_lite

ROUNDS, FEW = 10, 4


def test_what_one_replica_was_told_the_other_answers_with_from_then_on(site: Site, tmp_path: Path) -> None:
    check_following(site, tmp_path)


def test_both_replicas_are_replaced_and_the_bundle_too_and_no_query_fails(site: Site, tmp_path: Path) -> None:
    first, second = site.replicas
    other_bundle(site.data)
    add(first, tiny_clip(tmp_path / "there.mp4", seconds=1.0, tone_hz=2500.0))
    worker = site.workers[0]
    site.work(worker)
    asking = Asking(site.replicas)
    with asking.going_on():
        site.replace(first)
        reindex(first, bundle="other")
        site.replace(second)
        before = asking.answered
        until(lambda: asking.answered > before + ROUNDS)
    worker.kill()
    print(f"{asking.answered} queries were answered while both replicas and the bundle were replaced")
    assert asking.failed == []
    assert {each.client.get("/v1/galleries/demo").json()["bundle"] for each in site.replicas} == {"other"}


def test_a_gallery_moves_to_milvus_and_back_while_both_replicas_are_replaced_and_no_query_fails(
    machines: Ground, site: Site, tmp_path: Path
) -> None:
    clip = add(site.replicas[0], tiny_clip(tmp_path / "there.mp4", seconds=1.0, tone_hz=2000.0))
    asking = Asking(site.replicas)
    with ExitStack() as beside:
        store = machines.storing
        _, milvus = beside.enter_context(served_lite(tmp_path, store.address, within=store.within))
        with_milvus = replace(site, settings={"SIGHTSOUND_MILVUS_URI": milvus.uri})
        with_milvus.work(site.workers[0])
        beside.enter_context(asking.going_on())
        for each in site.replicas:
            with_milvus.replace(each)
        before, moved = reindex(site.replicas[0])
        assert (kinds(before), kinds(moved)) == ({"flat"}, {"milvus-autoindex"})
        assert set(moved["report"]["agreement"].values()) == {1.0}
        check_following(site, tmp_path, rounds=FEW)
        activate = f"/v1/galleries/demo/generations/{before['number']}/activate"
        answer = site.replicas[1].client.post(activate, json={"expected": moved["number"]})
        assert answer.status_code == 200, answer.text
        for each in site.replicas:
            site.replace(each)
        answered = asking.answered
        until(lambda: asking.answered > answered + ROUNDS)
    print(f"{asking.answered} queries were answered while a gallery moved to Milvus and back")
    assert asking.failed == []
    assert site.replicas[0].client.delete(f"/v1/galleries/demo/clips/{clip}").status_code == 204


def check_following(site: Site, folder: Path, *, rounds: int = ROUNDS) -> None:
    """What either replica is told the other answers with from then on."""
    first, second = site.replicas
    followed_s = []
    for number in range(rounds):
        clip = add(first, tiny_clip(folder / f"{number}.mp4", seconds=1.0, tone_hz=3000.0 + 31 * number))
        start = time.monotonic()
        assert clip in found(second)
        followed_s.append(time.monotonic() - start)
        first, second = second, first
        assert first.client.delete(f"/v1/galleries/demo/clips/{clip}").status_code == 204
        assert clip not in found(second)
    print(f"a replica had followed the other after {max(followed_s):.3f} s at most, of {rounds} times")


def reindex(replica: Replica, **asked: str) -> list[Any]:
    """Have a worker do so: the generation that answered before, and the one that does now."""
    before = active(replica)
    answer = replica.client.post("/v1/galleries/demo/jobs/reindex", json=asked)
    assert answer.status_code in (200, 202), answer.text
    until(lambda: ended(replica, answer.json()["id"]))
    until(lambda: active(replica)["number"] > before["number"])  # once it has opened what the worker has made
    return [before, active(replica)]


def active(replica: Replica) -> Any:
    """The generation that answers."""
    told = replica.client.get("/v1/galleries/demo/generations").json()["generations"]
    return next(each for each in told if each["active"])


def kinds(generation: Any) -> set[str]:
    """Of its tables."""
    tables = (generation["report"] or {}).get("tables", {"the first": {"kind": "flat"}})
    return {each["kind"] for each in tables.values()}


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
