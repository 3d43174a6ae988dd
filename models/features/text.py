"""The text encoder: from words to a feature."""

from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Lock
from typing import Protocol, Self

import numpy as np
from cachetools import LRUCache
from tokenizers import Encoding, Tokenizer

from models.errors import BundleInvalid, QueryInvalid
from models.features.card import JoinedCard, TextCard, TextEncoderCard, WordVectorsCard, checked_bytes, read_text_card
from models.features.graph import Graph
from models.features.joined import Joined, Part
from models.features.running import Device
from models.features.word_vectors import WordVectors
from models.types import F32

BATCH = 32
REMEMBERED = 4096
PADDING = ("[PAD]", "<pad>", "<|endoftext|>")
"""What stands behind a short text, by the tokenizers of BERT, RoBERTa and CLIP; the mask says where."""


class Embedder(Protocol):
    """What a text encoder is made of: a network, the vectors of words or several of these; safe to share by threads."""

    @property
    def card(self) -> TextCard: ...

    @property
    def example(self) -> str:
        """A text that it knows."""

    def embed(self, texts: Sequence[str]) -> F32:
        """[n, width], rows of unit length; raises QueryInvalid for a text of which it knows no word."""


class TextEncoder:
    """From words to a unit vector [width]; remembers `limit` recent texts, and is safe to share by threads."""

    def __init__(self, embedder: Embedder, *, limit: int = REMEMBERED) -> None:
        self.card = embedder.card
        self.example = embedder.example
        self._embedder = embedder
        self._recent: LRUCache[str, F32] = LRUCache(limit)
        self._lock = Lock()

    @classmethod
    def open(
        cls,
        folder: Path,
        *,
        threads: int = 1,
        device: Device = "cpu",
        part: "Callable[[Part], TextEncoder] | None" = None,
    ) -> Self:
        """From a folder with `text_encoder.json`; raises BundleInvalid where its files do not fit.

        Args:
            part: opens the parts of a joined encoder; by default from the folders beside.
        """
        card = read_text_card(folder / "text_encoder.json")
        if isinstance(card, JoinedCard):
            beside = part or (lambda each: cls.open(folder.parent / each.name, threads=threads, device=device))
            return cls(Joined.open(folder, card, beside))
        if isinstance(card, WordVectorsCard):
            return cls(WordVectors.open(folder, card))
        return cls(Network.open(folder, card, threads=threads, device=device))

    def rehearse(self) -> None:
        """Embed a text that it knows as if it had never seen it; raises BundleInvalid."""
        self._embedder.embed([self.example])

    def encode(self, texts: Sequence[str]) -> F32:
        """[n, width], rows of unit length; raises QueryInvalid for a text without words."""
        for text in texts:
            _check(text)
        with self._lock:
            known = {text: self._recent[text] for text in texts if text in self._recent}
        # Sorted, so that a batch is not padded to the length of one long text.
        unknown = sorted({text for text in texts if text not in known}, key=len)
        for start in range(0, len(unknown), BATCH):
            batch = unknown[start : start + BATCH]
            known |= zip(batch, self._embedder.embed(batch), strict=True)
        with self._lock:
            self._recent.update((text, known[text]) for text in unknown)
        return np.stack([known[text] for text in texts]) if texts else np.empty((0, self.card.width), np.float32)


class Network:
    """A network from the tokens of a text to a unit vector [width].

    Its ONNX graph has the inputs `input_ids` and `attention_mask` int64 [b, s] and the output `embedding` [b, width].
    """

    example = "ready"

    def __init__(self, card: TextEncoderCard, tokenizer: Tokenizer, graph: Graph) -> None:
        self.card = card
        self._tokenizer, self._graph = tokenizer, graph

    @classmethod
    def open(cls, folder: Path, card: TextEncoderCard, *, threads: int, device: Device = "cpu") -> Self:
        """From the folder of the card; raises BundleInvalid where its files do not fit."""
        vocabulary = checked_bytes(folder / card.tokenizer, card.tokenizer_sha256)
        graph = checked_bytes(folder / card.file, card.sha256)
        inputs = ["input_ids", "attention_mask"]
        network = Graph(graph, name=card.ref, inputs=inputs, threads=threads, device=device)
        return cls(card, _tokenizer(vocabulary, card), network)

    def embed(self, texts: Sequence[str]) -> F32:
        """[n, width], rows of unit length; raises QueryInvalid for a text without tokens."""
        encodings = self._tokenizer.encode_batch(list(texts))
        for text, encoding in zip(texts, encodings, strict=True):
            _check_tokens(text, encoding)
        ids = np.array([encoding.ids for encoding in encodings], np.int64)
        mask = np.array([encoding.attention_mask for encoding in encodings], np.int64)
        rows = self._graph.embedding({"input_ids": ids, "attention_mask": mask})
        if rows.shape != (len(texts), self.card.width):
            expected = [len(texts), self.card.width]
            raise BundleInvalid(f"{self.card.ref} gave {list(rows.shape)}; its card says {expected}")
        return rows


def _tokenizer(content: bytes, card: TextEncoderCard) -> Tokenizer:
    tokenizer = Tokenizer.from_str(content.decode())
    tokenizer.enable_truncation(card.max_tokens)
    # To the longest of the batch; a tokenizer's own file may pad to a fixed length, or not at all.
    token = next((each for each in PADDING if tokenizer.token_to_id(each) is not None), PADDING[0])
    tokenizer.enable_padding(pad_id=tokenizer.token_to_id(token) or 0, pad_token=token)
    return tokenizer


def _check(text: str) -> None:
    if not text.strip():
        raise QueryInvalid("the text is empty; expected words")
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise QueryInvalid("the text holds half of a surrogate pair; expected Unicode text")


def _check_tokens(text: str, encoding: Encoding) -> None:
    if not sum(encoding.attention_mask):
        raise QueryInvalid(f"the text {text[:40]!r} holds no words")
