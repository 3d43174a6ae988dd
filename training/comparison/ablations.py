"""The ablations that papers print: a method with one thing changed, and what its table says came out."""

from typing import Any

from pydantic import Field

from models.bundle.manifest import Frozen
from training.comparison.published import MAP, Figures
from training.recipe import Recipe


class Ablation(Frozen):
    """A recipe with some weights and options changed; what is printed of it, by data set, and by route of mAP."""

    weights: dict[str, float] = Field(default_factory=dict)
    options: dict[str, Any] = Field(default_factory=dict)
    printed: dict[str, Figures] = Field(default_factory=dict)
    printed_map: dict[str, dict[str, MAP]] = Field(default_factory=dict)

    def of(self, recipe: Recipe) -> Recipe:
        """The changed recipe, checked again."""
        changed = {"weights": recipe.weights | self.weights, "options": recipe.options | self.options}
        return Recipe.model_validate(recipe.model_dump() | changed)


def _on_audiosetzsl(s: float, u: float, hm: float) -> dict[str, Figures]:
    return {"audiosetzsl": Figures(S=s, U=u, HM=hm)}


def _cjme() -> dict[str, Ablation]:
    """CJME (arXiv 1910.08732) Table 5."""
    no_pair = {"audio_video": 0.0}
    return {
        "L_TV": Ablation(weights=no_pair, options={"triplets": "video"}, printed=_on_audiosetzsl(1.26, 10.13, 2.24)),
        "L_TA": Ablation(weights=no_pair, options={"triplets": "audio"}, printed=_on_audiosetzsl(3.00, 4.18, 3.49)),
        "L_TA + L_TV": Ablation(weights=no_pair, printed=_on_audiosetzsl(31.20, 28.47, 29.77)),
        "L_AV + L_TV": Ablation(options={"triplets": "video"}, printed=_on_audiosetzsl(30.39, 27.31, 28.76)),
        "L_AV + L_TA": Ablation(options={"triplets": "audio"}, printed=_on_audiosetzsl(30.07, 25.06, 27.33)),
        "all": Ablation(printed=_on_audiosetzsl(33.29, 28.18, 30.53)),
    }


def _cjme_no_attention() -> dict[str, Ablation]:
    """CJME Tables 2 and 4: "audio or video, no attention", by the rule of the lower entropy."""
    printed = {"audiosetzsl": {"text->av": MAP(S=65.74, U=5.09, HM=9.45)}}
    return {
        "by the surer sense": Ablation(
            options={"inference": "surer"}, printed=_on_audiosetzsl(31.72, 26.31, 28.76), printed_map=printed
        )
    }


def _avgzslnet() -> dict[str, Ablation]:
    """AVGZSLNet (arXiv 2005.13402), the ablation of its losses with equal weights at test."""
    printed = {
        "reconstruction": (42.76, 32.88, 37.17),
        "decoded_audio": (46.40, 31.84, 37.77),
        "decoded_video": (45.87, 31.54, 37.38),
        "text_audio": (48.91, 27.65, 35.33),
        "audio_text": (44.28, 29.96, 35.74),
        "text_video": (51.27, 28.54, 36.67),
        "video_text": (45.91, 27.90, 34.71),
    }
    return {
        f"without {term}": Ablation(weights={term: 0.0}, printed=_on_audiosetzsl(*figures))
        for term, figures in printed.items()
    }


GZSL = ("vggsound-gzsl", "ucf-gzsl", "activitynet-gzsl")


def _on_gzsl(*figures: Figures) -> dict[str, Figures]:
    """What is printed of each of `GZSL`, in that order."""
    return dict(zip(GZSL, figures, strict=True))


def _without_sides(*figures: tuple[float, float]) -> dict[str, Figures]:
    """HM and ZSL of each of `GZSL`."""
    return _on_gzsl(*(Figures(HM=hm, ZSL=zsl) for hm, zsl in figures))


def _avca() -> dict[str, Ablation]:
    """AVCA (arXiv 2203.03598), the ablations of modalities, of attention, of outputs and of losses.

    The rows of one branch that is trained alone and with attention are not here: no option trains so.
    """
    return _avca_branches() | _avca_outputs() | _avca_losses()


def _avca_branches() -> dict[str, Ablation]:
    def apart(output: str, printed: dict[str, Figures]) -> Ablation:
        return Ablation(options={"branches": "separate", "output": output}, printed=printed)

    by_pictures = (
        Figures(S=7.02, U=3.68, HM=4.83, ZSL=4.06),
        Figures(S=50.18, U=13.21, HM=20.92, ZSL=14.16),
        Figures(S=11.80, U=5.53, HM=7.53, ZSL=6.49),
    )
    by_sound = (
        Figures(S=7.74, U=2.55, HM=3.84, ZSL=3.83),
        Figures(S=12.99, U=10.78, HM=11.78, ZSL=10.78),
        Figures(S=4.56, U=3.87, HM=4.19, ZSL=4.06),
    )
    return {
        "pictures alone": apart("video", _on_gzsl(*by_pictures)),
        "sound alone": apart("audio", _on_gzsl(*by_sound)),
        "without attention": apart("both", _without_sides((6.02, 4.81), (26.82, 18.37), (6.50, 5.64))),
    }


def _avca_outputs() -> dict[str, Ablation]:
    printed = {
        "audio": ((5.18, 4.87), (25.98, 18.25), (12.54, 9.23)),
        "both": ((5.90, 5.42), (25.78, 19.30), (12.17, 8.95)),
        "nearer": ((6.10, 5.36), (25.86, 18.39), (12.45, 9.08)),
    }
    return {
        f"output {output}": Ablation(options={"output": output}, printed=_without_sides(*figures))
        for output, figures in printed.items()
    }


