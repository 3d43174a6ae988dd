"""Vocabularies: named lists of classes that clips are classified by."""

from typing import Annotated

from fastapi import APIRouter, Header, Query, Response

from models.errors import QueryInvalid
from service.classify import vocabularies
from service.classify.vocabulary_schemas import (
    MOST_VOCABULARIES,
    Vocabulary,
    VocabularyBody,
    VocabularyCursor,
    VocabularyPage,
)
from service.http.conditions import ANY, IfMatch, tagged
from service.http.json_bodies import JsonRoute
from service.resources import Opened

router = APIRouter(prefix="/v1/vocabularies", tags=["vocabularies"], route_class=JsonRoute)
NAME = "/{name}"
IfNoneMatch = Annotated[str | None, Header(description="* : make it only if there is none of that name.")]


@router.get("")
def list_vocabularies(
    resources: Opened,
    limit: Annotated[int, Query(ge=1, le=MOST_VOCABULARIES, description="How many at most.")] = 100,
    cursor: Annotated[VocabularyCursor, Query(description="As `next` of the page before.")] = "",
) -> VocabularyPage:
    """The vocabularies, in the order of their names, without their classes."""
    return vocabularies.page(resources.galleries.vocabularies, after=cursor, limit=limit)


@router.get(NAME)
def get_vocabulary(name: str, resources: Opened, response: Response) -> Vocabulary:
    """A vocabulary with its classes."""
    return tagged(response, vocabularies.get(resources.galleries.vocabularies, name))


@router.put(NAME, responses={201: {"model": Vocabulary, "description": "It is new."}})
def put_vocabulary(
    name: str,
    body: VocabularyBody,
    resources: Opened,
    response: Response,
    expected: IfMatch,
    if_none_match: IfNoneMatch = None,
) -> Vocabulary:
    """Make a vocabulary, or replace all of its classes."""
    found, is_new = vocabularies.put(
        resources.galleries.vocabularies, name, body, expected=expected, must_be_new=_must_be_new(if_none_match)
    )
    response.status_code = 201 if is_new else 200
    return tagged(response, found)


@router.delete(NAME, status_code=204)
def remove_vocabulary(name: str, resources: Opened, expected: IfMatch) -> None:
    """Delete a vocabulary."""
    vocabularies.remove(resources.galleries.vocabularies, name, expected)


def _must_be_new(if_none_match: str | None) -> bool:
    if if_none_match not in (None, ANY):
        raise QueryInvalid(f"If-None-Match: found {if_none_match[:80]!r}, expected * or nothing")
    return if_none_match == ANY
