"""What a manifest says of probabilities; manifests of before say nothing."""

import json
from pathlib import Path

import pytest

from models.bundle.reading import MANIFEST
from models.bundle.store import load_manifest, save
from models.errors import BundleInvalid
from models.probability import RouteSigmoid
from tests.tiny.bundles import tiny_bundle

FITTED = RouteSigmoid(
    slope=1.5,
    intercept=-2.0,
    queries=33,
    pairs=990,
    base_rate=0.03,
    log_loss=0.05,
    error=0.01,
    hits_error=0.1,
    fitted_on="30 validation clips",
)


def test_what_was_fitted_is_read_as_it_was_written(tmp_path: Path) -> None:
    made = tiny_bundle(tmp_path / "tiny").model_copy(update={"probabilities": {"text->audio": FITTED}})
    graphs = {name: (tmp_path / "tiny" / head.file).read_bytes() for name, head in made.heads.items()}
    save(tmp_path / "fitted", made, graphs, "")
    assert load_manifest(tmp_path / "fitted").probabilities == {"text->audio": FITTED}


def test_a_manifest_of_before_loads(tmp_path: Path) -> None:
    tiny_bundle(tmp_path / "tiny")
    path = tmp_path / "tiny" / MANIFEST
    told = json.loads(path.read_bytes())
    del told["probabilities"]
    path.write_text(json.dumps(told))
    assert load_manifest(tmp_path / "tiny").probabilities == {}


@pytest.mark.parametrize(
    ("route", "change", "words"),
    [
        ("text->smell", {}, "probabilities of .'text->smell'.; the bundle has"),
        ("text->audio", {"slope": -1.0}, "probabilities.text->audio.slope"),
        ("text->audio", {"intercept": float("nan")}, "finite"),
        ("text->audio", {"base_rate": 1.0}, "less than 1"),
        ("text->audio", {"odd": 1}, "odd"),
    ],
)
def test_what_no_fit_gives_is_refused(tmp_path: Path, route: str, change: dict[str, float], words: str) -> None:
    tiny_bundle(tmp_path / "tiny")
    path = tmp_path / "tiny" / MANIFEST
    told = json.loads(path.read_bytes())
    told["probabilities"] = {route: FITTED.model_dump() | change}
    path.write_text(json.dumps(told))
    with pytest.raises(BundleInvalid, match=words):
        load_manifest(tmp_path / "tiny")
