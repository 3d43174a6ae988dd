"""A bundle of pre-trained shared spaces alone: words to pictures, words to sound, and back, with nothing trained."""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path

import numpy as np

from models.bundle.manifest import EncoderRef, HeadSpec, Manifest, RouteSpec
from models.bundle.runtime import Bundle
from models.bundle.store import save
from models.errors import BundleInvalid, QueryInvalid
from models.features.card import BackboneCard, EncoderCard, TextCard
from models.types import F32, Metric, Modality, Sense
from training.drafts import drafted
from training.hub.heads import Columns, both_head, both_text_head, sense_head, text_head, unit

METHOD = "pretrained"
TOLERANCE = 1e-4
TRIED = 257
BOTH: tuple[Modality, ...] = ("audio", "video")
INPUTS: Mapping[str, tuple[Modality, ...]] = {"audio": ("audio",), "video": ("video",), "av": BOTH}
METRICS: Mapping[str, Metric] = {"audio": Metric.COSINE, "video": Metric.COSINE, "av": Metric.INNER}


def bundle_from_pretrained(
    folder: Path,
    backbones: Mapping[Sense, BackboneCard],
    text: TextCard,
    columns: Mapping[Sense, Columns],
    *,
    vocabulary: Sequence[str] = (),
) -> Manifest:
    """Write a bundle over backbones whose spaces are those of parts of a text feature.

    Args:
        columns: by sense, which columns of the text feature share its space.
        vocabulary: class names to choose from where none are asked for.

    Raises:
        QueryInvalid: no backbone.
        BundleInvalid: columns that are not as wide as the sense's feature, or graphs that do not give what numpy does.
        Conflict: there is something at `folder` already.
    """
    _check(backbones, text, columns)
    graphs, widths = _graphs(backbones, text, columns)
    manifest = _manifest(folder.name, graphs, widths, backbones, text, vocabulary)
    difference = _difference(manifest, graphs, columns)
    manifest = manifest.model_copy(update={"export_difference": difference})
    save(folder, manifest, graphs, _card(manifest))
    return manifest


def _check(backbones: Mapping[Sense, BackboneCard], text: EncoderCard, columns: Mapping[Sense, Columns]) -> None:
    if not backbones:
        raise QueryInvalid("found no backbone to make a bundle of")
    for sense, card in backbones.items():
        start, end = columns[sense]
        if not 0 <= start < end <= text.width or end - start != card.width:
            raise BundleInvalid(
                f"{card.ref} is {card.width} wide; found columns {start} to {end} of {text.width} of {text.ref}"
            )


def _graphs(
    backbones: Mapping[Sense, BackboneCard], text: EncoderCard, columns: Mapping[Sense, Columns]
) -> tuple[dict[str, bytes], dict[str, int]]:
    """The heads by name, of each channel and of the text beside it, and how wide the channels are."""
    graphs: dict[str, bytes] = {}
    widths: dict[str, int] = {}
    for sense, card in backbones.items():
        graphs |= {sense: sense_head(sense, card.width), f"text_{sense}": text_head(columns[sense], text.width)}
        widths[sense] = card.width
    if len(backbones) > 1:
        wide = {sense: card.width for sense, card in backbones.items()}
        graphs |= {"av": both_head(wide), "text_av": both_text_head(columns, text.width)}
        widths["av"] = sum(wide.values())
    return graphs, widths


def _manifest(
    name: str,
    graphs: Mapping[str, bytes],
    widths: Mapping[str, int],
    backbones: Mapping[Sense, BackboneCard],
    text: EncoderCard,
    vocabulary: Sequence[str],
) -> Manifest:
    return Manifest(
        name=name,
        method=METHOD,
        heads={head: _head(head, graph, widths[head.removeprefix("text_")]) for head, graph in graphs.items()},
        routes=_routes(list(widths)),
        backbones={sense: EncoderRef.of(card) for sense, card in backbones.items()},
        text_encoder=EncoderRef.of(text),
        seen_classes=(),
        vocabulary=tuple(vocabulary),
        betas={},
        trained_on="nothing here: made of pre-trained shared spaces",
        evaluation={},
        export_difference=0,
    )


def _head(head: str, graph: bytes, dim: int) -> HeadSpec:
    inputs = INPUTS.get(head, ("text",))
    return HeadSpec(file=f"{head}.onnx", inputs=inputs, dim=dim, sha256=sha256(graph).hexdigest())


def _routes(channels: Sequence[str]) -> dict[str, RouteSpec]:
    """Between text and every channel. Sound and pictures share no space: there is no route between the two."""
    to = {f"text->{each}": RouteSpec(query=f"text_{each}", gallery=each, metric=METRICS[each]) for each in channels}
    back = {f"{each}->text": RouteSpec(query=each, gallery=f"text_{each}", metric=METRICS[each]) for each in channels}
    return to | back


def _difference(manifest: Manifest, graphs: Mapping[str, bytes], columns: Mapping[Sense, Columns]) -> float:
    """The largest of all heads from numpy, on random features; raises BundleInvalid above 1e-4."""
    with drafted(manifest, graphs) as bundle:
        features = _random_features(bundle)
        expected = _expected(features, columns)
        found = max(float(np.abs(bundle.embed(head, features) - expected[head]).max()) for head in graphs)
    if not found <= TOLERANCE:  # NaN is over it too
        raise BundleInvalid(f"a head differs from numpy by {found:.1e}, over {TOLERANCE:.0e}")
    return found


def _random_features(bundle: Bundle) -> dict[Modality, F32]:
    numbers = np.random.default_rng(0)
    read: list[Modality] = [*bundle.manifest.backbones, "text"]
    return {each: numbers.standard_normal((TRIED, bundle.width(each))).astype(np.float32) for each in read}


def _expected(features: Mapping[Modality, F32], columns: Mapping[Sense, Columns]) -> dict[str, F32]:
    """What every head makes of features, in numpy."""
    senses = {sense: unit(features[sense]) for sense in columns}
    texts = {sense: unit(features["text"][:, start:end]) for sense, (start, end) in columns.items()}
    found: dict[str, F32] = {sense: rows for sense, rows in senses.items()}
    found |= {f"text_{sense}": rows for sense, rows in texts.items()}
    found["av"] = np.concatenate([rows * np.float32(0.5) for rows in senses.values()], axis=1)
    found["text_av"] = np.concatenate(list(texts.values()), axis=1)
    return found


def _card(manifest: Manifest) -> str:
    lines = "\n".join(f"- {sense}: {ref.name}" for sense, ref in manifest.backbones.items())
    return f"""# {manifest.name}

Pre-trained shared spaces, with nothing trained: a cosine in each, the mean of both where there are two.

{lines}
- text: {manifest.text_encoder.name}

Routes: {", ".join(f"`{route}`" for route in sorted(manifest.routes))}. Sound and pictures share no space.
Largest difference between numpy and ONNX Runtime: {manifest.export_difference:.1e}.
"""
