"""Which corrections a new generation gets: those that are asked for, chosen on the gallery's own labelled clips."""

from collections.abc import Mapping
from typing import Literal

from index.catalog import clips
from index.catalog.database import Connection
from index.corrections import Corrections
from index.embedding import gallery_routes
from index.generations import Generation
from index.labelled import Labelled, labelled, scorer, seen_classes
from index.verification import corrected_precision
from models.bundle.runtime import Bundle
from models.errors import RouteMissing
from models.evaluation.evaluating import retrieval
from models.evaluation.hubness import choose
from models.evaluation.retrieval import Retrieval
from models.hubness import RouteBias, shift_for

CHOSEN: Literal["chosen"] = "chosen"
LEAST = 20
"""Labelled windows from which on a choice is tried."""

Wanted = Mapping[str, RouteBias | Literal["chosen"]]
"""By route: a bias, or that one is to be chosen, which may be none."""


def settled(connection: Connection, before: Generation, bundle: Bundle, wanted: Wanted | None) -> Corrections:
    """The corrections of a generation by a bundle that comes after another one.

    None keeps those that there are, of the routes that the bundle has. Raises RouteMissing for a route it has not.
    """
    check(bundle, wanted)
    if wanted is None:
        wanted = before.corrections.of(gallery_routes(bundle.manifest))
    found = {
        route: chosen(connection, before.gallery, bundle, route) if bias == CHOSEN else bias
        for route, bias in wanted.items()
    }
    kept = {route: bias for route, bias in found.items() if not bias.is_off}
    shift = shift_for(clips.window_count(connection, before.gallery)) if kept else 0
    return Corrections(shift=shift, routes=kept)


def check(bundle: Bundle, wanted: Wanted | None) -> None:
    """Refuse biases of routes that the bundle has not; raises RouteMissing."""
    routes = gallery_routes(bundle.manifest)
    if odd := sorted(set(wanted or ()) - set(routes)):
        raise RouteMissing(
            f"the bundle {bundle.name!r} has no route {odd[0]!r} to clips that could be corrected; it has "
            f"{', '.join(routes)}"
        )


def chosen(connection: Connection, gallery: int, bundle: Bundle, route: str) -> RouteBias:
    """The bias of the best mean average precision on every other labelled clip; off if the rest gains nothing by it.

    So that what is chosen by chance is not kept.
    """
    sample = labelled(connection, gallery, bundle.manifest)
    if route.startswith("text->"):
        sample = sample.of(seen_classes(bundle.manifest))
    if len(sample.windows) < LEAST:
        return RouteBias()
    tried, rest = (_found(connection, bundle, route, half) for half in sample.halves())
    bias = choose(tried, merit="precision").bias
    return bias if corrected_precision(rest, bias) > corrected_precision(rest, RouteBias()) else RouteBias()


def _found(connection: Connection, bundle: Bundle, route: str, sample: Labelled) -> Retrieval:
    return retrieval(scorer(connection, bundle, sample), route, sample.all_seen, leave_one_out=True)
