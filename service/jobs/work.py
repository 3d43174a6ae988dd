"""What jobs of every kind have in common: a plan, steps that may be taken again, a result."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, wait
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread
from typing import Protocol

from dbos import DBOS

from index.galleries import Galleries
from models.errors import JobStalled
from service.encoding.encoders import Encoders
from service.incoming.fetching import Fetcher
from service.jobs.job_schemas import ItemError
from service.jobs.pulse import Pulse
from service.schemas import Document

LOOK_S = 0.2


class Stopping(BaseException):
    """This process ends: the job stays as it is written, for the next worker; never recorded as an outcome."""


@dataclass(frozen=True, slots=True)
class Workshop:
    """What work is done with; `kept` is how many generations before the active one a gallery keeps.

    Without a `fetcher` nothing is fetched.
    """

    galleries: Galleries
    encoders: Encoders
    ingest_root: Path | None = None
    kept: int = 2
    fetcher: Fetcher | None = None


class Work(Protocol):
    """A job of one kind. Every step may run again after a crash, and then changes nothing more."""

    def plan(self) -> Document:
        """What there is to do: the numbers `items` and `steps`, and whatever else the steps need to know."""
        ...

    def do(self, number: int, plan: Document, pulse: Pulse) -> Document:
        """One step: items by outcome (`counts`), the `errors` of those that failed, and perhaps what it `found`."""
        ...

    def finish(self, plan: Document, counts: Document, found: Document) -> Document:
        """The job's result, from all that the steps counted and found."""
        ...


@dataclass(frozen=True, slots=True)
class Course:
    """A job on its way: its steps recorded one by one, watched, and left between two of them when asked to."""

    work: Work
    pulse: Pulse
    stall_s: float
    stopping: Event

    def run(self) -> Document:
        """The job's result; steps that are recorded are not taken again. Raises JobStalled."""
        plan = self._step("plan", self.work.plan)
        self.pulse.planned(plan["items"])
        counts: Counter[str] = Counter()
        found: Document = {}
        for number in range(plan["steps"]):
            outcome = self._step("step", lambda each=number: self.work.do(each, plan, self.pulse))  # type: ignore[misc]
            counts.update(outcome["counts"])
            found.update(outcome.get("found", {}))
            self.pulse.settle(counts.total())
            self.pulse.failed([ItemError(**each) for each in outcome["errors"]])
        return self._step("finish", lambda: self.work.finish(plan, dict(counts), found))

    def _step(self, name: str, call: Callable[[], Document]) -> Document:
        if self.stopping.is_set():
            raise Stopping
        return DBOS.run_step({"name": name}, self._watched, call)

    def _watched(self, call: Callable[[], Document]) -> Document:
        """The call's answer, waited for while there is progress; a thread that never answers is left behind."""
        future: Future[Document] = Future()
        Thread(target=_answer, args=(future, call), daemon=True).start()
        while not wait([future], timeout=min(LOOK_S, self.stall_s)).done:
            if self.stopping.is_set():
                raise Stopping
            self._check()
        return future.result()

    def _check(self) -> None:
        silent_s, since, item = self.pulse.silent()
        if silent_s > self.stall_s:
            raise JobStalled(
                f"no progress since {since.isoformat(timespec='seconds')} at {item or 'its beginning'}; "
                f"expected some within {self.stall_s:g} s"
            )


def _answer(future: Future[Document], call: Callable[[], Document]) -> None:
    try:
        future.set_result(call())
    except BaseException as error:
        future.set_exception(error)
