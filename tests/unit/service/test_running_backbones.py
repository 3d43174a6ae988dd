"""Where backbones run, as the settings say."""

import logging
from pathlib import Path

import onnxruntime as ort
import pytest
from pydantic import ValidationError

from index.galleries import Galleries
from models.cores import cores
from models.features.running import Running
from models.media.cage import Cage
from models.media.limits import Limits
from service.encoding.encoders import Encoders
from service.resources import Resources
from service.settings import Settings


def test_a_backbone_runs_on_every_core_unless_it_is_told_otherwise(tmp_path: Path) -> None:
    assert Settings(data=tmp_path).running == Running()
    assert Running().calls == cores()
    assert Running("gpu").calls == 2
    assert Settings(data=tmp_path, backbone_threads=3, device="gpu", backbone_batch=7).running == Running(
        "gpu", threads=3, batch=7
    )
    assert Running("gpu", threads=3).calls == 3


@pytest.mark.parametrize("odd", [{"backbone_threads": 0}, {"backbone_batch": 0}, {"device": "tpu"}])
def test_a_device_or_a_number_that_cannot_be_is_refused(tmp_path: Path, odd: dict[str, object]) -> None:
    with pytest.raises(ValidationError, match=next(iter(odd))):
        Settings.model_validate({"data": tmp_path, **odd})


@pytest.mark.skipif("CUDAExecutionProvider" in ort.get_available_providers(), reason="this ONNX Runtime knows a GPU")
def test_a_gpu_that_is_asked_for_and_is_not_there_is_in_the_log(
    own_library: Path, caplog: pytest.LogCaptureFixture
) -> None:
    galleries = Galleries.open(own_library)
    with Cage(Limits(), 1) as cage, caplog.at_level(logging.WARNING):
        encoders = Encoders(own_library / "backbones", cage, running=Running("gpu"))
        encoders.extractor(galleries.get("demo").active.bundle.manifest)
    galleries.close()
    said = [each.getMessage() for each in caplog.records if each.name == "models.features.graph"]
    assert [each.partition(" runs on the CPU")[0] for each in said] == ["tiny-audio@1", "tiny-video@1"]


@pytest.mark.skipif("CUDAExecutionProvider" in ort.get_available_providers(), reason="this ONNX Runtime knows a GPU")
def test_one_setting_asks_a_gpu_for_encoders_heads_and_vectors(
    own_library: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Which then says of each what it lacks; the search is answered all the same."""
    settings, asked = Settings(data=own_library, device="gpu"), logging.getLogger()
    with caplog.at_level(logging.WARNING, asked.name), Resources.open(settings) as resources:
        gallery = resources.galleries.get("demo")
        text = resources.encoders.text(gallery.active.bundle.manifest).encode(["dog barking"])
        assert gallery.search("text->audio", {"text": text}, k=3)
    said = {each.getMessage().partition(" runs on the CPU")[0] for each in caplog.records}
    assert {"tiny-audio@1", "tiny-video@1", "tiny-text@1", "head 'audio': audio.onnx"} <= said
    assert settings.vectors.device == "gpu"
    assert gallery.active.tables
