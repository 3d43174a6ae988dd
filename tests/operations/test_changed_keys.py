"""A key changed for another by the document's commands, beside a running service that is asked all the while."""

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event, Thread

import httpx

from service.access.keyring import LIFE_S
from tests.operations.place import Place
from tests.operations.recipes import recipe
from tests.unit.service.access.conftest import by
from tests.unit.service.asking import SEARCH
from tests.unit.service.waiting import until_true

UNLIMITED = "1000000/second"
FEW = 10


@dataclass
class Asker:
    """Somebody who searches without a pause by the key at hand: how often each status came."""

    client: httpx.Client
    secret: str
    statuses: Counter[int] = field(default_factory=Counter)

    @contextmanager
    def asking(self) -> Iterator[None]:
        """Until the block ends."""
        enough = Event()
        asker = Thread(target=self._go_on, args=(enough,))
        asker.start()
        try:
            yield
        finally:
            enough.set()
            asker.join()

    def ask_on(self) -> None:
        """Wait until it has asked some more."""
        so_far = self.statuses.total()
        until_true(lambda: self.statuses.total() > so_far + FEW)

    def _go_on(self, enough: Event) -> None:
        while not enough.wait(0.01):
            self.statuses[status(self.client, self.secret)] += 1


def status(client: httpx.Client, secret: str) -> int:
    """What a search by a key is answered with."""
    return client.get(SEARCH, params={"text": "bell", "to": "audio"}, headers=by(secret)).status_code


def count_no_more(client: httpx.Client, secret: str) -> None:
    """Wait as long as another process's revocation may take to be known."""
    end = time.monotonic() + LIFE_S + 10
    while status(client, secret) != 401:
        assert time.monotonic() < end
        time.sleep(0.05)


def test_a_key_is_changed_without_a_restart_and_no_request_is_refused(sqlite_place: Place) -> None:
    (first,) = recipe("keys create ada --scope admin", document="keys.md")
    (create, listed, revoke) = recipe("keys create ada-2", document="keys.md")
    old = sqlite_place.told(first).strip()
    with sqlite_place.serving(keys="required", rate_limit=UNLIMITED) as client:
        asker = Asker(client, old)
        with asker.asking():
            asker.ask_on()
            new = sqlite_place.told(create).strip()
            assert (status(client, old), status(client, new)) == (200, 200)
            asker.secret = new
            asker.ask_on()
            assert "ada-2" in sqlite_place.told(listed)
            sqlite_place.told(revoke)
            count_no_more(client, old)
            asker.ask_on()
        assert asker.statuses.keys() == {200}, asker.statuses


def test_a_new_key_revokes_the_old_one_and_itself_and_another_is_made_where_the_data_folder_is(
    sqlite_place: Place,
) -> None:
    old = sqlite_place.told("sightsound keys create ada --scope admin").strip()
    with sqlite_place.serving(keys="required", rate_limit=UNLIMITED) as client:
        wanted = {"name": "ada-2", "scopes": ["admin"]}
        new = client.post("/v1/keys", json=wanted, headers=by(old)).json()["key"]
        for name, secret in (("ada", old), ("ada-2", new)):
            assert client.delete(f"/v1/keys/{name}", headers=by(new)).status_code == 204
            count_no_more(client, secret)
        another = sqlite_place.told("sightsound keys create bob --scope admin").strip()
        assert status(client, another) == 200
