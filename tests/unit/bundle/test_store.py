"""Bundles on disk and in a tar: whole, checked, or refused."""

import io
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest

from models.bundle.store import load_manifest, pack, save, unpack
from models.errors import BundleInvalid, Conflict, TooLarge
from tests.tiny.bundles import tiny_bundle

LATER = {"probabilities", "temperatures", "classification"}
AUDIO_TO_AUDIO = {"query": "audio", "gallery": "audio", "metric": "euclidean"}


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    tiny_bundle(tmp_path / "tiny")
    return tmp_path / "tiny"


def change_manifest(bundle: Path, **changes: Any) -> None:
    content = json.loads((bundle / "bundle.json").read_text()) | changes
    (bundle / "bundle.json").write_text(json.dumps(content))


def test_what_was_saved_is_what_is_loaded(tmp_path: Path) -> None:
    assert tiny_bundle(tmp_path / "a", name="a") == load_manifest(tmp_path / "a")


def test_a_bundle_of_before_there_were_curves_and_probabilities_is_loaded_without_them(bundle: Path) -> None:
    content = json.loads((bundle / "bundle.json").read_text())
    older = {key: each for key, each in content.items() if key not in LATER}
    assert len(older) == len(content) - len(LATER)
    (bundle / "bundle.json").write_text(json.dumps(older))
    found = load_manifest(bundle)
    assert (found.probabilities, found.temperatures, found.classification.curves) == ({}, {}, {})


def test_saving_over_something_is_a_conflict(bundle: Path) -> None:
    with pytest.raises(Conflict, match="'tiny' already"):
        tiny_bundle(bundle)


def test_a_save_that_is_refused_leaves_nothing(bundle: Path) -> None:
    manifest = load_manifest(bundle)
    wrong = dict.fromkeys(manifest.heads, b"not the graph that was hashed")
    with pytest.raises(BundleInvalid, match="sha256"):
        save(bundle.parent / "other", manifest, wrong, "")
    with pytest.raises(BundleInvalid, match="disagree on the heads"):
        save(bundle.parent / "other", manifest, {}, "")
    assert [each.name for each in bundle.parent.iterdir()] == ["tiny"]


def test_a_changed_head_is_refused_naming_both_hashes(bundle: Path) -> None:
    (bundle / "audio.onnx").write_bytes(b"something else")
    with pytest.raises(BundleInvalid, match=r"'audio'.*sha256 \w{64}, expected \w{64}"):
        load_manifest(bundle)


def test_a_missing_or_linked_head_is_refused(bundle: Path) -> None:
    (bundle / "audio.onnx").rename(bundle.parent / "elsewhere")
    with pytest.raises(BundleInvalid, match=r"no file 'audio\.onnx'"):
        load_manifest(bundle)
    (bundle / "audio.onnx").symlink_to(bundle.parent / "elsewhere")
    with pytest.raises(BundleInvalid, match=r"no file 'audio\.onnx'"):
        load_manifest(bundle)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"surprise": 1}, "surprise"),
        ({"schema_version": 2}, "schema_version"),
        ({"attention": "audio"}, "attention 'audio' must read"),
        ({"backbones": {}}, "names no backbone"),
        ({"seen_classes": [{"name": "x", "feature": [1.0]}]}, "'x' needs 8 finite numbers"),
        ({"routes": {"a->b": {"query": "q", "gallery": "g", "metric": "inner"}}}, "routes name heads"),
        ({"routes": {"text->audio": AUDIO_TO_AUDIO}}, "'text->audio' goes from a head that reads audio to"),
        ({"routes": {"audio->av": AUDIO_TO_AUDIO}}, "'audio->av' goes from a head that reads audio to"),
        ({"routes": {"audio": AUDIO_TO_AUDIO}}, "the route 'audio' goes from"),
    ],
)
def test_a_manifest_that_does_not_fit_is_refused(bundle: Path, change: dict[str, Any], complaint: str) -> None:
    change_manifest(bundle, **change)
    with pytest.raises(BundleInvalid, match=complaint):
        load_manifest(bundle)


