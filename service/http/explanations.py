"""Every kind of problem with advice for who meets it."""

from collections.abc import Iterator

from models.errors import NotFound, SightsoundError
from service.http.problem_schemas import ProblemKind
from service.http.problems import HTTP_TITLES, status_of

ADVICE = {
    "bad-request": "Check that the request is complete HTTP, its JSON is JSON, and that a form has its boundary.",
    "forbidden": "Use the service's own page, or a program that sends no Origin header.",
    "not-found": "Check the address; /openapi.json lists every route.",
    "method-not-allowed": "Use one of the methods that the Allow header names.",
    "request-timeout": "Send the body faster, or in smaller pieces; `upload_wall_s` says how long it may take.",
    "unauthorized": "Send a key that counts as `Authorization: Bearer …`; `sightsound keys create` makes one.",
    "not-allowed": "Use a key with the scope and for the gallery that the detail names.",
    "rate-limited": "Wait as long as the header Retry-After says; RateLimit and RateLimit-Policy say what is left.",
    "too-large": "Send a shorter or smaller clip; the detail names the limit.",
    "unsupported-media-type": "Send clips as the part `file` of multipart/form-data, and words as JSON.",
    "range-not-satisfiable": "Ask for bytes that the file has; Content-Range says how many there are.",
    "misdirected-request": "Use the service's address, or add the name to its setting `names`.",
    "internal-error": "Try again; if it stays, report it with the time it happened.",
    "sightsound-error": "Something unforeseen; the detail says more.",
    "invalid-input": "The detail says what was found and what was expected.",
    "media-invalid": "Send a clip that a player can play, such as an MP4 with H.264 and AAC.",
    "sense-missing": "Search with what the clip has: `from=video` needs pictures, `from=audio` sound, `from=av` both.",
    "query-invalid": "Correct the parameters that `faults` or the detail names.",
    "route-missing": "Ask for one of the routes that the gallery lists, or classify by one of its channels.",
    "bundle-invalid": "Export the bundle again, or restore its files: they are not those of its manifest.",
    "space-mismatch": "Reindex the gallery with the bundle that is to be used.",
    "archive-invalid": "Copy the archive anew from where it was made, or export the gallery again.",
    "catalog-invalid": "Restore the catalog from a copy, or open it with the version that wrote it.",
    "snapshot-invalid": "Nothing: the vectors are made anew from the catalog.",
    "fetch-refused": "Name a file of a public host by https, or have `fetch_urls` and `fetch_hosts` allow it.",
    "key-reused": "Send a key of its own with each request, and the same key only with the very same request.",
    "settings-invalid": "Correct the setting that the detail names.",
    "recipe-invalid": "Correct the recipe as the detail says.",
    "training-data-invalid": "Correct the features, labels or splits as the detail says.",
    "training-diverged": "Train with a lower learning rate, or look for outliers in the features.",
    "gallery-not-found": "Use one of the galleries that /v1/galleries lists.",
    "clip-not-found": "The clip was removed, or belongs to another gallery.",
    "window-not-found": "Use the window_id of a hit; the window's clip may have been removed since.",
    "sense-not-found": "Ask for what the clip has: its `senses` say whether there are pictures and sound.",
    "generation-not-found": "Use one of the generations that the gallery lists.",
    "job-not-found": "Use one of the jobs that /v1/jobs lists.",
    "job-stalled": "Look at the item that the detail names, then retry the job; raise job_stall_s for slow disks.",
    "bundle-not-found": "Use one of the bundles that /v1/bundles lists.",
    "evaluation-not-found": "List the gallery's evaluations; perhaps it is another gallery's.",
    "map-not-found": "List the gallery's evaluations: those with a map say so in their `request`. Evaluate with `map`.",
    "vocabulary-not-found": "List the vocabularies; PUT makes one.",
    "key-not-found": "Use one of the names that /v1/keys lists.",
    "data-missing": "Put the data set's files where the detail says, or name their folder.",
    "precondition-failed": "Get the thing again, decide again, and send its new ETag as If-Match.",
    "conflict": "Look at the thing as it is now, and decide again.",
    "generation-worse": "Keep the bundle there is, raise the tolerance, or force the reindexing.",
    "unavailable": "Try again in a moment.",
    "vectors-unavailable": "Start the Milvus that the detail names, or set `milvus_uri`; searches go on by themselves.",
    "decode-overrun": "The clip needs more time or memory to decode than is allowed: send a shorter or smaller one.",
    "backbone-overrun": "The window needs more memory than there is: send a shorter clip, or free memory.",
    "overloaded": "Wait as long as the header Retry-After says, then ask again; ask for fewer things at once.",
    "spool-full": "Try again when other uploads have ended; `spool_limit_bytes` says what they may take together.",
    "fetch-failed": "Check that the address answers with the file itself, or upload the file.",
    "hub-unavailable": "Try again when the hub can be reached, or name a mirror by --endpoint; what is there is kept.",
    "dependency-missing": "Install or restore what the detail names, on the server.",
}


def explain(code: str) -> ProblemKind:
    """The kind of problem of that code; raises NotFound for a code that there is not."""
    titles = {**{kind("").code: (status_of(kind), kind("").title) for kind in kinds(SightsoundError)}, **HTTP_TITLES}
    if code not in titles:
        raise NotFound(f"no problem is called {code!r}; there are {', '.join(sorted(titles))}")
    status, title = titles[code]
    return ProblemKind(type=f"/problems/{code}", title=title, status=status, advice=ADVICE[code])


def kinds(root: type[SightsoundError]) -> Iterator[type[SightsoundError]]:
    """An error class and all those below it."""
    yield root
    for each in root.__subclasses__():
        yield from kinds(each)
