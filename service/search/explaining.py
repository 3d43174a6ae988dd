"""Why hits were found, and how probable it is that they show what was asked for."""

from collections.abc import Collection, Sequence
from weakref import WeakKeyDictionary

import numpy as np

from index.clips import Hit
from index.gallery import Gallery
from index.generations import Generation
from index.sigmoids import Chosen
from models.bundle.classification import Classifier
from models.bundle.runtime import Bundle
from models.features.extract import WindowFeatures
from models.types import F32, Sense
from service.encoding.encoders import Encoders
from service.search.explain_schemas import CalibratedBy, Explanation
from service.search.questions import Question
from service.search.reasons import Case, taken_apart


def calibrated_by(gallery: Gallery, generation: Generation, questions: Sequence[Question]) -> Chosen | None:
    """What makes probabilities of a search's scores; None for several queries together, whose scores no pair had."""
    if len(questions) != 1 or questions[0].weight < 0:
        return None
    return gallery.sigmoid(questions[0].route, generation)


def probabilities(chosen: Chosen | None, hits: Sequence[Hit]) -> list[float | None]:
    """Of each hit that it is of the query's class."""
    if chosen is None:
        return [None] * len(hits)
    return list(chosen.sigmoid.sigmoid.of(np.array([each.score for each in hits])).tolist())


class Explainer:
    """Explains the hits of a search; remembers what the text encoder makes of each bundle's vocabulary."""

    def __init__(self, encoders: Encoders) -> None:
        self._encoders = encoders
        self._vocabularies: WeakKeyDictionary[Bundle, F32] = WeakKeyDictionary()

    def explain(
        self, gallery: Gallery, generation: Generation, questions: Sequence[Question], hits: Sequence[Hit]
    ) -> list[Explanation]:
        """One explanation a hit: of a hit that went meanwhile, only what its score says."""
        chosen = calibrated_by(gallery, generation, questions)
        scored = zip(hits, probabilities(chosen, hits), strict=True)
        by = None if chosen is None else CalibratedBy.of(chosen)
        found = [Explanation(probability=probability, calibration=by) for _, probability in scored]
        case = self._case(gallery, generation, questions, hits)
        for row, told in zip(case.places, taken_apart(case), strict=True):
            found[row] = found[row].model_copy(update=told)
        return found

    def _case(
        self, gallery: Gallery, generation: Generation, questions: Sequence[Question], hits: Sequence[Hit]
    ) -> Case:
        route, bundle = questions[0].route, generation.bundle
        senses = generation.table(route).embedding.senses
        known = gallery.still_there([each.window_id for each in hits], generation)
        places = [row for row, hit in enumerate(hits) if _has(known.get(hit.window_id), senses)]
        rows = [known[hits[row].window_id].features for row in places]
        features = {sense: np.array([each[sense] for each in rows], np.float32) for sense in senses if rows}
        return Case(
            bundle=bundle,
            questions=questions,
            places=places,
            scores=np.array([hits[row].score for row in places]),
            features=features,
            windows=_windows(gallery, generation, questions),
            vocabulary=self._vocabulary(bundle),
            is_corrected=any(each.route in generation.biases for each in questions),
        )

    def _vocabulary(self, bundle: Bundle) -> F32:
        """[c, width] the text features of the classes that the bundle chooses from by default."""
        if bundle not in self._vocabularies:
            classifier = Classifier(bundle, self._encoders.text(bundle.manifest))
            self._vocabularies[bundle] = classifier.text_features(bundle.manifest.vocabulary)
        return self._vocabularies[bundle]


def _windows(gallery: Gallery, generation: Generation, questions: Sequence[Question]) -> list[WindowFeatures]:
    """Those of the one clip that was asked with, uploaded or stored, that have what the route reads of it."""
    if len(questions) != 1:
        return []
    question, senses = questions[0], generation.reads(questions[0].route)
    if question.clip is not None:
        found = question.clip.windows
    else:
        there = gallery.still_there(question.windows, generation)
        found = tuple(there[each] for each in sorted(there))
    return [each for each in found if _has(each, senses)]


def _has(window: WindowFeatures | None, senses: Collection[Sense]) -> bool:
    return window is not None and all(each in window.features for each in senses)
