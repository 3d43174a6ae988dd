"""What does not hold of a request, in words for who made it: parameters, fields and JSON, by one way for all."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches
from typing import Any

from fastapi.exceptions import RequestValidationError

from models.faults import NOTHING, Fault, Told, faults_of, led, place

UNKNOWN, REPEATED, NO_JSON = "unknown_names", "repeated", "json_invalid"
KINDS: Mapping[str, str] = {"query": "query parameter", "form": "form field"}
NAME = "name"
"""What is unknown, by where it came; in JSON it is a name."""
NEEDED: Mapping[str, str] = {"file": "a file", "files": "one or more files", "body": "a JSON object"}
"""What is missing, by its name, where that is no plain value."""
A_FILE = "a file, which curl sends by an @: -F file=@clip.mp4"
PEERS: Mapping[str, tuple[str, ...]] = {
    "limit": ("k",),
    "n": ("k", "limit"),
    "n_results": ("k",),
    "size": ("k", "limit"),
    "top_k": ("k",),
    "topk": ("k",),
    "q": ("text",),
    "query": ("text", "queries"),
    "filter": ("where",),
    "after": ("cursor",),
    "page": ("cursor", "offset"),
    "score_threshold": ("min_score",),
    "threshold": ("min_score", "abstain_below"),
}
"""What other services call it."""


def unknown(where: str, odd: Iterable[str], known: Iterable[str]) -> RequestValidationError:
    """A refusal of names that are not known; `where` is query or form."""
    told = {"type": UNKNOWN, "loc": (where,), "ctx": {"odd": sorted(odd), "known": sorted(known)}}
    return RequestValidationError([told])


def repeated(where: str, name: str, times: int) -> RequestValidationError:
    """A refusal of what is there more than once and has one value."""
    return RequestValidationError([{"type": REPEATED, "loc": (where, name), "ctx": {"times": times}}])


def no_json(error: RequestValidationError) -> str | None:
    """Of a body that is not JSON: where; None for one that is."""
    return next((f"a fault at byte {each['loc'][-1]}" for each in error.errors() if each["type"] == NO_JSON), None)


def faults(error: RequestValidationError) -> tuple[Fault, ...]:
    """All that does not hold, each place once."""
    return tuple(_faults(error.errors()))


def _faults(told: Sequence[Any]) -> Iterator[Fault]:
    plain: list[Told] = []
    for each in led(told):
        if each["type"] == UNKNOWN:
            yield from _unknown(each)
        elif each["type"] == REPEATED:
            where, name = each["loc"]
            yield Fault(name, f"the {KINDS[where]} {each['ctx']['times']} times", "it once")
        else:
            plain.append({**each, "loc": _within(each)})
    yield from map(_of_http, faults_of(plain))


def _unknown(told: Told) -> Iterator[Fault]:
    where, known = told["loc"], told["ctx"]["known"]
    kind = KINDS.get(where[0], NAME)
    for odd in told["ctx"]["odd"]:
        yield Fault(place((*where[1:], odd)), f"an unknown {kind}", _instead(odd, known) or f"no {kind}")


def _instead(odd: str, known: Sequence[str]) -> str:
    near = [each for each in PEERS.get(odd, ()) if each in known] or get_close_matches(odd, known, 1)
    return f"one of {', '.join(known)}{f'; did you mean {near[0]}?' if near else ''}" if known else ""


def _within(told: Told) -> tuple[Any, ...]:
    """A location without whether it is of the query, the path or the body, but where it is the body itself."""
    where: tuple[Any, ...] = told["loc"]
    return where[1:] or where


def _of_http(fault: Fault) -> Fault:
    """Files are files, whatever the framework calls them."""
    if fault.expected.startswith("expected UploadFile"):
        return replace(fault, found="text", expected=A_FILE)
    if fault.found.startswith("UploadFile("):
        return replace(fault, found="a file")
    if fault.found == NOTHING:
        return replace(fault, expected=NEEDED.get(fault.where, fault.expected))
    return fault
