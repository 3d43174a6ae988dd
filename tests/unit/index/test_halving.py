"""A bundle in float16, where it still finds what the bundle finds."""

import json
from contextlib import closing
from pathlib import Path

import numpy as np
import onnx
import pytest

from index.galleries import Galleries
from index.gallery import Gallery
from index.halving import Halves, halve
from models.bundle.graphs import check_graph
from models.bundle.halving import halved
from models.bundle.runtime import Bundle
from models.bundle.store import load_manifest
from models.errors import BundleInvalid, Conflict, GalleryNotFound, GenerationWorse, InvalidInput
from models.features.extract import ClipFeatures, WindowFeatures
from models.types import F32, Window
from sightsound.cli import run
from tests.tiny.bundles import HEADS, tiny_bundle
from tests.unit.index.world import library

CLIPS = 40


def filled(folder: Path, rows: F32, *, seed: int = 0) -> None:
    """A data folder with the gallery "demo" of a clip for each row [n, 16]: its sound, then its pictures."""
    with closing(library(folder)) as galleries:
        gallery = galleries.create("demo", "tiny")
        for number, row in enumerate(rows):
            path = folder / f"{number}.mp4"
            path.write_bytes(f"{seed} {number}".encode())
            window = WindowFeatures(Window(0, 1), {"audio": row[:8], "video": row[8:]}, {})
            gallery.add(path, name=path.name, labels=[], features=ClipFeatures(1.0, (window,)))


def drawn(*, spread: float = 1.0) -> F32:
    return (1 + spread * np.random.default_rng(0).normal(size=(CLIPS, 16))).astype(np.float32)


def made(folder: Path, *, least: float = 0.9) -> Halves:
    with closing(Galleries.open(folder)) as galleries:
        return halve(galleries.stores, "tiny", gallery="demo", name="half", least=least)[1]


def test_every_product_of_a_head_is_in_float16_and_nothing_else(tmp_path: Path) -> None:
    tiny_bundle(tmp_path / "tiny")
    for head in HEADS:
        content = halved((tmp_path / "tiny" / f"{head}.onnx").read_bytes())
        check_graph(content, head=head)
        graph = onnx.shape_inference.infer_shapes(onnx.load_from_string(content)).graph
        kinds = {
            each.name: each.type.tensor_type.elem_type for each in (*graph.value_info, *graph.output, *graph.input)
        }
        kinds |= {each.name: each.data_type for each in graph.initializer}
        for node in graph.node:
            if node.op_type != "Cast":
                of_products = node.op_type == "MatMul"
                assert {kinds[each] == onnx.TensorProto.FLOAT16 for each in node.output} == {of_products}, node.op_type


def test_what_is_made_finds_the_same_says_how_well_and_can_be_served(tmp_path: Path) -> None:
    filled(tmp_path, drawn())
    found = made(tmp_path)
    manifest, exact = (load_manifest(tmp_path / "bundles" / name) for name in ("half", "tiny"))
    assert set(found.shares) == {"text->audio", "text->video", "text->av", "audio->video", "video->audio"}
    assert 0 < found.difference < 0.05
    assert manifest.evaluation == {f"float16 finds, {route}": share for route, share in found.shares.items()}
    assert manifest.export_difference == found.difference
    assert "| text->audio | " in (tmp_path / "bundles" / "half" / "card.md").read_text()
    spaces = {each.space(route) for each in (manifest, exact) for route in each.routes.values()}
    assert len(spaces) == 2 * len({exact.space(route) for route in exact.routes.values()})
    with closing(Galleries.open(tmp_path)) as galleries:
        gallery = galleries.get("demo")
        gallery.reindex("half")
        assert gallery.active.bundle.name == "half"
        assert _best(gallery) is not None


def _best(gallery: Gallery) -> str | None:
    hits = gallery.search("text->audio", {"text": np.ones((1, 8), np.float32)[0]}, k=1)
    return hits[0].clip_id if hits else None


def test_one_that_finds_others_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    """Clips as near to each other as float16's numbers are."""
    filled(tmp_path, drawn(spread=2**-11))
    with pytest.raises(GenerationWorse, match=r"of the 10 best hits by .*->.*, 0\.\d+ would be the same as now"):
        made(tmp_path)
    assert sorted(path.name for path in (tmp_path / "bundles").iterdir()) == ["other", "tiny"]


def test_a_head_that_overflows_is_refused(tmp_path: Path) -> None:
    filled(tmp_path, np.full((3, 16), 60_000, np.float32))
    with pytest.raises(BundleInvalid, match=r"head '.*' overflows in float16"):
        made(tmp_path)


def test_what_is_not_there_or_is_there_already_is_refused(tmp_path: Path) -> None:
    filled(tmp_path, drawn()[:0])
    with closing(Galleries.open(tmp_path)) as galleries:
        with pytest.raises(InvalidInput, match="no window with audio"):
            halve(galleries.stores, "tiny", gallery="demo", name="half")
        with pytest.raises(GalleryNotFound):
            halve(galleries.stores, "tiny", gallery="none", name="half")
    filled_before = tmp_path / "more"
    filled(filled_before, drawn())
    made(filled_before)
    with pytest.raises(Conflict):
        made(filled_before)


def test_a_command_makes_it_and_tells_the_shares(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    filled(tmp_path, drawn())
    command = ["bundle", "halve", "tiny", "--gallery", "demo", "--recall", "0.9", "--data", str(tmp_path), "--json"]
    assert run(command) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["bundle"] == "tiny-float16"
    assert min(told["same_hits"].values()) >= 0.9
    assert Bundle.open(tmp_path / "bundles" / "tiny-float16").manifest.evaluation
    assert run(command) == 2
    assert "there is a bundle 'tiny-float16'" in capsys.readouterr().err
