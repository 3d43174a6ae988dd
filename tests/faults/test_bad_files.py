"""Thousands of bad files: each becomes windows or one clear error, within its time and its memory."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from itertools import islice
from pathlib import Path

import pytest

from models.errors import SenseNotFound, SightsoundError
from models.media.cage import Cage
from models.media.limits import Limits
from models.media.looking.thumbnail import thumbnail
from models.media.looking.waveform import waveform
from tests.faults.corpus.good import GOOD, good
from tests.faults.corpus.mutants import GROUPS, Mutant, mutants
from tests.faults.looking import LIMITS, REFUSALS, Outcome, decode_and_collect, faults, faults_of_error, look
from tests.faults.processes import descendants, peak_bytes

AT_LEAST, KINDS_AT_LEAST = 2000, 8
SPARE_S = 30.0
"""A child that has overrun is ended and the next one begun; the machine may be busy with other tests."""
HELD_BYTES = 160 * 2**20
"""What a child holds before its first file: Python, numpy and the libraries that decode."""


@pytest.fixture(scope="module")
def cage() -> Iterator[Cage]:
    with Cage(LIMITS, workers=2) as cage:
        cage.warm_up()
        yield cage


def test_the_corpus_is_large_and_of_many_kinds_and_every_file_has_a_name_of_its_own() -> None:
    found = [(each.group, each.name, each.content) for group in GROUPS for each in mutants(group)]
    assert len({(group, name) for group, name, _ in found}) == len(found)
    assert len({content for *_, content in found}) >= AT_LEAST
    assert len({group for group, *_ in found} & GOOD.keys()) >= KINDS_AT_LEAST


@pytest.mark.parametrize("kind", GOOD)
def test_what_is_spoiled_was_good(cage: Cage, tmp_path: Path, kind: str) -> None:
    outcome = _looked(cage, tmp_path, Mutant(kind, "good", good(kind)))
    assert isinstance(outcome.ended, float), outcome.said
    assert outcome.windows[0].senses


@pytest.mark.parametrize("kind", GOOD)
def test_the_same_files_are_made_each_time(kind: str) -> None:
    assert GOOD[kind]() == good(kind)
    assert list(mutants(kind)) == list(mutants(kind))


@pytest.mark.parametrize("group", GROUPS)
def test_every_bad_file_ends_in_windows_or_one_clear_error_within_its_limits(
    cage: Cage, tmp_path: Path, group: str
) -> None:
    with ThreadPoolExecutor(2) as hands:
        found = list(hands.map(lambda each: (each.name, _faults(cage, tmp_path, each)), mutants(group)))
    assert [each for each in found if each[1]] == []
    peaks = [peak_bytes(child) for child in descendants()]
    assert max(peaks) <= HELD_BYTES + LIMITS.memory_bytes
    assert _looked(cage, tmp_path, Mutant("mp4", "good", good("mp4"))).windows[0].senses == {"audio", "video"}


@pytest.mark.parametrize("kind", GOOD)
@pytest.mark.parametrize("show", [partial(thumbnail, at_s=None), waveform], ids=["thumbnail", "waveform"])
def test_what_shows_a_clip_refuses_bad_ones_in_one_clear_error(
    cage: Cage, tmp_path: Path, kind: str, show: Callable[[Path, Limits], object]
) -> None:
    shown = ((each.name, _refusal(cage, tmp_path, each, show)) for each in islice(mutants(kind), 0, None, 10))
    odd = [(name, faults_of_error(error, tmp_path)) for name, error in shown if error is not None]
    assert [each for each in odd if each[1]] == []


def test_the_name_of_a_colour_profile_is_not_freed_twice(tmp_path: Path) -> None:
    """By a child that holds nothing yet: one that has decoded much may have no room for the profile."""
    (named,) = (each for each in mutants("bombs") if each.name == "png of deflated colours")
    with _written(tmp_path, named) as path, Cage(LIMITS, workers=1) as fresh:
        fresh.look(path, decode_and_collect)


def _faults(cage: Cage, folder: Path, mutant: Mutant) -> list[str]:
    outcome = _looked(cage, folder, mutant)
    slow = [f"{outcome.seconds:.1f} s"] if outcome.seconds > LIMITS.wall_s + SPARE_S else []
    return [f"{fault}: {outcome.said}" for fault in (*faults(outcome, folder), *slow)]


def _looked(cage: Cage, folder: Path, mutant: Mutant) -> Outcome:
    with _written(folder, mutant) as path:
        return look(cage, path)


def _refusal(
    cage: Cage, folder: Path, mutant: Mutant, show: Callable[[Path, Limits], object]
) -> SightsoundError | None:
    with _written(folder, mutant) as path:
        try:
            cage.look(path, show)
        except (*REFUSALS, SenseNotFound) as error:
            return error
    return None


@contextmanager
def _written(folder: Path, mutant: Mutant) -> Iterator[Path]:
    path = folder / f"{mutant.name}.mp4".replace("/", "|")[-200:]
    path.write_bytes(mutant.content)
    try:
        yield path
    finally:
        path.unlink()
