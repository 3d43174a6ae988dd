"""The typed client against a real service."""

import re
import subprocess
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import httpx
import pytest

from service.app import create_app
from service.settings import Settings
from sightsound import Client, ServiceRefused
from tests.tiny.bundles import tiny_library
from tests.tiny.clips import tiny_clip
from tests.unit.service.running import running

SERVING = (
    "numpy",
    "av",
    "onnxruntime",
    "faiss",
    "fastapi",
    "starlette",
    "uvicorn",
    "sqlalchemy",
    "tokenizers",
    "torch",
)
BLOCK = """
import sys
class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {blocked!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Blocked())
"""


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    app = create_app(Settings(data=tiny_library(tmp_path_factory.mktemp("library"))))
    with running(app) as address, Client(address) as client:
        yield client


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_clip(tmp_path_factory.mktemp("clips") / "clip.mp4", seconds=1.0)


def test_words_find_hits_whose_files_can_be_fetched(client: Client) -> None:
    answer = client.search("demo", text="bell ringing", to="audio", k=3)
    assert (answer.route, len(answer.hits)) == ("text->audio", 3)
    client.media(answer.hits[0].clip, file := BytesIO())
    assert b"ftyp" in file.getvalue()[:16]


def test_a_clip_finds_hits(client: Client, clip: Path) -> None:
    assert client.search_clip("demo", clip, from_="audio", k=2).route == "audio->video"
    assert len(client.search_clip("demo", str(clip), from_="video", to="audio", k=2).hits) == 2


def test_clips_are_looked_at(client: Client) -> None:
    clip = client.search("demo", text="bell", k=1).hits[0].clip
    client.preview(clip, file := BytesIO())
    assert b"moov" in file.getvalue()
    assert client.thumbnail(clip)[:4] == client.thumbnail(clip, at_s=0.5)[:4] == b"RIFF"
    shape = client.waveform(clip)
    assert len(shape.peaks) * shape.step_s == pytest.approx(shape.duration_s, abs=shape.step_s)
    assert client.waveform_picture(clip).startswith(b"<svg")


def test_a_clip_is_classified_among_any_words(client: Client, clip: Path) -> None:
    answer = client.classify(clip, ["a red lamp", "rain"], calibration="off")
    assert {each.name for each in answer.classes} == {"a red lamp", "rain"}
    assert answer.beta == 0
    assert client.classify(clip, gallery="demo", calibration=0.5, k=1).beta == 0.5


def test_galleries_bundles_and_clips_are_described(client: Client) -> None:
    (gallery,) = client.galleries()
    assert client.gallery("demo") == gallery
    assert [bundle.name for bundle in client.bundles()] == ["tiny"]
    hit = client.search("demo", text="bell", k=1).hits[0]
    assert client.clip("demo", hit.clip.id).name == hit.clip.name


def test_a_gallery_is_reindexed(client: Client) -> None:
    first, second = client.reindex("demo"), client.reindex("demo", "tiny")
    assert (second.bundle, second.generation) == ("tiny", first.generation + 1)


def test_a_refusal_carries_its_problem(client: Client) -> None:
    with pytest.raises(ServiceRefused, match="'none'") as refused:
        client.search("none", text="bell")
    assert (refused.value.problem.status, refused.value.problem.type) == (404, "/problems/gallery-not-found")
    with pytest.raises(ServiceRefused) as refused:
        client.search("demo", text="bell", k=0)
    assert [fault.parameter for fault in refused.value.problem.faults or ()] == ["k"]


def test_a_name_with_signs_in_it_is_a_name(client: Client) -> None:
    with pytest.raises(ServiceRefused, match=re.escape("'a b?c&é'")):
        client.gallery("a b?c&é")


def test_a_service_that_is_not_there_is_a_transport_error() -> None:
    with Client("http://127.0.0.1:9", timeout_s=2) as client, pytest.raises(httpx.TransportError):
        client.galleries()


def test_the_base_install_needs_no_serving_library() -> None:
    code = (
        BLOCK.format(blocked=set(SERVING))
        + "import sightsound, sightsound.client, sightsound.cli\nprint(sorted(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "'httpx'" in done.stdout
