"""A sealed part of the kind that is wanted, if it reaches the recall; else an exact one, saying so."""

import os
from dataclasses import replace
from time import perf_counter

import numpy as np

from index.vectors.kinds import IndexOptions, Kind, Near, QueriesFrom, Report, Stage, exact_report, untold
from index.vectors.part import Part
from index.vectors.recall import Truth
from index.vectors.scan import threads, threads_for
from index.vectors.structure import STRUCTURES
from index.vectors.training import LARGEST, LEAST, steps, train
from models.types import F32

PASSES = 2
"""Over the vectors, at which building uses several cores: small tables are built by one."""

SPARED = max((os.cpu_count() or 1) - 1, 1)
"""The most: one core is left to who searches meanwhile. On two cores that takes a sixth longer."""

APART = 16
"""Candidates a hit at least where what is near is not what scores best: of corrected hits all were among ten a hit."""

QUERIES = 1000
"""How many queries recall is measured by at most."""


def seal(
    part: Part, queries: F32 | None, options: IndexOptions, *, near: Near | None = None, watch: Stage = untold
) -> tuple[Part, Report]:
    """The flat part itself or with a structure that reaches the recall, and what was found.

    The structure goes by what is `near`, by default by all numbers and the part's metric. Queries [q, d] are prepared
    for the metric as the part's vectors are; None takes some of these vectors. `watch` is told of each stage.
    """
    started = perf_counter()
    with threads(min(threads_for(PASSES, part.vectors.size), SPARED)):
        sealed, report = _sealed(part, queries, options, near=near or _all_of(part), watch=watch)
    return sealed, report.model_copy(update={"took_s": round(perf_counter() - started, 3)})


def _sealed(part: Part, queries: F32 | None, options: IndexOptions, *, near: Near, watch: Stage) -> tuple[Part, Report]:
    kind = options.wanted(*part.vectors.shape)
    if why := _why_flat(part.vectors, kind, options):
        return _flat(part, options, why)
    sample, source = _sample(part, queries)
    truth = Truth(part, sample, options.at, watch=watch)
    index, reached = train(kind, part.vectors, near, watch), 0.0
    for parameters in steps(kind, index, least=1 if near == _all_of(part) else APART):
        watch(f"measuring recall at {', '.join(f'{name} {value}' for name, value in parameters.items())}")
        sealed = replace(part, structure=STRUCTURES[kind](index, near, parameters))
        reached = truth.recall(sealed)
        if reached >= options.recall:
            return sealed, _report(sealed, reached, options, queries=(len(sample), source))
    missed = f"{kind} reached a recall of {reached:.4f} at {options.at}, below {options.recall}: exact search instead"
    return _flat(part, options, missed)


def _all_of(part: Part) -> Near:
    return Near(dim=part.vectors.shape[1], metric=part.metric)


def _flat(part: Part, options: IndexOptions, reason: str) -> tuple[Part, Report]:
    return part, exact_report("flat", vectors=len(part.ids), at=options.at, reason=reason)


def _why_flat(vectors: F32, kind: Kind, options: IndexOptions) -> str:
    """Why nothing else is to be tried, empty if it is."""
    if options.kind == "flat":
        return "exact search was asked for"
    if kind == "flat":
        return f"at most {options.exact_up_to} numbers, of which exact search takes about 2 ms"
    if len(vectors) < LEAST:
        return f"fewer than {LEAST} vectors"
    return f"a number beyond {LARGEST:.0e}" if max(vectors.max(), -vectors.min()) > LARGEST else ""


def _report(part: Part, recall: float, options: IndexOptions, *, queries: tuple[int, QueriesFrom]) -> Report:
    assert part.structure is not None
    return Report(
        kind=part.structure.kind,
        parameters=part.structure.parameters,
        recall=recall,
        at=options.at,
        queries=queries[0],
        queries_from=queries[1],
        vectors=len(part.ids),
        took_s=0.0,
        reason=f"the recall at {options.at} is at least {options.recall}, measured against exact search",
    )


def _sample(part: Part, queries: F32 | None) -> tuple[F32, QueriesFrom]:
    """Up to QUERIES of the queries, or of the vectors where there are none; the same ones every time."""
    source: QueriesFrom = "vectors" if queries is None or len(queries) == 0 else "given"
    rows = part.vectors if queries is None or len(queries) == 0 else queries
    chosen = np.random.default_rng(0).permutation(len(rows))[:QUERIES]
    return np.ascontiguousarray(rows[np.sort(chosen)]), source
