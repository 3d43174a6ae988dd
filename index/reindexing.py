"""How a gallery changes to another bundle: features completed, vectors built beside, verified, switched in one step.

Each step can be taken again after a kill: what it has done already it finds done.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

from index import agreement, generations, placement
from index.active import Active
from index.catalog import changes, clips, galleries
from index.catalog import features as stored
from index.catalog.galleries import BundleRow
from index.choosing import Wanted, settled
from index.clips import Clip
from index.corrections import Corrections
from index.generations import Generation
from index.metadata import Json
from index.snapshots import Snapshots
from index.stores import Stores
from index.tables import Table
from index.verification import TOLERANCE, compare
from models.bundle.manifest import Manifest
from models.bundle.runtime import Bundle
from models.errors import Conflict, GenerationNotFound, SpaceMismatch, VectorsUnavailable
from models.features.extract import ClipFeatures
from models.types import Sense

log = logging.getLogger(__name__)

COMPARISONS = 3
"""At most, until one is made while no clip comes or goes; of many clips a few make little difference."""
Extract = Callable[[Path], ClipFeatures]
"""The features of a file by the backbones of the new bundle."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What a new generation must keep to before it is switched to.

    Args:
        tolerance: how much mean average precision may fall by any route; None for any fall: it is recorded only.
        kept: how many generations before the active one stay for a rollback.
    """

    tolerance: float | None = TOLERANCE
    kept: int = 2


def begin(stores: Stores, gallery: int, bundle: Bundle, corrections: Corrections) -> int:
    """The number of a generation that is not active, and has no vectors yet."""
    with stores.database.writing() as connection:
        row, milvus = BundleRow(bundle.name, bundle.sha256), stores.options.milvus
        number = galleries.add_generation(connection, gallery, row, biases=corrections.model_dump(mode="json"))
        placement.begin(connection, gallery, number, bundle=bundle, milvus=milvus, corrections=corrections)
    return number


def lacking(stores: Stores, gallery: int, bundle: Bundle) -> list[Clip]:
    """The clips that have a sense, but not its features by the bundle's backbone."""
    wanted = {sense: ref.sha256 for sense, ref in bundle.manifest.backbones.items()}
    with stores.database.reading() as connection:
        return [clips.get(connection, gallery, each) for each in stored.lacking(connection, gallery, wanted)]


def complete(stores: Stores, gallery: int, clip: Clip, *, bundle: Bundle, extract: Extract) -> None:
    """Extract a clip's features from its media, and store what it lacks beside what it has.

    Raises:
        SpaceMismatch: the clip would be cut into other windows.
        MediaInvalid, TooLarge, DecodeOverrun: the media cannot be decoded any more.
    """
    with stores.media.file(clip.sha256).local() as path:
        found = extract(path)
    if tuple(each.window for each in found.windows) != clip.windows:
        raise SpaceMismatch(
            f"the clip {clip.id!r} has {len(clip.windows)} windows, {bundle.name!r} would cut it into others"
        )
    wanted = {sense: ref.sha256 for sense, ref in bundle.manifest.backbones.items()}
    with stores.database.writing() as connection:
        changes.lock(connection, gallery)
        windows = clips.windows_of(connection, gallery, clip.id)
        stored.complete(connection, windows, [each.features for each in found.windows], wanted)
        stored.note_absent(connection, dict(zip(windows, (each.absent for each in found.windows), strict=True)))
        changes.record_changed(connection, gallery, windows)


def verify(stores: Stores, before: Generation, fresh: Generation, rules: Rules) -> None:
    """Record how the new generation was built and finds, beside the old; raises GenerationWorse, Conflict."""
    fresh.follow(stores.database)
    with stores.database.reading() as connection:
        found = compare(connection, before, fresh)
    agreed = _agreement(stores, before, fresh)
    if rules.tolerance is not None:
        found.check(rules.tolerance)
        agreement.check(agreed)
    tables: dict[str, Json] = {each.embedding.head: _told(each) for each in fresh.tables.values()}
    report: dict[str, Json] = {"comparison": asdict(found), "tolerance": rules.tolerance, "tables": tables}
    report["agreement"] = dict(agreed)
    with stores.database.writing() as connection:
        galleries.finish(connection, fresh.gallery, fresh.number, report=report)


def reindex(
    stores: Stores,
    active: Active,
    bundle: Bundle,
    *,
    rules: Rules,
    extract: Extract | None,
    biases: Wanted | None = None,
) -> Generation:
    """All steps in one process; a failure leaves the generation that answers as it was."""
    before = active.generation
    _complete_all(stores, active.gallery, bundle, extract)
    with stores.database.reading() as connection:
        corrections = settled(connection, before, bundle, biases)
    number = begin(stores, active.gallery, bundle, corrections)
    with ExitStack() as undo:
        undo.callback(forget, stores, active.gallery, number)
        fresh = generations.opened(stores, active.gallery, number, bundle, corrections=corrections)
        verify(stores, before, fresh, rules)
        complete = partial(_complete_all, stores, active.gallery, bundle, extract)
        active.switch_complete(fresh, expected=before.number, complete=complete)
        undo.pop_all()
    prune(stores, active.gallery, rules)
    return fresh


