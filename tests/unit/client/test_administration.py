"""Whatever an administrator does, done by the client."""

import tarfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sightsound import Client, Item, Only, ServiceRefused
from sightsound.job_answers import Job
from tests.unit.service.waiting import PATIENCE_S


def test_galleries_come_and_go(client: Client) -> None:
    made = client.create_gallery("own", "tiny")
    assert (made.name, made.clips, client.gallery_statistics("own").media_bytes) == ("own", 0, 0)
    with pytest.raises(ServiceRefused) as refused:
        client.remove_gallery("own", if_match='"another"')
    assert refused.value.problem.status == 412
    client.remove_gallery("own", if_match=made.etag)
    assert [each.name for each in client.galleries()] == ["demo"]


def test_clips_are_changed_as_they_were_seen_only(client: Client, clips: list[Path]) -> None:
    clip = client.add_clip("demo", clips[0], ["knock"], metadata={"year": 1999, "place": "Ulm"})
    changed = client.change_clip(
        "demo", clip.id, name="b.mp4", labels=["bell"], metadata={"place": None}, if_match=clip.etag
    )
    assert (changed.name, changed.labels, changed.metadata) == ("b.mp4", ("bell",), {"year": 1999})
    assert client.change_clip("demo", clip.id) == changed
    for stale in (clip.etag, '"another"'):
        with pytest.raises(ServiceRefused, match="ETag"):
            client.change_clip("demo", clip.id, labels=["x"], if_match=stale)
        with pytest.raises(ServiceRefused):
            client.remove_clip("demo", clip.id, if_match=stale)
    old = Only(where=[{"path": ["year"], "is": "lt", "value": 2000}])
    assert [each.id for each in client.clips("demo", label="bell", only=old)] == [clip.id]
    assert next(iter(client.clips("demo"))).etag is None
    gone = client.remove_clips("demo", [clip.id, "none"])
    assert (gone.removed, gone.missing) == ((clip.id,), ("none",))


def test_generations_are_activated_and_forgotten(client: Client) -> None:
    first = client.gallery("demo").generation
    made = client.reindex("demo", "other", force=True, expected=first)
    assert client.generation("demo", made.generation).active
    with pytest.raises(ServiceRefused):
        client.activate("demo", first, expected=first)
    assert client.activate("demo", first, expected=made.generation).bundle == "tiny"
    client.remove_generation("demo", made.generation)
    assert [each.number for each in client.generations("demo")] == [first]
    with pytest.raises(ServiceRefused):
        client.reindex("demo", expected=first + 99)


def test_a_gallery_leaves_as_a_file_comes_back_and_is_whole(client: Client, tmp_path: Path) -> None:
    archive, told = tmp_path / "demo.tar", list[tuple[int, int]]()
    client.export_gallery("demo", archive)
    made = client.import_gallery(archive, "back", told=lambda *each: told.append(each))
    assert (made.name, made.clips, made.labels) == ("back", client.gallery("demo").clips, client.gallery("demo").labels)
    assert told[-1] == (archive.stat().st_size, archive.stat().st_size)
    assert client.verify_gallery("back") == ()
    client.remove_gallery("back")


def test_bundles_are_brought_and_fetched(client: Client, library: Path, tmp_path: Path) -> None:
    whole = client.bundle("other")
    assert (whole.method, whole.routes["text->video"].metric) == (client.bundles()[0].method, "euclidean")
    archive = tmp_path / "other.tar"
    client.bundle_archive("other", archive)
    with tarfile.open(archive) as found:
        assert any(each.endswith(".onnx") for each in found.getnames())
    assert client.add_bundle(archive) == whole
    with pytest.raises(ServiceRefused):
        client.remove_bundle("tiny")
    client.remove_bundle("other")
    assert [each.name for each in client.bundles()] == ["tiny"]
    told = list[tuple[int, int]]()
    assert client.add_bundle(archive, told=lambda *each: told.append(each)).sha256 == whole.sha256
    assert told[-1] == (archive.stat().st_size, archive.stat().st_size)


def test_evaluations_are_compared_drawn_and_deleted(client: Client) -> None:
    ended = [client.jobs.wait(client.jobs.evaluate("demo", ["text->video"]).id, timeout_s=PATIENCE_S) for _ in "ab"]
    first, second = [_evaluation(each) for each in ended]
    beside = client.compare_evaluations("demo", first, second)
    assert (beside.first.id, beside.second.id, beside.same_classes) == (first, second, True)
    assert beside.retrieval["text->video"].by_sample.difference == 0
    assert b"<svg" in client.evaluation_plot("demo", first, "precision", beside=second)
    client.remove_evaluation("demo", first)
    assert [each.id for each in client.evaluations("demo")] == [second]


def test_keys_are_made_used_and_revoked(client: Client, served: str) -> None:
    until = datetime.now(UTC) + timedelta(days=1)
    made = client.create_key("reader", ["search"], galleries=["demo"], rate="60/minute", at_once=2, expires_at=until)
    assert (made.scopes, made.galleries, made.expires_at) == (("search",), ("demo",), until)
    (listed,) = client.keys()
    assert (listed.name, listed.counts) == ("reader", True)
    client.revoke_key("reader")
    assert not client.keys()[0].counts
    assert "DELETE /v1/keys/reader" in [each.action for each in client.audit(at_once=1)]


def test_readiness_tells_the_parts(client: Client) -> None:
    assert {each.state for each in client.readiness().parts or ()} == {"ok"}


def test_items_of_the_server_are_fetched(client: Client, clips: list[Path]) -> None:
    items = [Item(path=clips[1].name, name="mine", labels=["a"], metadata={"year": 1}), Item(path="none.mp4")]
    ended = client.jobs.wait(client.jobs.ingest("demo", items=items, labels=["b"]).id, timeout_s=PATIENCE_S)
    assert [each.item for each in ended.errors] == ["none.mp4"]
    (clip,) = client.clips("demo", label="a")
    assert (clip.name, clip.labels, clip.metadata) == ("mine", ("a", "b"), {"year": 1})
    with pytest.raises(ServiceRefused, match="fetch_urls"):
        client.jobs.ingest("demo", items=[Item(url="https://127.0.0.1/a.mp4")])


def _evaluation(job: Job) -> int:
    assert job.result is not None, job.failure
    return int(job.result["evaluation"])
