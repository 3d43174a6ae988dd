"""One request of the service, described before it is made: the same for who waits and for who awaits."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any, Generic, TypeVar, cast
from uuid import uuid4

import httpx

from sightsound.answers import Answer, Kept, Tagged
from sightsound.asking import Fields

A = TypeVar("A")
B = TypeVar("B")
T = TypeVar("T", bound=Answer)
Told = Callable[[int, int], object]
"""Is told how many bytes of how many were sent, or have come."""
Target = Path | str | IO[bytes]
"""A place for a file, or a file that is open."""
MERGE = "application/merge-patch+json"


@dataclass(frozen=True, slots=True)
class Files:
    """Files that go with a form, all in one of its fields, each under its own name."""

    field: str
    paths: Sequence[Path | str]
    told: Told | None = None


@dataclass(frozen=True, slots=True)
class Into:
    """Where the bytes of an answer go, which never are in memory all at once."""

    target: Target
    told: Told | None = None


@dataclass(frozen=True, slots=True)
class Call(Generic[A]):
    """A request, and how its answer is read.

    Args:
        method, address: as HTTP has them.
        read: what becomes of an answer that is no refusal.
        kind: what its JSON is, if it is any.
        query: parameters of the address.
        json: a JSON body; or else
        form, files: a form.
        once: the Idempotency-Key of a request that changes something, so that sending it twice does it once.
        into: where what is answered is written to, in place of memory.
        may_repeat: whether it may be sent again by who got no answer.
    """

    method: str
    address: str
    read: Callable[[httpx.Response], A]
    kind: type[Answer] | None = None
    query: Fields | None = None
    json: Mapping[str, Any] | None = None
    form: Fields | None = None
    files: Files | None = None
    once: str | None = None
    headers: Mapping[str, str] | None = None
    into: Into | None = None
    may_repeat: bool = True


@dataclass(frozen=True, slots=True)
class Pages(Generic[A]):
    """Calls for one page after the other: of a cursor, None for the first page, the page and the next cursor."""

    page: Callable[[str | None], Call[tuple[Sequence[A], str | None]]]


def part(call: Call[A], of: Callable[[A], B]) -> Call[B]:
    """The same call, of whose answer only a part is wanted."""
    return replace(cast("Call[Any]", call), read=lambda answer: of(call.read(answer)))


def get(kind: type[T], address: str, query: Fields | None = None) -> Call[T]:
    """Something that is only looked at."""
    return Call("GET", address, typed(kind), kind, query=query)


def pages(kind: type[T], address: str, query: Fields, of: Callable[[T], tuple[Sequence[A], str | None]]) -> Pages[A]:
    """A list that is read page by page; `of` takes a page apart."""

    def page(cursor: str | None) -> Call[tuple[Sequence[A], str | None]]:
        return part(get(kind, address, {**query, **({} if cursor is None else {"cursor": cursor})}), of)

    return Pages(page)


def ask(kind: type[T], address: str, json: Mapping[str, Any]) -> Call[T]:
    """A question that is too long for an address; it changes nothing."""
    return Call("POST", address, typed(kind), kind, json=json)


def ask_with(kind: type[T], address: str, form: Fields, files: Files) -> Call[T]:
    """A question with files that are not kept."""
    return Call("POST", address, typed(kind), kind, form=form, files=files)


def change(
    kind: type[T],
    address: str,
    json: Mapping[str, Any] | None = None,
    *,
    method: str = "POST",
    headers: Mapping[str, str] | None = None,
) -> Call[T]:
    """Something that is done, and told as it is then."""
    return Call(method, address, typed(kind), kind, json=json, once=str(uuid4()), headers=headers)


def upload(kind: type[T], address: str, form: Fields, files: Files) -> Call[T]:
    """Files that are kept."""
    return Call("POST", address, typed(kind), kind, form=form, files=files, once=str(uuid4()))


def delete(address: str, *, if_match: str | None = None) -> Call[None]:
    """Something that is deleted."""
    return Call("DELETE", address, nothing, once=str(uuid4()), headers=matching(if_match))


def content(address: str, query: Fields | None = None) -> Call[bytes]:
    """The few bytes at an address."""
    return Call("GET", address, lambda answer: answer.content, query=query)


def download(address: str, into: Into) -> Call[None]:
    """The bytes at an address, however many."""
    return Call("GET", address, nothing, into=into)


def matching(if_match: str | None) -> Mapping[str, str]:
    """The condition that a thing still is as it was when this was its `etag`; None for whatever it is."""
    return {} if if_match is None else {"If-Match": if_match}


def typed(kind: type[T]) -> Callable[[httpx.Response], T]:
    """Reads an answer of this kind."""

    def read(answer: httpx.Response) -> T:
        found = kind.model_validate_json(answer.content)
        if isinstance(found, Tagged):
            found._etag = answer.headers.get("etag")
        if isinstance(found, Kept) and answer.request.method == "POST":
            found._is_new = answer.status_code == httpx.codes.CREATED
        return found

    return read


def nothing(answer: httpx.Response) -> None:
    """Reads an answer that says nothing but that it was done."""
