"""Words to a feature: a new text, a remembered one, and what of it is the network and the tokenizer."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import ClassVar

import numpy as np
import onnxruntime as ort
from tokenizers import Tokenizer

from benchmarks.contest import Contest
from models.features.card import TextEncoderCard, read_card
from models.features.text import TextEncoder
from training.text_encoder import NAME, VERSION, write_text_encoder

DEMO = Path("sightsound-data/backbones") / f"{NAME}@{VERSION}"
CACHE = Path.home() / ".cache/sightsound" / NAME
TEXT = "a metal bell swinging beside glass ball {}"


@dataclass(frozen=True, slots=True)
class Words:
    """One query at a time through all-MiniLM-L6-v2, from the demo's folder or from weights that tests have cached."""

    name: ClassVar[str] = "text"
    encoder: Path = DEMO
    weights: Path = CACHE

    @contextmanager
    def contest(self) -> Iterator[Contest]:
        """Nothing is fetched: without the encoder and its weights all of it is skipped."""
        with TemporaryDirectory() as scratch:
            if self.encoder.is_dir():
                yield _contest(self.encoder)
            elif self.weights.is_dir():
                write_text_encoder(self.weights, Path(scratch))
                yield _contest(Path(scratch))
            else:
                yield Contest({}, [], {"all-MiniLM-L6-v2": f"neither {self.encoder} nor {self.weights} is there"})


def _contest(folder: Path) -> Contest:
    encoder = TextEncoder.open(folder)
    card = read_card(folder / "text_encoder.json", TextEncoderCard)
    tokenizer = Tokenizer.from_file(str(folder / card.tokenizer))
    session = _session(folder / card.file)
    tokens = tokenizer.encode(TEXT.format(0))
    feeds = {
        "input_ids": np.array([tokens.ids], np.int64)[:, : sum(tokens.attention_mask)],
        "attention_mask": np.array([tokens.attention_mask], np.int64)[:, : sum(tokens.attention_mask)],
    }
    difference = np.abs(session.run(["embedding"], feeds)[0] - encoder.encode([TEXT.format(0)])).max()
    assert difference < 1e-5, "the encoder and its bare graph give different features"
    fresh, tokenized = count(1), count(1)
    new, known = "encode of a new text", "encode of a remembered text"
    network, words = "ONNX Runtime alone, on its tokens", "tokenization alone"
    return Contest(
        ways={
            new: lambda: encoder.encode([TEXT.format(next(fresh))]),
            known: lambda: encoder.encode([TEXT.format(0)]),
            network: lambda: session.run(["embedding"], feeds),
            words: lambda: tokenizer.encode(TEXT.format(next(tokenized))),
        },
        pairs=[(new, network), (new, words), (known, new)],
    )


def _session(graph: Path) -> ort.InferenceSession:
    """On one thread, as the encoder runs it."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    return ort.InferenceSession(graph, options, ["CPUExecutionProvider"])
