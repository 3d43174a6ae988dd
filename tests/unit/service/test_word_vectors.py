"""A service whose bundle reads word vectors."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from index.galleries import Galleries
from models.bundle.manifest import EncoderRef
from models.bundle.store import load_manifest
from models.features.backbone import Backbone
from models.features.extract import Extractor
from models.features.text import TextEncoder
from models.media.cage import Cage
from models.media.limits import Limits
from service.app import create_app
from service.settings import Settings
from tests.tiny.bundles import SEEN, tiny_bundle
from tests.tiny.words import glove, random_vectors
from tests.unit.service.asking import OWN, refused, upload
from training.word_vectors import import_words

SEARCH = "/v1/galleries/worded/search"


@pytest.fixture
def worded(own_library: Path, clip: Path) -> Iterator[TestClient]:
    """The service over a gallery whose bundle's text encoder knows the words of its classes and no others."""
    encoders = own_library / "backbones"
    vectors = random_vectors(tuple(sorted({word for name in SEEN for word in name.split()})))
    card = import_words(glove(own_library / "glove.txt", vectors), encoders, name="words")
    made = load_manifest(own_library / "bundles" / "tiny").backbones
    seen = dict(zip(SEEN, TextEncoder.open(encoders / card.ref).encode(SEEN), strict=True))
    bundle = own_library / "bundles" / "worded"
    tiny_bundle(bundle, name="worded", audio=made["audio"], video=made["video"], text=EncoderRef.of(card), seen=seen)
    galleries = Galleries.open(own_library)
    with Cage(Limits(), workers=1) as cage:
        backbones = {sense: Backbone.open(encoders / each.name) for sense, each in made.items()}
        features = Extractor(backbones, cage).extract(clip)
    galleries.create("worded", "worded").add(clip, name="clip", labels=[SEEN[0]], features=features)
    galleries.close()
    with TestClient(create_app(Settings(data=own_library, job_workers=0)), OWN) as client:
        yield client


def test_words_with_vectors_search_and_others_are_named_in_the_refusal(worded: TestClient) -> None:
    answer = worded.get(SEARCH, params={"text": "the dog's barking"}).json()
    assert [hit["clip"]["name"] for hit in answer["hits"]] == ["clip"]
    refused(worded.get(SEARCH, params={"text": "siren"}), 422, "query-invalid", "words@1", "'siren'")


def test_clips_are_classified_by_names_whose_words_have_vectors(worded: TestClient, clip: Path) -> None:
    answer = upload(worded, "/v1/classify", clip, gallery="worded", classes=["a ringing bell", "the ball"]).json()
    assert {each["name"] for each in answer["classes"]} == {"a ringing bell", "the ball"}
    assert answer["bundle"] == "worded"


def test_it_is_ready_although_it_knows_a_few_words_only(worded: TestClient) -> None:
    assert worded.get("/readyz").json()["status"] == "ready"
