"""Who does a request that is sent more than once, and what the others are told."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from index.catalog.database import Database
from index.catalog.replies import Asked, Reply
from index.replies import DEAD_S, LOOKED_EVERY, Replies, Turn
from models.errors import Conflict, KeyReused

ASKED = Asked("anna", "a key")
OK = Reply(201, {"location": "/here", "etag": '"1"'}, b'{"a": "\xc3\xbc"}')
DAY_S = 86_400.0


class Clock:
    """Time that passes when it is told to."""

    def __init__(self) -> None:
        self.now = 1.7e9

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def replies(database: Database, clock: Clock) -> Replies:
    return Replies(database, kept_s=DAY_S, clock=clock)


def begun(replies: Replies, asked: Asked = ASKED, fingerprint: str = "f", job_id: str = "j") -> Turn:
    found = replies.begin(asked, fingerprint, job_id=job_id)
    assert isinstance(found, Turn)
    return found


def test_what_was_answered_is_answered_again_for_a_day(replies: Replies, clock: Clock) -> None:
    replies.keep(begun(replies), OK)
    clock.now += DAY_S - 1
    assert replies.begin(ASKED, "f", job_id="k") == OK
    clock.now += 2
    assert begun(replies, job_id="k").job_id == "k"


@pytest.mark.parametrize(("most", "size_bytes"), [("MOST_KEPT", 1), ("MOST_BYTES", 20)])
def test_nobody_fills_the_catalog_with_their_answers(
    replies: Replies, clock: Clock, monkeypatch: pytest.MonkeyPatch, most: str, size_bytes: int
) -> None:
    monkeypatch.setattr(f"index.replies.{most}", 50 * size_bytes)
    answer = Reply(200, {}, b"x" * size_bytes)
    replies.keep(begun(replies, Asked("bert", "old")), answer)
    at_work = begun(replies, Asked("anna", "at work"))
    for number in range(LOOKED_EVERY):
        clock.now += 0.1
        turn = begun(replies, Asked("anna", f"{number}"))
        replies.leave(turn) if number == 0 else replies.keep(turn, answer)
    assert replies.begin(Asked("bert", "old"), "f", job_id="j") == answer
    assert replies.begin(Asked("anna", "99"), "f", job_id="j") == answer
    with pytest.raises(Conflict):
        replies.begin(at_work.asked, "f", job_id="j")
    assert isinstance(replies.begin(Asked("anna", "0"), "g", job_id="j"), Turn)  # forgotten, as nobody is at it
    begun(replies, Asked("anna", "40"), "g")


def test_an_answer_without_a_body_is_kept_as_it_was(replies: Replies) -> None:
    replies.keep(begun(replies), Reply(204, {}, b""))
    assert replies.begin(ASKED, "f", job_id="k") == Reply(204, {}, b"")


def test_keys_are_each_callers_own(replies: Replies) -> None:
    replies.keep(begun(replies), OK)
    begun(replies, Asked("bert", "a key"), "g")
    begun(replies, Asked("anna", "A key"), "g")


def test_a_key_of_another_request_is_refused_whether_that_is_done_or_not(replies: Replies) -> None:
    turn = begun(replies)
    with pytest.raises(KeyReused, match="a key"):
        replies.begin(ASKED, "g", job_id="k")
    replies.keep(turn, OK)
    with pytest.raises(KeyReused):
        replies.begin(ASKED, "g", job_id="k")


def test_who_says_that_they_are_at_work_is_not_interrupted(replies: Replies, clock: Clock) -> None:
    turn = begun(replies)
    for _ in range(5):
        clock.now += DEAD_S - 1
        with pytest.raises(Conflict) as refused:
            replies.begin(ASKED, "f", job_id="k")
        assert refused.value.retry_after_s is not None
        replies.touch(turn)


def test_the_work_of_the_dead_is_taken_over_with_its_job(replies: Replies, clock: Clock) -> None:
    begun(replies)
    clock.now += DEAD_S
    assert begun(replies, job_id="k").job_id == "j"
    with pytest.raises(Conflict):
        replies.begin(ASKED, "f", job_id="l")


def test_what_failed_is_gone_on_with_at_once_and_what_was_refused_begins_anew(replies: Replies) -> None:
    replies.leave(begun(replies))
    turn = begun(replies, job_id="k")
    assert turn.job_id == "j"
    replies.drop(turn)
    assert begun(replies, fingerprint="g", job_id="k").job_id == "k"


def test_what_was_given_up_is_forgotten_too(replies: Replies, clock: Clock) -> None:
    replies.leave(begun(replies))
    clock.now += DAY_S
    assert begun(replies, fingerprint="g", job_id="k").job_id == "k"


def test_of_many_at_one_moment_one_does_it(replies: Replies) -> None:
    def ask(number: int) -> Turn | Reply | None:
        try:
            return replies.begin(ASKED, "f", job_id=str(number))
        except Conflict:
            return None

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(ask, range(24)))
    assert len([each for each in found if isinstance(each, Turn)]) == 1
    assert len([each for each in found if each is None]) == 23
