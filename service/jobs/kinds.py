"""The kinds of jobs there are."""

from collections.abc import Callable, Mapping
from pathlib import Path

from service.jobs.compacting import Compact
from service.jobs.evaluating import Evaluate
from service.jobs.ingesting import Ingest
from service.jobs.job_schemas import Kind
from service.jobs.reindexing import Reindex
from service.jobs.work import Work, Workshop
from service.schemas import Document

Kinds = Mapping[Kind, Callable[[Workshop, str, Document, Path], Work]]
"""The work of a job, from what it is done with, the gallery, the request, and the job's folder."""
KINDS: Kinds = {
    "ingest": lambda workshop, gallery, request, folder: Ingest(workshop, gallery, request, folder=folder),
    "reindex": lambda workshop, gallery, request, folder: Reindex(workshop, gallery, request, folder=folder),
    "compact": lambda workshop, gallery, request, folder: Compact(workshop, gallery),
    "evaluate": lambda workshop, gallery, request, folder: Evaluate(workshop, gallery, request, folder=folder),
}
