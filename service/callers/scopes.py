"""What a caller must be allowed for each route: one table, in which every route of the application is once."""

from collections.abc import Mapping
from typing import Literal, get_args

Scope = Literal["search", "ingest", "observe", "admin"]
"""What a key allows.

- `search`: to look: search, classify, and read galleries, clips, their media, bundles and evaluations.
- `ingest`: to put clips into galleries, change and remove them, and follow the jobs that do so. It does not contain
  `search`: who only brings clips need not see those of others. A key may have both.
- `observe`: to read metrics and the status, which are of all galleries together; for what watches the service.
- `admin`: all of that, and what concerns everybody: galleries, bundles, reindexing, evaluating, keys and the audit.
"""

READING = ("GET", "HEAD", "OPTIONS")
"""Methods that change nothing."""
ALL_SCOPES: frozenset[Scope] = frozenset(get_args(Scope))

SCOPES: Mapping[str, Scope | None] = {
    # open to all
    "GET /": None,
    "GET /classify": None,
    "GET /map": None,
    "GET /evaluations": None,
    "GET /evaluations/compare": None,
    "GET /evaluations/{evaluation_id}": None,
    "GET /jobs": None,
    "GET /galleries": None,
    "GET /galleries/{name}": None,
    "GET /galleries/{name}/clips/{clip_id}": None,
    "GET /bundles": None,
    "GET /bundles/{name}": None,
    "GET /keys": None,
    "GET /status": None,
    "GET /web/{path:path}": None,
    "GET /openapi.json": None,
    "GET /problems/{code}": None,
    "GET /livez": None,
    "GET /readyz": None,
    "GET /v1/session": None,
    "POST /v1/session": None,
    "DELETE /v1/session": None,
    # to look
    "GET /v1/bundles": "search",
    "GET /v1/bundles/{name}": "search",
    "GET /v1/galleries": "search",
    "GET /v1/galleries/{gallery}": "search",
    "GET /v1/galleries/{gallery}/statistics": "search",
    "GET /v1/galleries/{gallery}/generations": "search",
    "GET /v1/galleries/{gallery}/generations/{number}": "search",
    "GET /v1/galleries/{gallery}/search": "search",
    "POST /v1/galleries/{gallery}/search": "search",
    "POST /v1/galleries/{gallery}/search/batch": "search",
    "POST /v1/classify": "search",
    "POST /v1/classify/batch": "search",
    "GET /v1/vocabularies": "search",
    "GET /v1/vocabularies/{name}": "search",
    "GET /v1/galleries/{gallery}/clips": "search",
    "GET /v1/galleries/{gallery}/clips/{clip_id}": "search",
    "GET /v1/galleries/{gallery}/clips/{clip_id}/media": "search",
    "GET /v1/galleries/{gallery}/clips/{clip_id}/preview": "search",
    "GET /v1/galleries/{gallery}/clips/{clip_id}/thumbnail": "search",
    "GET /v1/galleries/{gallery}/clips/{clip_id}/waveform": "search",
    "GET /v1/galleries/{gallery}/clips/{clip_id}/waveform.svg": "search",
    "GET /v1/galleries/{gallery}/evaluations": "search",
    "GET /v1/galleries/{gallery}/evaluations/compare": "search",
    "GET /v1/galleries/{gallery}/evaluations/{evaluation_id}": "search",
    "GET /v1/galleries/{gallery}/evaluations/{evaluation_id}/map": "search",
    "GET /v1/galleries/{gallery}/evaluations/{evaluation_id}/plots/{plot}": "search",
    # to bring clips
    "POST /v1/galleries/{gallery}/clips": "ingest",
    "POST /v1/galleries/{gallery}/clips/delete": "ingest",
    "PATCH /v1/galleries/{gallery}/clips/{clip_id}": "ingest",
    "DELETE /v1/galleries/{gallery}/clips/{clip_id}": "ingest",
    "POST /v1/galleries/{gallery}/jobs/ingest": "ingest",
    "POST /v1/galleries/{gallery}/jobs/upload": "ingest",
    "GET /v1/jobs": "ingest",
    "GET /v1/jobs/{job_id}": "ingest",
    "GET /v1/jobs/{job_id}/events": "ingest",
    "POST /v1/jobs/{job_id}/cancel": "ingest",
    "POST /v1/jobs/{job_id}/retry": "ingest",
    # to watch
    "GET /metrics": "observe",
    "GET /v1/status": "observe",
    # what concerns everybody
    "POST /v1/bundles": "admin",
    "DELETE /v1/bundles/{name}": "admin",
    "GET /v1/bundles/{name}/archive": "admin",
    "GET /v1/keys": "admin",
    "POST /v1/keys": "admin",
    "DELETE /v1/keys/{name}": "admin",
    "GET /v1/audit": "admin",
    "POST /v1/galleries": "admin",
    "POST /v1/galleries/import": "admin",
    "GET /v1/galleries/{gallery}/archive": "admin",
    "GET /v1/galleries/{gallery}/verification": "admin",
    "DELETE /v1/galleries/{gallery}": "admin",
    "POST /v1/galleries/{gallery}/generations/{number}/activate": "admin",
    "DELETE /v1/galleries/{gallery}/generations/{number}": "admin",
    "POST /v1/galleries/{gallery}/reindex": "admin",
    "POST /v1/galleries/{gallery}/rollback": "admin",
    "POST /v1/galleries/{gallery}/jobs/reindex": "admin",
    "POST /v1/galleries/{gallery}/jobs/compact": "admin",
    "POST /v1/galleries/{gallery}/evaluations": "admin",
    "DELETE /v1/galleries/{gallery}/evaluations/{evaluation_id}": "admin",
    "PUT /v1/vocabularies/{name}": "admin",
    "DELETE /v1/vocabularies/{name}": "admin",
}
"""By method and template of the path: what a key must have, None where none is asked for. A HEAD is as its GET.

Whatever is in no row is answered to nobody but those who may do everything. A route of OF_ALL that names no gallery
needs a key of all galleries; every request of scope `admin` that changes something is audited.
"""

OF_ALL: frozenset[Scope] = frozenset({"observe", "admin"})
"""Scopes whose routes concern all galleries together, where they do not name one."""

JOB_SCOPES: Mapping[str, Scope] = {"ingest": "ingest", "reindex": "admin", "compact": "admin", "evaluate": "admin"}
"""By kind of a job: what a key must have to cancel it or do it again; what it takes to ask for it."""

ALSO_AUDITED = frozenset({"POST /v1/jobs/{job_id}/cancel", "POST /v1/jobs/{job_id}/retry"})
"""What may change something with the scope `admin`, though others may ask for it: which, shows in the job."""