def roll_back(stores: Stores, active: Active, number: int | None, *, expected: int | None = None) -> Generation:
    """Answer with another generation that is kept, the last one before by default.

    Raises:
        GenerationNotFound: there is none of that number, or none before.
        SpaceMismatch: clips came since that lack the features of its bundle's backbones.
        Conflict: `expected`, by default the one that answers, is not the active one any more.
    """
    now = active.generation
    expected = now.number if expected is None else expected
    with stores.database.reading() as connection:
        galleries.check_active(connection, active.gallery, expected)
    if number == expected == now.number:
        return now
    fresh = active.open(_last_before(stores, active.gallery, expected) if number is None else number)
    if missing := lacking(stores, active.gallery, fresh.bundle):
        raise SpaceMismatch(
            f"{len(missing)} clips lack the features that generation {fresh.number} is made from, such as "
            f"{missing[0].name!r}: reindex to its bundle {fresh.bundle.name!r} instead"
        )
    active.switch(fresh, expected=expected)
    return fresh


def drop(stores: Stores, gallery: int, number: int) -> None:
    """Forget a generation that is kept.

    Raises GenerationNotFound, and Conflict for the active one and for one that is being built.
    """
    with stores.database.reading() as connection:
        known = {each.number: each.state for each in galleries.generations_of(connection, gallery)}
    if number not in known:
        raise GenerationNotFound(f"the gallery has no generation {number}; there are: {', '.join(map(str, known))}")
    if known[number] != "ready":
        raise Conflict(f"generation {number} is being built: cancel the job that does so")
    if not forget(stores, gallery, number):
        raise Conflict(f"generation {number} is the active one: activate another one first")


def forget(stores: Stores, gallery: int, number: int) -> bool:
    """A generation with its vectors, unless it did become active; says whether it is gone."""
    with stores.database.writing() as connection:
        is_gone = galleries.drop_generation(connection, gallery, number)
    if is_gone:
        Snapshots(stores.vectors).drop(gallery, number)
        placement.sweep(stores.database, stores.options.milvus)
    return is_gone


def _agreement(stores: Stores, before: Generation, fresh: Generation) -> dict[str, float]:
    """Nothing where the one before is in a Milvus that is away: it is no reason to stay there.

    Measured again where a clip came or went meanwhile, which one of them may have and the other not.
    """
    both, found = (before, fresh), dict[str, float]()
    try:
        for _ in range(COMPARISONS):
            for each in both:
                each.follow(stores.database)
            begun_at = {each.position for each in both}
            with stores.database.reading() as connection:
                found = agreement.agreement(connection, *both)
            if len(begun_at | {each.position for each in both}) == 1:
                break
    except VectorsUnavailable as error:
        log.warning("generation %d cannot be compared hit by hit: %s", before.number, error)
        return {}
    return found


def _told(table: Table) -> Json:
    return {"kind": table.kind} if table.report is None else table.report.model_dump(mode="json")


def _last_before(stores: Stores, gallery: int, number: int) -> int:
    with stores.database.reading() as connection:
        ready = [each.number for each in galleries.generations_of(connection, gallery) if each.state == "ready"]
    if not (earlier := [each for each in ready if each < number]):
        raise GenerationNotFound(f"there is no generation before {number} to go back to")
    return max(earlier)


def _mismatch(manifest: Manifest, there: Mapping[Sense, set[str]], found: Sequence[Clip]) -> str:
    odd = {sense: ref for sense, ref in manifest.backbones.items() if there.get(sense, set()) - {ref.sha256}}
    wanted = ", ".join(f"{sense} features of {ref.name} (sha256 {ref.sha256[:12]})" for sense, ref in odd.items())
    stored_ones = ", ".join(sorted(each[:12] for sense, ref in odd.items() for each in there[sense] - {ref.sha256}))
    return (
        f"the bundle {manifest.name!r} expects {wanted}, which {len(found)} clips lack, such as {found[0].name!r}: "
        f"the gallery stores those of sha256 {stored_ones}"
    )


def _complete_all(stores: Stores, gallery: int, bundle: Bundle, extract: Extract | None) -> Sequence[str]:
    """None is left out."""
    for clip in _completable(stores, gallery, bundle, extract):
        assert extract is not None, "else nothing is completable"
        complete(stores, gallery, clip, bundle=bundle, extract=extract)
    return ()


def _completable(stores: Stores, gallery: int, bundle: Bundle, extract: Extract | None) -> list[Clip]:
    """The clips whose features are to be extracted; raises SpaceMismatch where there is nothing to do it with."""
    found = lacking(stores, gallery, bundle)
    if found and extract is None:
        with stores.database.reading() as connection:
            there = stored.stored_backbones(connection, gallery)
        raise SpaceMismatch(_mismatch(bundle.manifest, there, found))
    return found


def prune(stores: Stores, gallery: int, rules: Rules) -> None:
    """Forget the generations before those kept for a rollback, and what was never finished before them.

    What they have in Milvus goes with the next ones: who searches it in any process may finish.
    """
    placement.sweep(stores.database, stores.options.milvus)
    with stores.database.writing() as connection:
        active = galleries.state(connection, gallery).generation
        earlier = [each for each in galleries.generations_of(connection, gallery) if each.number < active]
        ready = [each.number for each in earlier if each.state == "ready"]
        gone = {each.number for each in earlier} - set(ready[-rules.kept :] if rules.kept else [])
        for number in gone:
            galleries.drop_generation(connection, gallery, number)
    for number in gone:
        Snapshots(stores.vectors).drop(gallery, number)
