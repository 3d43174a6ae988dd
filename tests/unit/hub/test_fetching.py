"""Files come from a hub once, are taken up again where they stopped, and stay what they were."""

import json
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from huggingface_hub.constants import DOWNLOAD_CHUNK_SIZE

from models.errors import BundleInvalid, HubUnavailable
from tests.tiny.hub_server import HubServer, hub_server
from tests.unit.hub.conftest import CLIP, COMMIT
from training.hub.fetching import Hub
from training.hub.lock import Lock

FILE = "onnx/vision_model.onnx"
LARGE = "onnx/large.onnx"
PIECE = DOWNLOAD_CHUNK_SIZE
OTHER = "f" * 40
BRANCH = CLIP.model_copy(update={"revision": "main"})


@pytest.fixture
def asking(hub: HubServer, tmp_path: Path) -> Callable[..., Hub]:
    """What asks the hub, or another address, with files and lock under a folder."""

    def make(*, endpoint: str = hub.address, offline: bool = False) -> Hub:
        return Hub(tmp_path / "hub", Lock(tmp_path / "hub.lock.json"), endpoint=endpoint, offline=offline)

    return make


def with_large_file(hub: HubServer) -> bytes:
    """A file of several of the pieces in which one is written."""
    content = np.random.default_rng(0).bytes(5 * PIECE // 2)
    hub.repositories["tiny/clip"][COMMIT][LARGE] = content
    return content


def digest(content: bytes) -> str:
    return sha256(content).hexdigest()


def test_a_file_is_fetched_once_and_its_commit_and_hash_are_written_down(
    hub: HubServer, asking: Callable[..., Hub], tmp_path: Path
) -> None:
    path = asking().fetch(BRANCH, FILE)
    content = hub.repositories["tiny/clip"][COMMIT][FILE]
    assert path.read_bytes() == content
    lock = json.loads((tmp_path / "hub.lock.json").read_text())
    assert lock["fetched"] == {"tiny/clip@main": {"commit": COMMIT, "sha256": {FILE: digest(content)}}}
    hub.asked.clear()
    assert asking().fetch(BRANCH, FILE) == path
    assert hub.asked == []


def test_what_is_fetched_is_told_byte_by_byte_up_to_its_size(hub: HubServer, asking: Callable[..., Hub]) -> None:
    told: list[tuple[int, int | None]] = []
    path = asking().fetch(CLIP, FILE, lambda done, total: told.append((done, total)))
    size = path.stat().st_size
    assert told[0] == (0, size)
    assert told[-1] == (size, size)


def test_an_interrupted_download_goes_on_where_it_stopped(hub: HubServer, asking: Callable[..., Hub]) -> None:
    content = with_large_file(hub)

    def interrupt(done: int, total: int | None) -> None:
        if done > PIECE:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        asking().fetch(CLIP, LARGE, interrupt)
    assert hub.asked[-1].start == 0
    path = asking().fetch(CLIP, LARGE)
    assert hub.asked[-1].start == PIECE
    assert path.read_bytes() == content
    assert list(asking().folder.rglob("*.part")) == []


def test_a_connection_that_breaks_off_is_taken_up_again(hub: HubServer, asking: Callable[..., Hub]) -> None:
    content = with_large_file(hub)
    hub.breaks = 1
    assert asking().fetch(CLIP, LARGE).read_bytes() == content
    assert [each.start for each in hub.asked if "/cdn/" in each.path] == [0, PIECE]


def test_a_part_that_is_longer_than_the_file_is_begun_anew(hub: HubServer, asking: Callable[..., Hub]) -> None:
    folder = asking().folder / "tiny--clip" / COMMIT / "onnx"
    folder.mkdir(parents=True)
    (folder / "vision_model.onnx.part").write_bytes(bytes(10_000_000))
    assert asking().fetch(CLIP, FILE).read_bytes() == hub.repositories["tiny/clip"][COMMIT][FILE]


def test_offline_takes_what_is_there_and_asks_nobody(hub: HubServer, asking: Callable[..., Hub]) -> None:
    path = asking().fetch(BRANCH, FILE)
    hub.asked.clear()
    offline = asking(offline=True)
    assert offline.fetch(BRANCH, FILE) == path
    with pytest.raises(HubUnavailable, match=r"tokenizer.json of tiny/clip at main is not in .* offline"):
        offline.fetch(BRANCH, "tokenizer.json")
    assert hub.asked == []


def test_a_mirror_is_asked_instead_and_given_no_token(
    hub: HubServer, asking: Callable[..., Hub], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    with hub_server() as mirror:
        mirror.repositories = hub.repositories
        asking(endpoint=mirror.address).fetch(CLIP, FILE)
    assert hub.asked == []
    assert len(mirror.asked) >= 2
    assert {each.token for each in mirror.asked} == {None}


def test_a_branch_that_moved_is_still_the_commit_it_was(hub: HubServer, asking: Callable[..., Hub]) -> None:
    asking().fetch(BRANCH, "tokenizer.json")
    hub.repositories["tiny/clip"][OTHER] = {FILE: b"another network"}
    hub.branches["main"] = OTHER
    assert asking().fetch(BRANCH, FILE).read_bytes() == hub.repositories["tiny/clip"][COMMIT][FILE]


def test_a_file_that_changed_on_the_hub_is_refused_with_both_hashes(hub: HubServer, asking: Callable[..., Hub]) -> None:
    path = asking().fetch(CLIP, "tokenizer.json")
    before = path.read_bytes()
    path.unlink()
    hub.repositories["tiny/clip"][COMMIT]["tokenizer.json"] = b"another"
    for _ in range(2):
        with pytest.raises(BundleInvalid, match=f"has sha256 {digest(b'another')}; expected {digest(before)}"):
            asking().fetch(CLIP, "tokenizer.json")
    assert not path.exists()


def test_a_file_that_changed_on_the_disk_is_refused_with_both_hashes(asking: Callable[..., Hub]) -> None:
    path = asking().fetch(CLIP, FILE)
    before = path.read_bytes()
    path.write_bytes(before[:-1])
    with pytest.raises(BundleInvalid, match=f"{digest(before[:-1])}; expected {digest(before)}"):
        asking(offline=True).fetch(CLIP, FILE)


def test_a_file_of_another_hash_than_the_catalogue_names_is_refused(asking: Callable[..., Hub]) -> None:
    with pytest.raises(BundleInvalid, match=f"expected {'a' * 64}"):
        asking().fetch(CLIP.model_copy(update={"sha256": {FILE: "a" * 64}}), FILE)


def test_bytes_that_are_not_those_the_hub_announced_are_refused_and_forgotten(
    hub: HubServer, asking: Callable[..., Hub]
) -> None:
    files = hub.repositories["tiny/clip"][COMMIT]
    content = files[FILE]
    hub.lies, files[FILE] = digest(content), content[::-1]
    with pytest.raises(BundleInvalid, match=f"has sha256 {digest(content[::-1])}; expected {digest(content)}"):
        asking().fetch(CLIP, FILE)
    files[FILE] = content
    assert asking().fetch(CLIP, FILE).read_bytes() == content


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"repository": "tiny/none"}, "401"),
        ({"revision": "e" * 40}, "404"),
        ({"revision": "none"}, "404"),
    ],
)
def test_what_the_hub_does_not_have_is_one_error(asking: Callable[..., Hub], change: dict[str, str], said: str) -> None:
    with pytest.raises(HubUnavailable, match=rf"vision_model.onnx of .* cannot be had from http://127.*{said}"):
        asking().fetch(CLIP.model_copy(update=change), FILE)


