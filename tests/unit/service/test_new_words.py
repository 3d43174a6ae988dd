"""New words of several requests are encoded together."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import numpy as np
import pytest

from models.errors import QueryInvalid
from models.features.text import TextEncoder
from models.types import F32
from service.search.new_words import NewWords
from tests.tiny.encoders import tiny_text_encoder
from tests.unit.service.waiting import until_true


class Held:
    """An embedder that notes what it is given, and goes on once it is let go; it refuses "odd"."""

    example = "ready"

    def __init__(self, folder: Path) -> None:
        self.card = TextEncoder.open(tiny_text_encoder(folder)).card
        self.calls: list[list[str]] = []
        self.let_go = Event()

    def embed(self, texts: Sequence[str]) -> F32:
        self.calls.append(sorted(texts))
        assert self.let_go.wait(10)
        if "odd" in texts:
            raise QueryInvalid("an odd text")
        return np.stack([np.full(self.card.width, len(text), np.float32) for text in texts])


def test_what_comes_while_one_is_encoded_is_encoded_together(tmp_path: Path) -> None:
    held, words = Held(tmp_path / "tiny-text@1"), NewWords()
    encoder = TextEncoder(held)
    with ThreadPoolExecutor(8) as threads:
        first = threads.submit(words.encoded, encoder, ["a"])
        until_true(lambda: held.calls == [["a"]])
        others = [threads.submit(words.encoded, encoder, ["b" * size]) for size in (2, 3, 4)]
        until_true(lambda: len(words._queues[encoder]._waiting) == 3)
        held.let_go.set()
        assert [each.result(10)[0, 0] for each in (first, *others)] == [1, 2, 3, 4]
    assert held.calls == [["a"], ["bb", "bbb", "bbbb"]]


def test_one_that_is_refused_takes_nobody_along(tmp_path: Path) -> None:
    held, words = Held(tmp_path / "tiny-text@1"), NewWords()
    encoder = TextEncoder(held)
    with ThreadPoolExecutor(8) as threads:
        first = threads.submit(words.encoded, encoder, ["a"])
        until_true(lambda: held.calls == [["a"]])
        odd, fine = (threads.submit(words.encoded, encoder, [text]) for text in ("odd", "fine"))
        until_true(lambda: len(words._queues[encoder]._waiting) == 2)
        held.let_go.set()
        with pytest.raises(QueryInvalid):
            odd.result(10)
        assert fine.result(10)[0, 0] == 4
        assert first.result(10)[0, 0] == 1


def test_known_words_are_not_encoded_again(tmp_path: Path) -> None:
    held, words = Held(tmp_path / "tiny-text@1"), NewWords()
    held.let_go.set()
    encoder = TextEncoder(held)
    for _ in range(3):
        assert words.encoded(encoder, ["bell"])[0, 0] == 4
    assert held.calls == [["bell"]]
