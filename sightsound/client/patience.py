"""How long somebody waits for a job."""

from dataclasses import dataclass

from sightsound.job_answers import Job

LOOK_S = 0.25


@dataclass(frozen=True, slots=True)
class Patience:
    """That of somebody who began to wait at a moment; without a `timeout_s` it has no end."""

    timeout_s: float | None
    began_s: float

    def check(self, job: Job, now_s: float) -> None:
        """Raises TimeoutError when it is over."""
        if self.timeout_s is not None and now_s - self.began_s > self.timeout_s:
            raise TimeoutError(f"the job {job.id} is {job.state} after {self.timeout_s:g} s")
