"""Who is next, as a list that is looked through says: of those who may, who holds least, and then who came first."""

import asyncio
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from service.load.queue import Queue, Waiting

CALLERS = st.sampled_from(["", "ada", "bob", "eve"])
MOST = 2
"""Turns that a caller may hold here."""


class Plain:
    """All who wait in one list; and when each caller last had a turn, or began to wait where nothing of theirs was."""

    def __init__(self) -> None:
        self.waiting: list[tuple[str, Waiting]] = []
        self.since: dict[str, int] = {}
        self.moment = 0

    def of(self, who: str) -> list[Waiting]:
        return [turn for whose, turn in self.waiting if whose == who]

    def add(self, who: str, turn: Waiting) -> None:
        if not self.of(who):
            self.note(who)
        self.waiting.append((who, turn))

    def note(self, who: str) -> None:
        self.moment += 1
        self.since[who] = self.moment

    def first(self, held: Counter[str]) -> tuple[str, Waiting] | None:
        ready = {who for who, _ in self.waiting if held[who] < MOST}
        if not ready:
            return None
        who = min(ready, key=lambda each: (held[each], self.since[each]))
        self.note(who)
        return self.without(who, self.of(who)[0])

    def last_of_most(self, who: str) -> Waiting | None:
        counts = {each: len(self.of(each)) for each in sorted(dict(self.waiting), key=self.since.__getitem__)}
        most = max(counts, key=counts.__getitem__, default=who)
        if counts.get(most, 0) <= counts.get(who, 0) + 1:
            return None
        return self.without(most, self.of(most)[-1])[1]

    def without(self, who: str, turn: Waiting) -> tuple[str, Waiting]:
        self.waiting.remove((who, turn))
        return who, turn


@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("comes"), CALLERS),
            st.tuples(st.just("goes away"), st.integers(0, 100)),
            st.tuples(st.just("ends"), st.integers(0, 100)),
            st.tuples(st.just("is displaced for"), CALLERS),
            st.tuples(st.just("is next"), st.none()),
        ),
        max_size=60,
    )
)
def test_who_is_next_and_who_makes_room_is_as_a_plain_list_says(deeds: list[tuple[str, str | int | None]]) -> None:
    loop = asyncio.new_event_loop()
    queue, plain, held = Queue(), Plain(), Counter[str]()
    for deed, of in deeds:
        if deed == "comes" and isinstance(of, str):
            turn = loop.create_future()
            queue.add(of, turn)
            plain.add(of, turn)
        elif deed == "goes away" and isinstance(of, int) and plain.waiting:
            who, turn = plain.waiting[of % len(plain.waiting)]
            queue.remove(who, turn)
            plain.without(who, turn)
        elif deed == "ends" and isinstance(of, int) and held.total():
            held[sorted(held.elements())[of % held.total()]] -= 1
        elif deed == "is displaced for" and isinstance(of, str):
            assert queue.last_of_most(of) is plain.last_of_most(of)
        elif deed == "is next":
            found = queue.first(held.__getitem__, lambda who: held[who] < MOST)
            assert found == plain.first(held)
            if found is not None:
                held[found[0]] += 1
        assert len(queue) == len(plain.waiting)
    loop.close()
