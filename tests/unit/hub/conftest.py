from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tiny.hub_networks import CLAP_WIDTH, CLIP_WIDTH, clap_files, clip_files
from tests.tiny.hub_server import HubServer, hub_server
from training.hub.catalogue import Pretrained

COMMIT = "0123456789abcdef" * 2 + "01234567"
CLIP = Pretrained(kind="clip", repository="tiny/clip", revision=COMMIT, width=CLIP_WIDTH, licence="MIT")
CATALOGUE = f"""
[tiny-clip]
kind = "clip"
repository = "tiny/clip"
revision = "{COMMIT}"
width = {CLIP_WIDTH}
licence = "MIT"

[tiny-clap]
kind = "clap"
repository = "tiny/clap"
revision = "main"
width = {CLAP_WIDTH}
licence = "CC-BY-4.0"
"""


@pytest.fixture
def hub() -> Iterator[HubServer]:
    """A hub with a CLIP and a CLAP, whose branch `main` is at one commit."""
    with hub_server() as server:
        server.repositories = {"tiny/clip": {COMMIT: clip_files()}, "tiny/clap": {COMMIT: clap_files()}}
        server.branches = {"main": COMMIT}
        yield server


@pytest.fixture
def catalogue(tmp_path: Path) -> Path:
    path = tmp_path / "catalogue.toml"
    path.write_text(CATALOGUE)
    return path