def test_a_file_that_the_repository_lacks_is_one_error(asking: Callable[..., Hub]) -> None:
    with pytest.raises(HubUnavailable, match="404"):
        asking().fetch(CLIP, "onnx/none.onnx")


def test_a_hub_that_fails_or_is_none_is_one_error(hub: HubServer, asking: Callable[..., Hub], tmp_path: Path) -> None:
    hub.status = 500
    with pytest.raises(HubUnavailable, match="500"):
        asking().fetch(CLIP, FILE)
    hub.status = 200
    with pytest.raises(HubUnavailable, match="names no commit of tiny/clip, as a hub would"):
        asking().fetch(CLIP, FILE)
    with pytest.raises(HubUnavailable, match=r"cannot be had from http://127.0.0.1:9: .*[Cc]onnect"):
        asking(endpoint="http://127.0.0.1:9").fetch(CLIP, FILE)
    for address in ("nowhere", "http://[", "ftp://127.0.0.1"):
        with pytest.raises(HubUnavailable, match="cannot be had from"):
            asking(endpoint=address).fetch(CLIP, FILE)
    with pytest.raises(HubUnavailable, match=r"a--b"):
        asking().fetch(CLIP.model_copy(update={"repository": "tiny/a--b"}), FILE)
    assert list((tmp_path / "hub").rglob("*.onnx")) == []


def test_a_lock_that_is_none_is_refused(asking: Callable[..., Hub], tmp_path: Path) -> None:
    (tmp_path / "hub.lock.json").write_text("[]")
    with pytest.raises(BundleInvalid, match="is no list of what was fetched"):
        asking().fetch(BRANCH, FILE)
