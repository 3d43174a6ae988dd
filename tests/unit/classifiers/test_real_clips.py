"""Real clips searched by words with nothing trained: YAMNet, MobileNetV2 and MiniLM, by the commands and over HTTP."""

import json
import time
from collections.abc import Iterator
from pathlib import Path, PurePath
from typing import Any

import pytest
from starlette.testclient import TestClient

from index.galleries import Galleries
from models.media.windows import windows
from models.types import Absence, Window
from service.app import create_app
from service.settings import Settings
from sightsound.cli import run
from tests.minilm import minilm_weights
from tests.real_data import real
from tests.tiny.damage import damaged
from tests.unit.service.asking import OWN, upload
from training.text_encoder import write_text_encoder

DOG, DRUMMER, RAIN = "3qesirWAGt4_20000_30000.mp4", "sample_demo_22.mp4", "rain.mp3"
BABY = "sample_demo_1.mp4"
MINE = "/v1/galleries/mine"
PATIENCE_S = 400.0
CORRECTED = {"alpha": 0.5, "neighbours": 10}
"""A gentle one: with 1.0 the drummer's seven windows, each other's nearest, count as hubs."""


@pytest.fixture(scope="module")
def clips() -> Path:
    return real("av_clips")


@pytest.fixture(scope="module")
def told(clips: Path) -> dict[str, dict[str, Any]]:
    """What others found in the clips, by name: whether there is sound, how loud it is, whether there are pictures."""
    return {PurePath(each["path"]).name: each for each in json.loads((clips / "probe.json").read_text())}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder as a newcomer makes it, with the gallery "mine", in which there is nothing yet."""
    networks = real("backbones")
    data = tmp_path_factory.mktemp("newcomer") / "data"
    write_text_encoder(minilm_weights(), data / "backbones" / "all-minilm-l6-v2@1")
    bring(data, networks / "yamnet.onnx", "audio", networks / "yamnet_class_map.csv")
    bring(data, networks / "mobilenet_v2.onnx", "video", networks / "imagenet_labels.txt")
    assert run(["bundle", "from-classifiers", "--data", str(data)]) == 0
    galleries = Galleries.open(data)
    galleries.create("mine", "classifiers")
    galleries.close()
    return data


def bring(data: Path, file: Path, sense: str, classes: Path) -> None:
    options = ["--sense", sense, "--classes", str(classes), "--data", str(data)]
    assert run(["backbone", "import", str(file), *options]) == 0


@pytest.fixture(scope="module")
def service(data: Path, clips: Path) -> Iterator[TestClient]:
    with TestClient(create_app(Settings(data=data, job_workers=1, ingest_root=clips)), OWN) as client:
        yield client


@pytest.fixture(scope="module")
def ingested(service: TestClient) -> dict[str, Any]:
    """The job that put all the clips into the gallery, ended."""
    job = service.post(f"{MINE}/jobs/ingest", json={"source": "."}).json()
    end = time.monotonic() + PATIENCE_S
    while job["state"] not in ("done", "failed", "cancelled"):
        assert time.monotonic() < end, job
        time.sleep(0.2)
        job = service.get(f"/v1/jobs/{job['id']}").json()
    found: dict[str, Any] = job
    return found


@pytest.fixture(scope="module")
def client(service: TestClient, ingested: dict[str, Any]) -> TestClient:
    """The service with all the clips."""
    assert ingested["state"] == "done"
    return service


@pytest.fixture(scope="module")
def known(client: TestClient) -> dict[str, dict[str, Any]]:
    """What the service says of every clip, by its name."""
    page = client.get(f"{MINE}/clips").json()["clips"]
    return {PurePath(each["name"]).name: each for each in page}


def asked(client: TestClient, **params: Any) -> list[tuple[str, float]]:
    """The clips that are found and their scores, each once, best first."""
    answer = client.get(f"{MINE}/search", params={"by": "clip", "k": 50, **params})
    assert answer.status_code == 200, answer.text
    return [(PurePath(hit["clip"]["name"]).name, hit["score"]) for hit in answer.json()["hits"]]


def test_every_clip_becomes_one_of_the_gallery(ingested: dict[str, Any], client: TestClient) -> None:
    assert ingested["result"] == {"added": 28, "known": 0, "failed": 0}
    assert ingested["errors"] == []
    assert client.get(MINE).json()["clips"] == 28


def test_every_clip_says_what_it_lacks(known: dict[str, dict[str, Any]], told: dict[str, dict[str, Any]]) -> None:
    assert known.keys() == told.keys()
    assert {name: each["absent"] for name, each in known.items()} == {name: lacks(told[name]) for name in known}
    for each in known.values():
        assert set(each["senses"]) == {"audio", "video"} - each["absent"].keys()
        assert all(window["absent"] == each["absent"] for window in each["windows"])
        assert len(each["windows"]) == len(windows(each["duration_s"]))


def lacks(clip: dict[str, Any]) -> dict[str, Absence]:
    """Sound of a level of 0 is silence."""
    found: dict[str, Absence] = {}
    if not clip["audio"]:
        found["audio"] = "missing"
    elif clip["audio_rms"] == 0:
        found["audio"] = "silent"
    if not clip["video"]:
        found["video"] = "missing"
    return found


def test_silence_is_never_found_by_its_sound(client: TestClient, known: dict[str, dict[str, Any]]) -> None:
    for text in ("silence", "a dog barking"):
        heard = {name for name, _ in asked(client, text=text, to="audio")}
        assert heard == {name for name, each in known.items() if "audio" not in each["absent"]}
    seen = {name for name, _ in asked(client, text="a dog barking", to="video")}
    assert seen == {name for name, each in known.items() if "video" not in each["absent"]}


FIRST = [
    ("a dog barking", "audio", DOG),
    ("a dog barking", "video", DOG),
    ("someone playing drums", "audio", DRUMMER),
    ("someone playing drums", "video", DRUMMER),
    ("rain falling", "audio", RAIN),
]


@pytest.mark.parametrize(("text", "to", "name"), FIRST)
def test_words_find_the_clip_that_sounds_and_looks_so(client: TestClient, text: str, to: str, name: str) -> None:
    first, second = asked(client, text=text, to=to)[:2]
    assert first[0] == name
    assert first[1] > second[1] + 0.1


@pytest.mark.parametrize(("to", "first", "second"), [("audio", 0.59, 0.45), ("video", 0.40, 0.22)])
def test_the_dogs_scores_are_those_of_numpy_and_onnx_runtime_alone(
    client: TestClient, to: str, first: float, second: float
) -> None:
    """Measured once by a script over the same files that had no line of this repository's bridge in it."""
    found = [score for _, score in asked(client, text="a dog barking", to=to)[:2]]
    assert found == pytest.approx([first, second], abs=0.01)


