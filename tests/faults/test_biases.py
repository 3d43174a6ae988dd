"""Processes killed while clips come to and go from a gallery with corrected routes: its biases are those of now."""

import logging
import os
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from random import Random

import numpy as np
import pytest

from index import generations
from index.gallery import Gallery
from index.stores import Stores
from index.tables import VectorTable
from index.vectors.kinds import IndexOptions
from tests.faults.home import BUNDLES, QUERY, Home
from tests.faults.killing import Witness, kill_after, kill_at
from tests.faults.life import RULES
from tests.tiny.bundles import tiny_bundle
from tests.tiny.tables import own_tables
from tests.unit.index.corrected import MIXED
from tests.unit.index.world import query

SEED = int(os.environ.get("SIGHTSOUND_FAULT_SEED", "0"))
STRIDE = 50
"""Every so many touches of files by who keeps vectors, other ones for each seed."""
ASKED = {"audio->video": query(0, "audio"), **dict.fromkeys(("text->audio", "text->video", "text->av"), QUERY)}


@dataclass(frozen=True)
class CorrectedHome(Home):
    """A data folder whose gallery "demo" has corrected routes, two of them to one space."""

    def check(self, *, at_least: set[int], at_most: set[int]) -> set[int]:
        """Refuse a gallery that lacks clips, has others, or does not answer as one that is made anew."""
        with self._verified(strays=True) as galleries:
            gallery = galleries.get("demo")
            found = self.seeds(gallery)
            assert at_least <= found <= at_most, (at_least - found, found - at_most)
            assert dict(gallery.active.biases) == MIXED
            check_as_anew(self, gallery)
            for route, asked in ASKED.items():
                assert len(gallery.search(route, asked, k=1000)) == len(found)
        return found


def check_as_anew(home: Home, gallery: Gallery) -> None:
    """All tables of the gallery are as if they were made now."""
    stores = Stores.open(home.folder, home.catalog)
    for table in own_tables(gallery.active).values():
        check_same(table, anew(stores, gallery, table))
    stores.close()


def anew(stores: Stores, gallery: Gallery, table: VectorTable) -> VectorTable:
    """The same table, made of what the catalog has."""
    corrections = gallery.active.corrections
    with stores.database.reading() as connection:
        return VectorTable.built(
            table.embedding, connection, gallery.key, options=IndexOptions(), corrections=corrections
        )


def check_same(table: VectorTable, fresh: VectorTable) -> None:
    """Both have the same windows, with the same vectors and biases, and find the same."""
    assert table.position == fresh.position
    assert table.ids().tolist() == fresh.ids().tolist()
    np.testing.assert_allclose(table.stored(table.ids()), fresh.stored(fresh.ids()), atol=1e-4)
    asked = np.random.default_rng(0).normal(size=(3, table.embedding.dim)).astype(np.float32)
    for route in table.embedding.routes:
        found, wanted = (each.search(route, asked, 1000) for each in (table, fresh))
        np.testing.assert_allclose(found.scores, wanted.scores, atol=1e-3)


@pytest.fixture
def home(tmp_path: Path, catalog: str | None) -> CorrectedHome:
    """Six clips, two of them of a class that was seen in training."""
    found = CorrectedHome(tmp_path / "data", catalog)
    classes = {f"label {each}": np.eye(8, dtype=np.float32)[each] for each in (1, 5, 6)}
    for seed, name in enumerate(BUNDLES):
        tiny_bundle(found.folder / "bundles" / name, name=name, seed=seed, seen=classes)
    (found.folder / "scratch").mkdir()
    with found.opened() as galleries:
        gallery = galleries.create("demo", BUNDLES[0])
        for seed in range(6):
            found.add(gallery, seed)
        for each in BUNDLES:  # so that what may be rolled back to is corrected too
            gallery.reindex(each, rules=RULES, biases=MIXED)
    return found


def test_biases_are_those_of_now_after_processes_were_killed_at_random_moments(home: CorrectedHome) -> None:
    random = Random(SEED)
    print(f"SIGHTSOUND_FAULT_SEED={SEED}")
    witness = Witness(set(range(6)))
    for life in range(3):
        kill_after(home, witness, seed=900 + life, seconds=random.uniform(0.05, 0.8))
        witness.check(home)


@pytest.mark.parametrize("catalog", ["sqlite"], indirect=True)
def test_biases_are_those_of_now_after_a_process_was_killed_while_it_kept_them(home: CorrectedHome) -> None:
    print(f"SIGHTSOUND_FAULT_SEED={SEED}")
    witness = Witness(set(range(6)))
    for number, at in enumerate(count(Random(SEED).randrange(STRIDE), STRIDE)):
        kill_at(home, witness, seed=number + 1, deed="keep", what="files", at=at)
        witness.check(home)
        if witness.survived:
            print(f"{number} kills")
            break
    assert number >= 1, "it lived through the first"


@pytest.mark.parametrize("catalog", ["sqlite"], indirect=True)
def test_a_bank_that_is_damaged_on_the_disk_is_made_anew(
    home: CorrectedHome, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Every second file is cut, the others have a byte flipped."""
    monkeypatch.setattr(generations, "WORTH", 1)
    with home.opened() as galleries:
        galleries.get("demo").compact()
    last = max((home.folder / "vectors").glob("*/*"), key=lambda each: int(each.name))
    damaged = sorted(last.glob("*/attached-bank-0-*"))
    for number, path in enumerate(damaged):
        whole = path.read_bytes()
        path.write_bytes(whole[: len(whole) // 2] if number % 2 else whole[:-1] + bytes([whole[-1] ^ 4]))
        caplog.clear()
        with caplog.at_level(logging.WARNING), home.opened() as galleries:
            check_as_anew(home, galleries.get("demo"))
        assert len([each for each in caplog.messages if "made anew" in each]) == 1, (path.name, caplog.messages)
    assert len(damaged) >= 14
