"""Somebody who asks replicas all the while, as a proxy in front of them does."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from threading import Event, Thread

import httpx

from tests.hosts.site import PATIENCE_S, Replica

QUERY = {"text": "dog barking", "to": "video", "k": "100"}
LOOK_S, PAUSE_S = 0.2, 0.02
SEARCH = "/v1/galleries/demo/search"


def add(replica: Replica, clip: Path) -> str:
    """The id of a clip that was added there."""
    with clip.open("rb") as file:
        answer = replica.client.post("/v1/galleries/demo/clips", files={"file": (clip.name, file, "video/mp4")})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def found(replica: Replica) -> set[str]:
    """The clips that a search there finds."""
    answer = replica.client.get(SEARCH, params=QUERY)
    assert answer.status_code == 200, answer.text
    return {hit["clip"]["id"] for hit in answer.json()["hits"]}


@dataclass
class Asking:
    """Somebody who asks all the while, by whichever replica was ready when it was last looked at.

    As a proxy does: it goes to the next where a connection is refused, and takes anything else for the answer.
    """

    replicas: list[Replica]
    answered: int = 0
    failed: list[str] = field(default_factory=list)
    _unready: set[str] = field(default_factory=set)
    _ended: Event = field(default_factory=Event)

    @contextmanager
    def going_on(self) -> Iterator[None]:
        """Until the block ends."""
        threads = [Thread(target=self._ask), *(Thread(target=self._look, args=(each,)) for each in self.replicas)]
        for each in threads:
            each.start()
        try:
            yield
        finally:
            self._ended.set()
            for each in threads:
                each.join()

    def _look(self, replica: Replica) -> None:
        """At each by itself: one that is slow to say that it is ready keeps nobody from seeing that another is not."""
        while not self._ended.wait(LOOK_S):
            if replica.is_ready():
                self._unready.discard(replica.machine.address)
            else:
                self._unready.add(replica.machine.address)

    def _ask(self) -> None:
        for turn in cycle(range(len(self.replicas))):
            if self._ended.wait(PAUSE_S):
                return
            ready = [each for each in self.replicas if each.machine.address not in self._unready]
            if said := self._asked(ready[turn:] + ready[:turn]):
                self.failed.append(said)

    def _asked(self, replicas: list[Replica]) -> str | None:
        """What went wrong, if anything did."""
        for each in replicas:
            try:
                address, headers = each.client.base_url.join(SEARCH), each.client.headers
                answer = httpx.get(address, params=QUERY, headers=headers, timeout=PATIENCE_S, verify=False)
            except httpx.ConnectError:
                continue
            except httpx.HTTPError as error:
                return repr(error)
            self.answered += answer.status_code == 200
            return None if answer.status_code == 200 and answer.json()["hits"] else answer.text
        return "no replica is ready and takes connections"