def test_a_manifest_full_of_faults_is_refused_without_a_list_of_them(bundle: Path) -> None:
    change_manifest(bundle, **{f"name {number}": 0 for number in range(2000)})
    with pytest.raises(BundleInvalid, match="the whole: it has 2000 faults"):
        load_manifest(bundle)


def test_a_head_outside_the_folder_is_refused(bundle: Path) -> None:
    heads = json.loads((bundle / "bundle.json").read_text())["heads"]
    heads["audio"]["file"] = "../audio.onnx"
    change_manifest(bundle, heads=heads)
    with pytest.raises(BundleInvalid, match="plain name"):
        load_manifest(bundle)


def test_no_manifest_or_no_json_is_refused(bundle: Path) -> None:
    with pytest.raises(BundleInvalid, match=r"no bundle\.json"):
        load_manifest(bundle.parent)
    (bundle / "bundle.json").write_text("{")
    with pytest.raises(BundleInvalid, match=r"tiny/bundle\.json"):
        load_manifest(bundle)


def test_a_packed_bundle_unpacks_to_the_same_and_packs_to_the_same_bytes(bundle: Path, tmp_path: Path) -> None:
    first, second, copy = tmp_path / "a.tar", tmp_path / "b.tar", tmp_path / "copy"
    pack(bundle, first)
    unpack(first, copy)
    (copy / "card.md").touch()
    pack(copy, second)
    assert first.read_bytes() == second.read_bytes()
    assert {each.name: each.read_bytes() for each in copy.iterdir()} == {
        each.name: each.read_bytes() for each in bundle.iterdir()
    }


def add(tar_path: Path, name: str, *, kind: bytes = tarfile.REGTYPE, content: bytes = b"x") -> None:
    member = tarfile.TarInfo(name)
    member.type, member.linkname, member.size = kind, "/etc/passwd", len(content) if kind == tarfile.REGTYPE else 0
    with tarfile.open(tar_path, "a") as tar:
        tar.addfile(member, io.BytesIO(content))


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("../escaped.onnx", tarfile.REGTYPE),
        ("/tmp/absolute.onnx", tarfile.REGTYPE),
        ("sub/audio.onnx", tarfile.REGTYPE),
        ("run.sh", tarfile.REGTYPE),
        ("link.onnx", tarfile.SYMTYPE),
        ("hard.onnx", tarfile.LNKTYPE),
        ("pipe.onnx", tarfile.FIFOTYPE),
        ("folder.onnx", tarfile.DIRTYPE),
        ("audio.onnx", tarfile.REGTYPE),
        ("unnamed.onnx", tarfile.REGTYPE),
    ],
)
def test_a_tar_with_anything_odd_is_refused_and_leaves_nothing(
    bundle: Path, tmp_path: Path, name: str, kind: bytes
) -> None:
    pack(bundle, tmp_path / "odd.tar")
    add(tmp_path / "odd.tar", name, kind=kind)
    with pytest.raises(BundleInvalid):
        unpack(tmp_path / "odd.tar", tmp_path / "out")
    assert sorted(each.name for each in tmp_path.iterdir()) == ["odd.tar", "tiny"]


def test_a_tar_over_the_limit_is_refused_before_it_is_written(bundle: Path, tmp_path: Path) -> None:
    pack(bundle, tmp_path / "a.tar")
    with pytest.raises(TooLarge, match="more than 100 bytes"):
        unpack(tmp_path / "a.tar", tmp_path / "out", limit_bytes=100)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("keep", [0, 700, 3000])
def test_a_tar_cut_short_is_refused(bundle: Path, tmp_path: Path, keep: int) -> None:
    pack(bundle, tmp_path / "a.tar")
    (tmp_path / "cut.tar").write_bytes((tmp_path / "a.tar").read_bytes()[:keep])
    with pytest.raises(BundleInvalid):
        unpack(tmp_path / "cut.tar", tmp_path / "out")


def test_a_tar_never_replaces_a_bundle(bundle: Path, tmp_path: Path) -> None:
    pack(bundle, tmp_path / "a.tar")
    with pytest.raises(Conflict):
        unpack(tmp_path / "a.tar", bundle)
    assert load_manifest(bundle).name == "tiny"
