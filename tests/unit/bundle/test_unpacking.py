"""Archives of bundles from anybody: only what is whole and plain becomes a bundle."""

from pathlib import Path
from tarfile import DIRTYPE
from zipfile import ZIP_STORED

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.bundle.store import load_manifest, unpack
from models.errors import BundleInvalid, SightsoundError, TooLarge
from tests.tiny.bundle_archives import BAD, LARGE, files_of, special, tarred, zipped
from tests.tiny.bundles import tiny_bundle


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bundles") / "tiny"
    tiny_bundle(folder)
    return folder


@pytest.fixture(scope="module")
def files(folder: Path) -> dict[str, bytes]:
    return files_of(folder)


def place(content: bytes, at: Path) -> Path:
    """Unpack an archive of these bytes below `at`, where nothing else is to be."""
    archive = at / "archive"
    archive.write_bytes(content)
    try:
        unpack(archive, at / "in" / "bundle")
    except SightsoundError:
        assert sorted(each.name for each in at.rglob("*") if each.name != "in") == ["archive"]
        raise
    return at / "in" / "bundle"


@pytest.mark.parametrize("prefix", ["", "tiny/", "./"])
def test_a_zip_or_tar_of_the_folder_or_of_its_files_is_the_bundle(
    prefix: str, files: dict[str, bytes], tmp_path: Path
) -> None:
    for number, content in enumerate((zipped(files, prefix=prefix), tarred(files, prefix=prefix))):
        (tmp_path / str(number)).mkdir()
        assert files_of(place(content, tmp_path / str(number))) == files


def test_a_folders_own_member_is_passed_over(files: dict[str, bytes], tmp_path: Path) -> None:
    named = {f"tiny/{name}": content for name, content in files.items()}
    for number, content in enumerate((zipped({"tiny/": b"", **named}), tarred(named, special("tiny", DIRTYPE)))):
        (tmp_path / str(number)).mkdir()
        assert files_of(place(content, tmp_path / str(number))) == files


@pytest.mark.parametrize("what", BAD)
def test_what_is_no_plain_whole_bundle_is_refused(what: str, files: dict[str, bytes], tmp_path: Path) -> None:
    make, words = BAD[what]
    with pytest.raises(BundleInvalid, match=words):
        place(make(files), tmp_path)


@pytest.mark.parametrize("what", LARGE)
def test_what_is_too_much_is_refused(what: str, files: dict[str, bytes], tmp_path: Path) -> None:
    with pytest.raises(TooLarge):
        place(LARGE[what](files), tmp_path)


@settings(max_examples=150)
@given(numbers=st.data())
def test_flipped_bytes_never_place_a_bundle_that_differs_from_its_manifest(
    numbers: st.DataObject, files: dict[str, bytes], tmp_path_factory: pytest.TempPathFactory
) -> None:
    archives = (zipped(files), zipped(files, kind=ZIP_STORED), tarred(files))
    content = bytearray(numbers.draw(st.sampled_from(archives)))
    places = st.tuples(st.integers(0, len(content) - 1), st.integers(1, 255))
    for at, by in numbers.draw(st.lists(places, min_size=1, max_size=4)):
        content[at] ^= by
    try:
        placed = place(bytes(content), tmp_path_factory.mktemp("flipped"))
    except SightsoundError:
        return
    manifest = load_manifest(placed)
    heads = {each.file for each in manifest.heads.values()}
    found = files_of(placed)
    assert found.keys() == files.keys()
    assert [name for name in heads if found[name] != files[name]] == []
