"""Back-ups that were damaged: refused as a whole, or named, and never served as if they were right."""

from collections.abc import Callable
from pathlib import Path
from shutil import rmtree

import psycopg
import pytest

from models.errors import BundleInvalid, BundleNotFound, CatalogInvalid, SightsoundError
from tests.operations.place import REFUSED, RESTORED, Place, add, hits
from tests.unit.service.asking import DEMO

TABLES = "SELECT count(*) FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
PG_RESTORE_FAILED = 1


def flip(path: Path) -> None:
    """Damage a byte in the middle of a file."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)


def cut(path: Path) -> None:
    """Leave the first half of a file."""
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


@pytest.fixture
def backup(sqlite_place: Place) -> Path:
    """One that was made of the folder on SQLite."""
    assert list(sqlite_place.back_up())
    return sqlite_place.folder / "backup"


def a_dump_of(place: Place) -> Path:
    """One of a gallery of two clips in PostgreSQL, with the rest of the back-up."""
    with place.serving() as client:
        for number in range(2):
            add(client, place.folder, number)
    assert list(place.back_up())
    return place.folder / "backup" / "catalog.dump"


def test_of_a_dump_that_was_cut_off_nothing_is_restored_and_the_whole_one_still_can_be(postgres_place: Place) -> None:
    whole = (dump := a_dump_of(postgres_place)).read_bytes()
    (copy, create, restore, verify) = postgres_place.restoring()
    cut(dump)
    for command in (copy, create):
        postgres_place.told(command)
    postgres_place.told(restore, status=PG_RESTORE_FAILED)
    with psycopg.connect(str(postgres_place.catalog(RESTORED))) as connection:
        assert connection.execute(TABLES).fetchone() == (0,)
    dump.write_bytes(whole)
    postgres_place.told(restore)
    postgres_place.told(verify)
    with postgres_place.serving(RESTORED) as client:
        assert len(hits(client)) == 4


def test_what_is_opened_over_a_catalog_that_stayed_empty_serves_no_gallery_and_names_all_media(
    postgres_place: Place,
) -> None:
    a_dump_of(postgres_place)
    (copy, create, *_) = postgres_place.restoring()
    for command in (copy, create):
        postgres_place.told(command)
    assert postgres_place.findings().keys() == {"stray"}
    with postgres_place.serving(RESTORED) as client:
        assert client.get(DEMO).status_code == 404


def test_a_media_file_with_a_flipped_byte_is_named_by_its_clip(sqlite_place: Place, backup: Path) -> None:
    damaged = next(each for each in (backup / "media").rglob("*") if each.is_file())
    flip(damaged)
    sqlite_place.told(sqlite_place.restoring()[0])
    assert sqlite_place.findings() == {"media": f"gallery demo: clip {damaged.name[:16]}"}


@pytest.mark.parametrize(
    ("damage", "error", "said"),
    [
        (lambda bundle: rmtree(bundle), BundleNotFound, "there is no bundle 'tiny'"),
        (lambda bundle: flip(bundle / "av.onnx"), BundleInvalid, "av.onnx has sha256"),
    ],
    ids=["missing", "altered"],
)
def test_a_bundle_that_is_missing_or_altered_is_named_and_nothing_is_served(
    sqlite_place: Place, backup: Path, damage: Callable[[Path], None], error: type[SightsoundError], said: str
) -> None:
    damage(backup / "bundles" / "tiny")
    sqlite_place.told(sqlite_place.restoring()[0])
    assert sqlite_place.findings() == {"bundle": "gallery demo"}
    with pytest.raises(error, match=said), sqlite_place.serving(RESTORED):
        pass


def test_a_catalog_that_was_cut_off_is_refused_by_the_verification_and_by_the_service(
    sqlite_place: Place, backup: Path
) -> None:
    cut(backup / "catalog.sqlite")
    (copy, verify) = sqlite_place.restoring()
    sqlite_place.told(copy)
    assert "cannot be opened: database disk image is malformed" in sqlite_place.told(verify, status=REFUSED)
    with pytest.raises(CatalogInvalid, match="malformed"), sqlite_place.serving(RESTORED):
        pass
    assert any(each.is_file() for each in (sqlite_place.folder / RESTORED / "media").rglob("*"))


def test_a_gallerys_file_that_was_cut_off_is_refused_and_the_gallery_is_not_there(sqlite_place: Place) -> None:
    sqlite_place.told("sightsound gallery export demo demo.tar")
    cut(sqlite_place.folder / "demo.tar")
    refusal = sqlite_place.told("sightsound gallery import demo.tar --name demo-restored", status=REFUSED)
    assert "demo.tar" in refusal
    with sqlite_place.serving() as client:
        assert client.get("/v1/galleries/demo-restored").status_code == 404
