"""A bundle made of classifiers alone: sound and pictures to words, and so to each other, with nothing trained."""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path

import numpy as np

from models.bundle.manifest import EncoderRef, HeadSpec, Manifest, RouteSpec
from models.bundle.runtime import Bundle
from models.bundle.store import save
from models.bundle.words import key
from models.errors import BundleInvalid, QueryInvalid
from models.features.card import BackboneCard, EncoderCard
from models.features.text import TextEncoder
from models.types import F32, Metric, Modality, Sense
from training.classifiers.bridge import TOP, both_head, combination, sense_head, text_head
from training.drafts import drafted

PROMPTS: Mapping[Sense, str] = {"audio": "the sound of {}", "video": "a picture of {}"}
PLACE = "{}"
TOLERANCE = 1e-4
TRIED = 257
BOTH: tuple[Modality, ...] = ("audio", "video")


def bundle_from_classifiers(
    folder: Path,
    backbones: Mapping[Sense, BackboneCard],
    encoder: TextEncoder,
    *,
    prompts: Mapping[Sense, str] = PROMPTS,
    top: int = TOP,
) -> Manifest:
    """Write a bundle over backbones whose features are probabilities of named classes.

    Args:
        prompts: by sense, what stands around a class's name when it is read as words.
        top: how many of the likeliest classes are combined.

    Raises:
        QueryInvalid: no classifier, or a prompt without one `{}`.
        BundleInvalid: a backbone whose card names no classes, or graphs that do not give what numpy does.
        Conflict: there is something at `folder` already.
    """
    text = {sense: class_text(card, encoder, prompts[sense]) for sense, card in _checked(backbones).items()}
    graphs = {"text": text_head(encoder.card.width)}
    graphs |= {sense: sense_head(sense, rows, top=top) for sense, rows in text.items()}
    if len(text) > 1:
        graphs["av"] = both_head(text, top=top)
    manifest = _manifest(folder.name, graphs, backbones, encoder.card)
    manifest = manifest.model_copy(update={"export_difference": _difference(manifest, graphs, text, top=top)})
    save(folder, manifest, graphs, _card(manifest, prompts, top))
    return manifest


def class_text(card: BackboneCard, encoder: TextEncoder, prompt: str) -> F32:
    """[classes, width] the text features of a backbone's classes; raises QueryInvalid for a prompt without a `{}`."""
    if prompt.count(PLACE) != 1:
        raise QueryInvalid(f"the prompt {prompt!r} has {prompt.count(PLACE)} places for a class; expected one {PLACE}")
    return encoder.encode([prompt.replace(PLACE, name) for name in card.classes])


def _checked(backbones: Mapping[Sense, BackboneCard]) -> Mapping[Sense, BackboneCard]:
    if not backbones:
        raise QueryInvalid("found no classifier to make a bundle of")
    if odd := [card.ref for card in backbones.values() if not card.classes]:
        raise BundleInvalid(f"{odd[0]} names no classes; expected a backbone that ends in a classifier")
    return backbones


def _manifest(
    name: str, graphs: Mapping[str, bytes], backbones: Mapping[Sense, BackboneCard], text: EncoderCard
) -> Manifest:
    return Manifest(
        name=name,
        method="conse",
        heads={head: _head(head, graph, text.width) for head, graph in graphs.items()},
        routes=_routes(graphs),
        backbones={sense: EncoderRef.of(card) for sense, card in backbones.items()},
        text_encoder=EncoderRef.of(text),
        seen_classes=(),
        vocabulary=_vocabulary([name for card in backbones.values() for name in card.classes]),
        betas={},
        trained_on="nothing: made of classifiers",
        evaluation={},
        export_difference=0,
    )


def _head(head: str, graph: bytes, dim: int) -> HeadSpec:
    inputs: dict[str, tuple[Modality, ...]] = {"audio": ("audio",), "video": ("video",), "av": BOTH, "text": ("text",)}
    return HeadSpec(file=f"{head}.onnx", inputs=inputs[head], dim=dim, sha256=sha256(graph).hexdigest())


def _routes(heads: Mapping[str, bytes]) -> dict[str, RouteSpec]:
    """Between all heads, those of both senses to text and back alone; of text to text nothing is asked."""
    single = [head for head in heads if head != "av"]
    pairs = [(query, gallery) for query in single for gallery in single if (query, gallery) != ("text", "text")]
    routes = {f"{query}->{gallery}": _route(query, gallery, Metric.COSINE) for query, gallery in pairs}
    both = [("text", "av"), ("av", "text")] if "av" in heads else []
    return routes | {f"{query}->{gallery}": _route(query, gallery, Metric.INNER) for query, gallery in both}


def _route(query: str, gallery: str, metric: Metric) -> RouteSpec:
    return RouteSpec(query=query, gallery=gallery, metric=metric)


def _vocabulary(names: Sequence[str]) -> tuple[str, ...]:
    """Each name once: classifiers share some, and one may have the same name for two classes."""
    return tuple({key(name): name for name in reversed(names)}.values())[::-1]


def _difference(manifest: Manifest, graphs: Mapping[str, bytes], text: Mapping[Sense, F32], *, top: int) -> float:
    """The largest of all senses' heads from numpy, on random probabilities; raises BundleInvalid above 1e-4."""
    with drafted(manifest, graphs) as bundle:
        found = max(_of_head(bundle, sense, rows, top=top) for sense, rows in text.items())
    if not found <= TOLERANCE:  # NaN is over it too
        raise BundleInvalid(f"a head differs from numpy by {found:.1e}, over {TOLERANCE:.0e}")
    return found


def _of_head(bundle: Bundle, sense: Sense, text: F32, *, top: int) -> float:
    probabilities = np.random.default_rng(0).uniform(size=(TRIED, len(text))).astype(np.float32) ** 8
    expected = combination(probabilities, text, top=top)
    return float(np.abs(bundle.embed(sense, {sense: probabilities}) - expected).max())


def _card(manifest: Manifest, prompts: Mapping[Sense, str], top: int) -> str:
    lines = "\n".join(f"- {sense}: {ref.name}, as “{prompts[sense]}”" for sense, ref in manifest.backbones.items())
    return f"""# {manifest.name}

Method: CONSE without training (Norouzi et al., ICLR 2014): the text features of a clip's {top} likeliest classes,
weighted by their probabilities.

{lines}
- text: {manifest.text_encoder.name}

Routes: {", ".join(f"`{route}`" for route in sorted(manifest.routes))}.
Largest difference between numpy and ONNX Runtime: {manifest.export_difference:.1e}.
"""
