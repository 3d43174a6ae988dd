"""The methods that can be trained, by name."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter, ValidationError

from models.errors import RecipeInvalid
from models.methods import (
    ale,
    apn,
    avca,
    avgzslnet,
    cca,
    cjme,
    clip_text,
    clipclap,
    conse,
    devise,
    dscmr,
    dstc,
    eszsl,
    fvaegan,
    gcca,
    mdir,
    pretrained,
    projections,
    sae,
    sje,
    tcaf,
    unimodal,
)
from models.methods.base import Method, Task

__all__ = ["METHODS", "MethodSpec", "build", "spec"]


@dataclass(frozen=True, slots=True)
class MethodSpec:
    """A method, what a recipe may choose of it, the names of its terms (none for a closed form), and its paper."""

    build: Callable[[Task, Any], Method]
    options: type[Any]
    terms: tuple[str, ...]
    paper: str


METHODS = {
    "cjme": MethodSpec(
        build=cjme.CJME,
        options=cjme.Options,
        terms=cjme.TERMS,
        paper="Parida et al., Coordinated Joint Multimodal Embeddings for Generalized Audio-Visual Zero-shot "
        "Classification and Retrieval of Videos, WACV 2020, arXiv 1910.08732",
    ),
    "cjme-no-attention": MethodSpec(
        build=cjme.CJMEWithoutAttention,
        options=cjme.OptionsWithoutAttention,
        terms=cjme.TERMS_WITHOUT_ATTENTION,
        paper="CJME without attention, Parida et al., WACV 2020, arXiv 1910.08732",
    ),
    "avgzslnet": MethodSpec(
        build=avgzslnet.AVGZSLNet,
        options=avgzslnet.Options,
        terms=avgzslnet.TERMS,
        paper="Mazumder et al., AVGZSLNet: Audio-Visual Generalized Zero-Shot Learning by Reconstructing Label "
        "Features from Multi-Modal Embeddings, WACV 2021, arXiv 2005.13402",
    ),
    "avgzslnet-attention": MethodSpec(
        build=avgzslnet.AttentiveAVGZSLNet,
        options=avgzslnet.OptionsWithAttention,
        terms=avgzslnet.TERMS_WITH_ATTENTION,
        paper="AVGZSLNet with attention, Mazumder et al., WACV 2021, arXiv 2005.13402",
    ),
    "audio-only": MethodSpec(
        build=unimodal.audio_only,
        options=projections.ProjectionOptions,
        terms=unimodal.TERMS,
        paper="The baseline `audio only` of CJME, WACV 2020, arXiv 1910.08732",
    ),
    "video-only": MethodSpec(
        build=unimodal.video_only,
        options=projections.ProjectionOptions,
        terms=unimodal.TERMS,
        paper="The baseline `video only` of CJME, WACV 2020, arXiv 1910.08732",
    ),
    "concat": MethodSpec(
        build=unimodal.concat,
        options=projections.ProjectionOptions,
        terms=unimodal.TERMS,
        paper="The baseline `concat` of CJME, WACV 2020, arXiv 1910.08732",
    ),
    "pretrained": MethodSpec(
        build=pretrained.Pretrained,
        options=pretrained.Options,
        terms=(),
        paper="The baseline `pre-trained` of CJME, WACV 2020, arXiv 1910.08732",
    ),
    "cca": MethodSpec(
        build=cca.CCA,
        options=cca.Options,
        terms=(),
        paper="Hotelling, Relations Between Two Sets of Variates, Biometrika 1936",
    ),
    "gcca": MethodSpec(
        build=gcca.GCCA,
        options=gcca.Options,
        terms=(),
        paper="Kettenring, Canonical Analysis of Several Sets of Variables, Biometrika 1971",
    ),
    "eszsl": MethodSpec(
        build=eszsl.ESZSL,
        options=eszsl.Options,
        terms=(),
        paper="Romera-Paredes and Torr, An Embarrassingly Simple Approach to Zero-Shot Learning, ICML 2015",
    ),
    "sae": MethodSpec(
        build=sae.SAE,
        options=sae.Options,
        terms=(),
        paper="Kodirov et al., Semantic Autoencoder for Zero-Shot Learning, CVPR 2017, arXiv 1704.08345",
    ),
    "conse": MethodSpec(
        build=conse.CONSE,
        options=conse.Options,
        terms=conse.TERMS,
        paper="Norouzi et al., Zero-Shot Learning by Convex Combination of Semantic Embeddings, ICLR 2014, "
        "arXiv 1312.5650",
    ),
    "devise": MethodSpec(
        build=devise.DeViSE,
        options=devise.Options,
        terms=devise.TERMS,
        paper="Frome et al., DeViSE: A Deep Visual-Semantic Embedding Model, NIPS 2013",
    ),
    "ale": MethodSpec(
        build=ale.ALE,
        options=ale.Options,
        terms=ale.TERMS,
        paper="Akata et al., Label-Embedding for Image Classification, TPAMI 2016, arXiv 1503.08677",
    ),
    "sje": MethodSpec(
        build=sje.SJE,
        options=sje.Options,
        terms=sje.TERMS,
        paper="Akata et al., Evaluation of Output Embeddings for Fine-Grained Image Classification, CVPR 2015, "
        "arXiv 1409.8403",
    ),
    "apn": MethodSpec(
        build=apn.APN,
        options=apn.Options,
        terms=apn.TERMS,
        paper="Xu et al., Attribute Prototype Network for Zero-Shot Learning, NeurIPS 2020, arXiv 2008.08290",
    ),
    "avca": MethodSpec(
        build=avca.AVCA,
        options=avca.Options,
        terms=avca.TERMS,
        paper="Mercea et al., Audio-visual Generalised Zero-shot Learning with Cross-modal Attention and Language, "
        "CVPR 2022, arXiv 2203.03598",
    ),
    "tcaf": MethodSpec(
        build=tcaf.TCAF,
        options=tcaf.Options,
        terms=clip_text.TERMS,
        paper="Mercea et al., Temporal and Cross-modal Attention for Audio-Visual Zero-Shot Learning, ECCV 2022, "
        "arXiv 2207.09966",
    ),
    "clipclap": MethodSpec(
        build=clipclap.ClipClap,
        options=clipclap.Options,
        terms=clip_text.TERMS,
        paper="Kurzendoerfer et al., Audio-Visual Generalized Zero-Shot Learning using Pre-Trained Large "
        "Multi-Modal Models, CVPR Workshops 2024, arXiv 2404.06309",
    ),
    "fvaegan": MethodSpec(
        build=fvaegan.FVAEGAN,
        options=fvaegan.Options,
        terms=fvaegan.TERMS,
        paper="Xian et al., f-VAEGAN-D2: A Feature Generating Framework for Any-Shot Learning, CVPR 2019, "
        "arXiv 1903.10132",
    ),
    "dstc": MethodSpec(
        build=dstc.DSTC,
        options=dstc.Options,
        terms=dstc.TERMS,
        paper="Discriminative Semantic Transitive Consistency for Cross-Modal Learning, 2021, arXiv 2103.14103",
    ),
    "dscmr": MethodSpec(
        build=dscmr.DSCMR,
        options=dscmr.Options,
        terms=dscmr.TERMS,
        paper="Zhen et al., Deep Supervised Cross-Modal Retrieval, CVPR 2019",
    ),
    "mdir": MethodSpec(
        build=mdir.MDIR,
        options=mdir.Options,
        terms=mdir.TERMS,
        paper="Coordinate and Generalize: a Unified Framework for Audio-Visual Zero-Shot Learning (MDIR), 2023",
    ),
}


def spec(name: str) -> MethodSpec:
    """The method of that name; raises RecipeInvalid, naming those there are."""
    if name not in METHODS:
        raise RecipeInvalid(f"there is no method {name!r}; there are {', '.join(sorted(METHODS))}")
    return METHODS[name]


def build(name: str, task: Task, options: Mapping[str, Any]) -> Method:
    """A method with fresh weights from torch's random generator; raises RecipeInvalid on odd options."""
    found = spec(name)
    return found.build(task, checked_options(found, options))


def checked_options(found: MethodSpec, options: Mapping[str, Any]) -> Any:
    """The options of a method from a recipe's; raises RecipeInvalid naming the key that does not fit."""
    try:
        return TypeAdapter(found.options).validate_python(dict(options))
    except ValidationError as error:
        first = error.errors()[0]
        raise RecipeInvalid(f"options.{'.'.join(map(str, first['loc']))}: {first['msg']}") from error
