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
    # Euclidean then cosine.
    "PT": (27.75, 22.09, 31.53, (32.07, 34.38)),
    "DSTC": (50.98, 38.31, 38.03, (49.65, 51.67)),
    "CE + PT": (26.68, 22.10, 48.59, (50.65, 49.33)),
    "CE + DSTC": (51.89, 46.49, 46.55, (51.50, 52.12)),
    "CE + PT + DSTC": (51.85, 47.09, 52.31, (55.30, 54.12)),
    "CE + PT + cPT": (27.53, 24.92, 46.86, (49.36, 46.96)),
    "CE + DSTC + cDSTC": (52.16, 46.28, 46.36, (52.56, 51.61)),
    "CE + PT + DSTC + cPT": (51.78, 47.78, 52.15, (55.33, 53.86)),
    "CE + PT + DSTC + cDSTC": (52.22, 46.83, 52.76, (56.72, 54.30)),
    "CE + PT + DSTC + cPT + cDSTC": (52.27, 47.38, 53.49, (56.88, 54.75)),
}
DISTANCES = (("cosine", "cosine"), ("cosine", "euclidean"), ("euclidean", "euclidean"), ("euclidean", "cosine"))
PAIR = ("audio->video", "video->audio")


def _dstc() -> dict[str, Ablation]:
    """DSTC Table 1, on validation clips there: losses, and distances in training and at test."""
    found = {}
    for losses, values in DSTC_TABLE.items():
        kept = {DSTC_LOSSES[each] for each in losses.split(" + ")}
        weights = {term: 0.0 for term in DSTC_LOSSES.values() if term not in kept}
        for (trained, tested), value in zip(DISTANCES, values, strict=True):
            by_direction = value if isinstance(value, tuple) else (value, value)
            routes = {route: MAP(by_sample=each) for route, each in zip(PAIR, by_direction, strict=True)}
            found[f"{losses}, {trained}, {tested}"] = Ablation(
                weights=weights,
                options={"distance": trained, "metric": tested},
                printed_map={"audiosetzsl": routes},
            )
    return found


ABLATIONS = {"cjme": _cjme(), "avgzslnet": _avgzslnet(), "mdir": _mdir(), "dstc": _dstc()}
"""By recipe, then by what counts."""