@pytest.mark.parametrize(("text", "name"), [("a dog barking", DOG), ("someone playing drums", DRUMMER)])
def test_words_find_the_clip_by_both_senses_together(client: TestClient, text: str, name: str) -> None:
    assert asked(client, text=text, to="av")[0][0] == name


@pytest.fixture(scope="module")
def idle(client: TestClient, data: Path) -> Iterator[TestClient]:
    """A second service over the same data, with another gallery, that may decode nothing: any clip is too long."""
    galleries = Galleries.open(data)
    galleries.create("again", "classifiers")
    galleries.close()
    with TestClient(create_app(Settings(data=data, job_workers=0, clip_limit_s=0.01)), OWN) as idle:
        yield idle


def test_what_one_gallery_has_is_decoded_for_no_other(idle: TestClient, clips: Path, known: dict[str, Any]) -> None:
    for name in ("Video-LLaVA/sample_demo_22.mp4", "moviepy/rain.mp3", "PandaGPT/a.mp4"):
        answer = upload(idle, "/v1/galleries/again/clips", clips / name)
        assert answer.status_code == 201, answer.text
        before = known[PurePath(name).name]
        same = ("id", "duration_s", "senses", "absent", "windows")
        assert {each: answer.json()[each] for each in same} == {each: before[each] for each in same}


def test_a_clip_whose_sound_is_damaged_says_so_and_is_added(client: TestClient, clips: Path, tmp_path: Path) -> None:
    """None of the clips has sound that does not decode, also not the one that is called after it."""
    clip = damaged(clips / "PandaGPT" / "a.mp4", tmp_path / "damaged.mp4", stretch=Window(0, 99))
    answer = upload(client, f"{MINE}/clips", clip)
    assert answer.status_code == 201, answer.text
    assert (answer.json()["senses"], answer.json()["absent"]) == (["video"], {"audio": "damaged"})
    assert client.delete(answer.headers["location"]).status_code == 204


@pytest.fixture(scope="module")
def corrected(client: TestClient) -> TestClient:
    """The same gallery, whose routes between sound and pictures are corrected for hubs."""
    biases = dict.fromkeys(("audio->video", "video->audio"), CORRECTED)
    answer = client.post(f"{MINE}/reindex", json={"biases": biases, "force": True})
    assert answer.status_code == 200, answer.text
    return client


@pytest.mark.parametrize("name", ["Synchformer/" + DOG, "Video-LLaVA/" + DRUMMER, "Video-LLaVA/" + BABY])
@pytest.mark.parametrize("sense", ["audio", "video"])
def test_corrected_for_hubs_a_clips_sound_finds_its_own_pictures_and_the_other_way_round(
    corrected: TestClient, clips: Path, sense: str, name: str
) -> None:
    found = upload(corrected, f"{MINE}/search", clips / name, from_=sense, k=1, by="clip").json()
    assert found["hits"][0]["clip"]["name"] == name