def _avca_losses() -> dict[str, Ablation]:
    printed = {
        "triplet_own": ((5.06, 4.84), (18.51, 19.17), (8.39, 9.54)),
        "reconstruction": ((5.92, 5.22), (24.32, 17.20), (9.59, 6.93)),
        "triplet_decoded": ((6.31, 4.87), (17.88, 17.51), (11.20, 8.99)),
        "triplet_across": ((5.18, 4.93), (20.75, 16.41), (9.08, 8.00)),
        "regularisation": ((6.24, 4.43), (21.31, 14.02), (11.14, 7.94)),
    }
    found = {
        f"without {term}": Ablation(weights={term: 0.0}, printed=_without_sides(*figures))
        for term, figures in printed.items()
    }
    # L_REC, L_CTA and L_CTV, and L_TA, L_AT, L_TV and L_VT are `reconstruction`, `triplet_decoded`, `triplet_across`.
    found["the losses of AVGZSLNet"] = Ablation(
        weights={"triplet_own": 0.0, "regularisation": 0.0},
        printed=_without_sides((4.88, 4.55), (19.38, 12.95), (11.58, 8.40)),
    )
    return found


def _mdir() -> dict[str, Ablation]:
    """MDIR, the ablation of its losses."""
    return {
        "L_CLS": Ablation(
            weights={"distillation": 0.0, "mask": 0.0},
            printed={
                "activitynet-gzsl": Figures(S=23.81, U=5.06, HM=8.35, ZSL=5.93),
                "ucf-gzsl": Figures(S=56.09, U=15.54, HM=24.34, ZSL=15.87),
                "vggsound-gzsl": Figures(S=15.46, U=3.62, HM=5.87, ZSL=4.17),
            },
        ),
        "L_CLS + L_KD": Ablation(
            weights={"mask": 0.0},
            printed={
                "activitynet-gzsl": Figures(S=23.65, U=7.79, HM=11.72, ZSL=8.47),
                "ucf-gzsl": Figures(S=66.94, U=22.49, HM=33.67, ZSL=23.56),
                "vggsound-gzsl": Figures(S=15.70, U=4.32, HM=6.76, ZSL=4.81),
            },
        ),
    }


DSTC_LOSSES = {
    "CE": "cross_entropy",
    "PT": "pointwise",
    "DSTC": "transitive",
    "cPT": "cyclic_pointwise",
    "cDSTC": "cyclic_transitive",
}
DSTC_TABLE = {
    # Both directions' mean: trained and tested by cosine; cosine, Euclidean; Euclidean twice; and, by direction,
    # Euclidean then cosine, over all queries and averaged by class.
    "PT": (27.75, 22.09, 31.53, ((32.07, 25.14), (34.38, 25.73))),
    "DSTC": (50.98, 38.31, 38.03, ((49.65, 35.43), (51.67, 37.56))),
    "CE + PT": (26.68, 22.10, 48.59, ((50.65, 41.00), (49.33, 41.21))),
    "CE + DSTC": (51.89, 46.49, 46.55, ((51.50, 36.17), (52.12, 36.98))),
    "CE + PT + DSTC": (51.85, 47.09, 52.31, ((55.30, 43.51), (54.12, 42.53))),
    "CE + PT + cPT": (27.53, 24.92, 46.86, ((49.36, 39.77), (46.96, 39.83))),
    "CE + DSTC + cDSTC": (52.16, 46.28, 46.36, ((52.56, 37.62), (51.61, 36.31))),
    "CE + PT + DSTC + cPT": (51.78, 47.78, 52.15, ((55.33, 43.27), (53.86, 42.63))),
    "CE + PT + DSTC + cDSTC": (52.22, 46.83, 52.76, ((56.72, 44.55), (54.30, 42.68))),
    "CE + PT + DSTC + cPT + cDSTC": (52.27, 47.38, 53.49, ((56.88, 44.33), (54.75, 43.03))),
}
DISTANCES = (("cosine", "cosine"), ("cosine", "euclidean"), ("euclidean", "euclidean"), ("euclidean", "cosine"))
PAIR = ("audio->video", "video->audio")


def _dstc() -> dict[str, Ablation]:
    """DSTC Table 1, on validation clips there: losses, and distances in training and at test.

    Where only the mean of both directions is printed, it stands beside either.
    """
    found = {}
    for losses, values in DSTC_TABLE.items():
        kept = {DSTC_LOSSES[each] for each in losses.split(" + ")}
        weights = {term: 0.0 for term in DSTC_LOSSES.values() if term not in kept}
        for (trained, tested), value in zip(DISTANCES, values, strict=True):
            by_direction = value if isinstance(value, tuple) else ((value, None), (value, None))
            routes = {
                route: MAP(by_sample=by_sample, by_class=by_class)
                for route, (by_sample, by_class) in zip(PAIR, by_direction, strict=True)
            }
            found[f"{losses}, {trained}, {tested}"] = Ablation(
                weights=weights,
                options={"distance": trained, "metric": tested},
                printed_map={"audiosetzsl-seen": routes},
            )
    return found


ABLATIONS = {
    "cjme": _cjme(),
    "cjme-no-attention": _cjme_no_attention(),
    "avgzslnet": _avgzslnet(),
    "avca": _avca(),
    "mdir": _mdir(),
    "dstc": _dstc(),
}
"""By recipe, then by what counts."""
