"""The client that waits for its answers."""

from collections.abc import Callable, Iterator
from time import monotonic, sleep
from types import TracebackType
from typing import Self, TypeVar

import httpx

from sightsound.client.call import Call, Pages
from sightsound.client.exchange import outcome, request_of
from sightsound.client.making import Waits
from sightsound.client.methods import JobMethods, Methods
from sightsound.client.patience import LOOK_S, Patience
from sightsound.client.reaching import address_of, headers_of
from sightsound.client.retrying import Attempts, Retries
from sightsound.client.saving import Landing, landing
from sightsound.job_answers import Job

A = TypeVar("A")


class Jobs(JobMethods):
    """The jobs of a service, as `Client.jobs` has them; raises as the client does.

    Each method that asks for a job returns it as it was put up: `wait` for its end.
    """

    def __init__(self, client: Waits) -> None:
        self._client = client

    def make(self, call: Call[A]) -> A:
        """What the service answers to a call."""
        return self._client.make(call)

    def read(self, pages: Pages[A]) -> Iterator[A]:
        """Page after page."""
        return self._client.read(pages)

    def watch(self, job_id: str, *, timeout_s: float | None = None) -> Iterator[Job]:
        """The job now, whenever it has changed, and last as it ended; raises TimeoutError."""
        patience, job = Patience(timeout_s, monotonic()), self.get(job_id)
        yield job
        while not job.has_ended:
            patience.check(job, monotonic())
            sleep(LOOK_S)
            before, job = job, self.get(job_id)
            if job != before:
                yield job

    def wait(
        self, job_id: str, *, timeout_s: float | None = None, show: Callable[[Job], object] = lambda job: None
    ) -> Job:
        """The job once it has ended, whichever way; `show` is called with it whenever it has changed.

        Raises TimeoutError.
        """
        for job in self.watch(job_id, timeout_s=timeout_s):
            show(job)
        return job


class Client(Methods):
    """The service at `base_url`; close it, or use it in a `with` block. Durable work is asked for by `jobs`.

    Threads may share it.

    Args:
        base_url: by default what SIGHTSOUND_SERVER says, else http://127.0.0.1:8765.
        key: what the service asks for, where it does; by default SIGHTSOUND_KEY. See docs/keys.md.
        timeout_s: how long one attempt may be without a byte.
        retries: how often, and after how long, what failed for the moment is tried again.
        transport: how requests get there, in place of connections of this client's own.

    Every method raises ServiceRefused for a refusal, and httpx.TransportError when the service cannot be reached;
    httpx.InvalidURL is raised here where `base_url` is no address.
    """

    def __init__(
        self,
        base_url: str | None = None,
        *,
        key: str | None = None,
        timeout_s: float = 60.0,
        retries: Retries | None = None,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._http = httpx.Client(
            base_url=address_of(base_url), headers=headers_of(key), timeout=timeout_s, transport=transport
        )
        self._retries = retries or Retries()
        self.jobs = Jobs(self)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Let the connections go."""
        self._http.close()

    def make(self, call: Call[A]) -> A:
        """What the service answers to a call, after as many attempts as it takes."""
        attempts = Attempts(self._retries, may_repeat=call.may_repeat)
        with landing(call.into) as place:
            while True:
                answer, error = self._attempt(call, place)
                if (wait_s := attempts.after(answer, error)) is None:
                    return outcome(call, answer, error)
                sleep(wait_s)

    def read(self, pages: Pages[A]) -> Iterator[A]:
        """Page after page, each when it is reached."""
        found, cursor = self.make(pages.page(None))
        yield from found
        while cursor is not None:
            found, cursor = self.make(pages.page(cursor))
            yield from found

    def _attempt(
        self, call: Call[A], place: Landing | None
    ) -> tuple[httpx.Response | None, httpx.TransportError | None]:
        with request_of(self._http, call, place) as request:
            try:
                answer = self._http.send(request, stream=place is not None)
                if place is not None:
                    _receive(answer, place)
                return answer, None
            except httpx.TransportError as error:
                return None, error


def _receive(answer: httpx.Response, place: Landing) -> None:
    """Refusals are read; all else lands."""
    try:
        if answer.is_success:
            place.begin(answer)
            for chunk in answer.iter_bytes():
                place.write(chunk)
        else:
            answer.read()
    finally:
        answer.close()
