"""Every failure as an RFC 9457 problem document; the only place where HTTP and our errors meet."""

import logging
from collections.abc import Mapping
from http import HTTPStatus
from math import ceil

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from models.errors import (
    Conflict,
    GalleryNotFound,
    InvalidInput,
    NotAllowed,
    NotFound,
    PreconditionFailed,
    QueryInvalid,
    RateLimited,
    SightsoundError,
    TooLarge,
    Unauthorized,
    Unavailable,
)
from service.callers.caller import Caller
from service.callers.scopes import SCOPES
from service.callers.templates import Templates
from service.http import invalid
from service.http.problem_schemas import Fault, Problem
from service.http.security import SECURITY_HEADERS
from service.observing import refusals, request_ids

log = logging.getLogger(__name__)

STATUS: dict[type[SightsoundError], int] = {
    InvalidInput: 422,
    Unauthorized: 401,
    NotAllowed: 403,
    RateLimited: 429,
    TooLarge: 413,
    NotFound: 404,
    Conflict: 409,
    PreconditionFailed: 412,
    Unavailable: 503,
    SightsoundError: 500,
}

HTTP_TITLES: dict[str, tuple[int, str]] = {
    "bad-request": (400, "The request is not well formed."),
    "forbidden": (403, "A page of another site may not do this."),
    "not-found": (404, NotFound("").title),
    "method-not-allowed": (405, "This address answers other methods."),
    "request-timeout": (408, "The body took too long to come."),
    "too-large": (413, TooLarge("").title),
    "unsupported-media-type": (415, "The body is of a type that is not read here."),
    "range-not-satisfiable": (416, "The range lies outside of the file."),
    "misdirected-request": (421, "The request is meant for another host."),
    "internal-error": (500, "Something went wrong on the server."),
}
"""What HTTP itself can refuse, by code; those that Sightsound refuses too share its words."""

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
TEMPLATES = Templates(SCOPES)

MOST_FAULTS = 20
"""Of a request that are told, each in more words than it has itself; of more, how many there are."""


def install(app: FastAPI) -> None:
    """Answer every failure as application/problem+json."""
    app.add_exception_handler(SightsoundError, _sightsound)
    app.add_exception_handler(RequestValidationError, _validation)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unexpected)


def status_of(kind: type[SightsoundError]) -> int:
    """The HTTP status of an error class: its own or its nearest ancestor's."""
    return next(STATUS[each] for each in kind.__mro__ if each in STATUS)


def refusal(status: int, detail: str, instance: str, *, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """The problem document of a refusal by HTTP itself."""
    code, title = _http_case(status)
    return _document(
        Problem(type=f"/problems/{code}", title=title, status=status, detail=detail, instance=instance), headers
    )


def answer(error: SightsoundError, instance: str) -> JSONResponse:
    """The problem document of an error, with its headers; for middleware, which no exception handler sees."""
    if (status := status_of(type(error))) == 500:
        log.error("%s", error, exc_info=error)
    elif status == 503 and error.retry_after_s is None:  # those that say when are so many as are refused
        log.warning("%s", error)
    return _document(problem_of(error, instance), _headers(error))


async def _sightsound(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, SightsoundError)
    return answer(_told(error, request), request.url.path)


def _told(error: SightsoundError, request: Request) -> SightsoundError:
    """An error as its caller may read it: of galleries it names those that they see."""
    if not isinstance(error, GalleryNotFound):
        return error
    caller = getattr(request.state, "caller", None)
    there = [each for each in error.known if isinstance(caller, Caller) and caller.sees(each)]
    return GalleryNotFound(f"{error}; there are: {', '.join(there) or 'none'}") if error.known else error


async def _validation(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    if (found := invalid.no_json(error)) is not None:
        return refusal(400, f"body: found {found}, expected JSON", request.url.path)
    every = invalid.faults(error)
    told = [str(each) for each in every[:MOST_FAULTS]]
    detail = "; ".join(told if len(every) <= MOST_FAULTS else [*told, f"and {len(every) - MOST_FAULTS} more faults"])
    shown = tuple(Fault(parameter=each.where, found=each.found, expected=each.expected) for each in every)
    problem = problem_of(QueryInvalid(detail), request.url.path)
    return _document(problem.model_copy(update={"faults": shown[:MOST_FAULTS]}))


async def _http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    headers = error.headers
    if error.status_code == 405:  # the framework names the methods of one route of the address alone
        headers = {**(headers or {}), "Allow": _allowed(request)}
        error = HTTPException(405, error.detail, headers)
    return refusal(error.status_code, _explain(request, error), request.url.path, headers=headers)


async def _unexpected(request: Request, error: Exception) -> JSONResponse:
    # Starlette answers this one outside of all middleware, so the headers are put on here.
    detail = "the server's log says more; the request was left undone"
    headers = {**SECURITY_HEADERS, request_ids.HEADER: request_ids.current() or ""}
    return refusal(500, detail, request.url.path, headers=headers)


def problem_of(error: SightsoundError, instance: str) -> Problem:
    """An error as a problem document."""
    return Problem(
        type=f"/problems/{error.code}",
        title=error.title,
        status=status_of(type(error)),
        detail=str(error),
        instance=instance,
    )


def _headers(error: SightsoundError) -> dict[str, str]:
    """What HTTP has headers for: how to ask with a key (RFC 6750), and when to ask again, in whole seconds."""
    headers: dict[str, str] = {}
    if isinstance(error, Unauthorized):
        headers["WWW-Authenticate"] = 'Bearer realm="sightsound"'
    if error.retry_after_s is not None:
        headers["Retry-After"] = str(max(ceil(error.retry_after_s), 1))
    return headers


def _document(problem: Problem, headers: Mapping[str, str] | None = None) -> JSONResponse:
    content = problem.model_dump(exclude_none=True)
    refusals.note(problem.type.rpartition("/")[2])
    return JSONResponse(content, problem.status, headers, media_type="application/problem+json")


def _http_case(status: int) -> tuple[str, str]:
    for code, (known, title) in HTTP_TITLES.items():
        if known == status:
            return code, title
    phrase = HTTPStatus(status).phrase
    return phrase.lower().replace(" ", "-"), f"{phrase}."


def _allowed(request: Request) -> str:
    """The methods that are answered at an address."""
    met = [each for each in METHODS if TEMPLATES.met(each, request.url.path) is not None]
    return ", ".join(met) or "GET, HEAD"


def _explain(request: Request, error: HTTPException) -> str:
    """What was asked for and what there is; starlette's own words say only the status, or less than they could."""
    if error.detail == "There was an error parsing the body":
        return "the body cannot be read as what its Content-Type says"
    if error.detail == "Missing boundary in multipart.":
        return "found no boundary in the form's Content-Type, expected multipart/form-data; boundary=…"
    if error.detail != HTTPStatus(error.status_code).phrase:
        return error.detail
    if error.status_code == 404:
        return f"there is nothing at {request.url.path}; /openapi.json lists what there is"
    if error.status_code == 405:
        allowed = (error.headers or {})["Allow"]
        return f"{request.method} is not answered at {request.url.path}; expected {allowed}"
    return error.detail
