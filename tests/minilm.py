"""The weights of all-MiniLM-L6-v2, fetched once into a cache: 91 MB, which are not part of this repository."""

import os
from contextlib import suppress
from pathlib import Path
from tempfile import mkdtemp

import pytest

from models.errors import DependencyMissing
from training.text_encoder import fetch_weights

CACHE = Path(os.environ.get("SIGHTSOUND_CACHE", Path.home() / ".cache/sightsound"))


def minilm_weights() -> Path:
    """The folder of `model.safetensors` and `tokenizer.json`; skips the test, saying so, where they cannot be had."""
    folder = CACHE / "all-minilm-l6-v2"
    if not folder.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        fresh = Path(mkdtemp(dir=CACHE))
        try:
            fetch_weights(fresh)
        except DependencyMissing as error:
            pytest.skip(f"the text encoder's weights cannot be fetched: {error}")
        with suppress(OSError):  # another process was quicker
            fresh.rename(folder)
    return folder
