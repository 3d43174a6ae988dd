"""The scores of two routes as opinions on which text is a clip's, and the mixture of both."""

from typing import Literal

import numpy as np

from models.types import F32, F64


def log_mixture(first: F32, second: F32, *, share: float, texts: Literal[0, 1]) -> F32:
    """The log-probability of every text for every clip under the mixture of two softmaxes over all texts.

    Args:
        first, second: scores of clips and texts, or of texts and clips.
        share: of the second, in (0, 1).
        texts: the axis along which the texts are.

    Returns:
        Log-probabilities of the same shape.

    Source: the inference of MDIR ("Coordinate and Generalize", 2023): argmax_j beta p_v(j) + (1 - beta) p_a(j).
    """
    of_first, of_second = _log_softmax(first, texts), _log_softmax(second, texts)
    mixture: F64 = np.logaddexp(of_first + np.log1p(-share), of_second + np.log(share))
    return mixture.astype(np.float32)


def _log_softmax(scores: F32, axis: int) -> F64:
    below = scores.astype(np.float64) - scores.max(axis=axis, keepdims=True)
    normalised: F64 = below - np.log(np.exp(below).sum(axis=axis, keepdims=True))
    return normalised
