"""The client whose answers are awaited: each method as that of the same name of `Client`."""

from collections.abc import AsyncIterator, Callable
from time import monotonic
from types import TracebackType
from typing import Self, TypeVar

import anyio
import httpx

from sightsound.client.call import Call, Pages
from sightsound.client.exchange import outcome, request_of
from sightsound.client.making import Awaits
from sightsound.client.methods import JobMethods, Methods
from sightsound.client.patience import LOOK_S, Patience
from sightsound.client.reaching import address_of, headers_of
from sightsound.client.retrying import Attempts, Retries
from sightsound.client.saving import Landing, landing
from sightsound.job_answers import Job

A = TypeVar("A")


class AsyncJobs(JobMethods):
    """The jobs of a service, as `AsyncClient.jobs` has them; raises as the client does.

    Each method that asks for a job returns it as it was put up: `wait` for its end.
    """

    def __init__(self, client: Awaits) -> None:
        self._client = client

    async def make(self, call: Call[A]) -> A:
        """What the service answers to a call."""
        return await self._client.make(call)

    def read(self, pages: Pages[A]) -> AsyncIterator[A]:
        """Page after page."""
        return self._client.read(pages)

    async def watch(self, job_id: str, *, timeout_s: float | None = None) -> AsyncIterator[Job]:
        """The job now, whenever it has changed, and last as it ended; raises TimeoutError."""
        patience, job = Patience(timeout_s, monotonic()), await self.get(job_id)
        yield job
        while not job.has_ended:
            patience.check(job, monotonic())
            await anyio.sleep(LOOK_S)
            before, job = job, await self.get(job_id)
            if job != before:
                yield job

    async def wait(
        self, job_id: str, *, timeout_s: float | None = None, show: Callable[[Job], object] = lambda job: None
    ) -> Job:
        """The job once it has ended, whichever way; `show` is called with it whenever it has changed.

        Raises TimeoutError.
        """
        async for job in self.watch(job_id, timeout_s=timeout_s):
            show(job)
        return job


class AsyncClient(Methods):
    """The service at `base_url`; close it, or use it in an `async with` block. Durable work is asked for by `jobs`.

    Tasks of one event loop may share it.

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
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._http = httpx.AsyncClient(
            base_url=address_of(base_url), headers=headers_of(key), timeout=timeout_s, transport=transport
        )
        self._retries = retries or Retries()
        self.jobs = AsyncJobs(self)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Let the connections go."""
        await self._http.aclose()

    async def make(self, call: Call[A]) -> A:
        """What the service answers to a call, after as many attempts as it takes."""
        attempts = Attempts(self._retries, may_repeat=call.may_repeat)
        with landing(call.into) as place:
            while True:
                answer, error = await self._attempt(call, place)
                if (wait_s := attempts.after(answer, error)) is None:
                    return outcome(call, answer, error)
                await anyio.sleep(wait_s)

    async def read(self, pages: Pages[A]) -> AsyncIterator[A]:
        """Page after page, each when it is reached."""
        found, cursor = await self.make(pages.page(None))
        for each in found:
            yield each
        while cursor is not None:
            found, cursor = await self.make(pages.page(cursor))
            for each in found:
                yield each

    async def _attempt(
        self, call: Call[A], place: Landing | None
    ) -> tuple[httpx.Response | None, httpx.TransportError | None]:
        with request_of(self._http, call, place) as request:
            try:
                answer = await self._http.send(request, stream=place is not None)
                if place is not None:
                    await _receive(answer, place)
                return answer, None
            except httpx.TransportError as error:
                return None, error


async def _receive(answer: httpx.Response, place: Landing) -> None:
    """Refusals are read; all else lands."""
    try:
        if answer.is_success:
            place.begin(answer)
            async for chunk in answer.aiter_bytes():
                place.write(chunk)
        else:
            await answer.aread()
    finally:
        await answer.aclose()
