"""Jobs as their database has them: when one ended, though SQLite tells whole seconds alone."""

from datetime import UTC, datetime

import pytest
from dbos import WorkflowStatus

from service.jobs.recorded import job_of

ENDED = datetime(2026, 11, 22, 10, 16, 48, tzinfo=UTC)


def recorded(heartbeat: str | None) -> WorkflowStatus:
    """A workflow that has ended, as its database tells it, with the last sign of life of its worker."""
    status = WorkflowStatus()
    status.workflow_id, status.status, status.error, status.output = "a-job", "SUCCESS", None, {}
    status.input = {"args": ("compact", "demo", {}), "kwargs": {}}
    status.created_at = status.completed_at = int(ENDED.timestamp() * 1000)
    status.attributes = {} if heartbeat is None else {"heartbeat_at": f"2026-11-22T{heartbeat}+00:00"}
    return status


@pytest.mark.parametrize(
    ("heartbeat", "ended"),
    [
        ("10:16:48.226528", ENDED.replace(microsecond=226528)),
        ("10:16:47.999000", ENDED),  # of the second before: it ended after that
        ("10:16:49.100000", ENDED),  # of a worker that has not seen yet that it was cancelled
        (None, ENDED),
    ],
)
def test_a_job_ended_with_the_last_sign_of_life_in_the_second_that_is_written(
    heartbeat: str | None, ended: datetime
) -> None:
    assert job_of(recorded(heartbeat)).ended_at == ended
