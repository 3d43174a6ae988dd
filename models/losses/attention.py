"""Which of two modalities to trust: attention weights, their target and what they weigh."""

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from models.losses.distances import mean_squared

NEAREST = 1e-6
"""No distance is taken to be less, so that its inverse is finite."""

SUREST = 1e-6
"""No weight is taken to be nearer to 0 or 1, so that its logarithm is finite."""


def entropy(embeddings: Tensor, classes: Tensor) -> Tensor:
    """How undecided each embedding is among classes: entropy, in nats, of a softmax over inner products.

    Args:
        embeddings: [b, d].
        classes: [c, d] embeddings of the class texts.

    Returns:
        [b] in [0, log c].

    Source: e_x of CJME (arXiv 1910.08732), for eq. 7; the softmax of inner products, in place of normalised
    inverse distances, is from the version behind the AVCA paper's tables.
    """
    return _entropy(embeddings @ classes.T)


def entropy_of_inverse_distances(embeddings: Tensor, classes: Tensor) -> Tensor:
    """How undecided each embedding is among classes: entropy, in nats, of the inverse distances over their sum.

    Args:
        embeddings: [b, d].
        classes: [c, d] embeddings of the class texts.

    Returns:
        [b] in [0, log c].

    Source: e_x of CJME (arXiv 1910.08732), for eq. 7: 1/d(x, t_c) for all classes, l1-normalised.
    """
    # In float64: the difference of large squares leaves nothing of a small distance in float32.
    left, right = embeddings.double(), classes.double()
    squares = left.square().sum(dim=1)[:, None] + right.square().sum(dim=1) - 2 * left @ right.T
    # A softmax over log(1/d) is 1/d over its sum.
    return _entropy(-squares.clamp(min=NEAREST**2).log() / 2).to(embeddings.dtype)


def attention_target(audio_entropy: Tensor, video_entropy: Tensor, *, gap: float) -> Tensor:
    """The weight that video should have: 1 where it is the surer one by more than `gap`, 0 where sound is.

    Args:
        audio_entropy: [b] in nats.
        video_entropy: [b] in nats, same order.

    Returns:
        [b] of 0, 0.5 (neither is surer by `gap`) and 1.

    Source: CJME (arXiv 1910.08732) eq. 7 by its text; the printed signs are the other way round.
    """
    surer_video = (audio_entropy - video_entropy > gap).to(audio_entropy.dtype)
    surer_audio = (video_entropy - audio_entropy > gap).to(audio_entropy.dtype)
    return (1 + surer_video - surer_audio) / 2


def attention_squared(video_weight: Tensor, target: Tensor) -> Tensor:
    """How far predicted weights are from their target: the mean squared difference, a scalar.

    Args:
        video_weight: [b] in [0, 1].
        target: [b] in [0, 1], same order.

    Source: the version of CJME behind the AVCA paper's tables.
    """
    return mean_squared(video_weight, target)


def attention_cross_entropy(video_weight: Tensor, target: Tensor) -> Tensor:
    """How far predicted weights are from their target: the mean cross-entropy in nats, a scalar.

    Args:
        video_weight: [b] in [0, 1]; counts as no nearer to the ends than `SUREST`.
        target: [b] in [0, 1]; 0.5, where neither modality is surer, is a soft target.

    Source: CJME (arXiv 1910.08732), the loss on the attention, towards eq. 7.
    """
    return binary_cross_entropy_with_logits(video_weight.float().logit(eps=SUREST), target.float())


def weighed_by_batch(audio_losses: Tensor, video_losses: Tensor, video_weight: Tensor) -> Tensor:
    """The losses of both modalities, weighed by the batch's mean attention: a scalar.

    Args:
        audio_losses: [b].
        video_losses: [b].
        video_weight: [b] in [0, 1]; audio weighs 1 - video_weight.

    Source: the version of CJME behind the AVCA paper's tables. It multiplies [b, 1] weights by [b] losses,
    which makes a [b, b] matrix whose mean is this.
    """
    weight = video_weight.mean()
    return (1 - weight) * audio_losses.mean() + weight * video_losses.mean()


def weighed_by_sample(audio_losses: Tensor, video_losses: Tensor, video_weight: Tensor) -> Tensor:
    """The losses of both modalities, each sample's weighed by its own attention, averaged: a scalar.

    Args:
        audio_losses: [b].
        video_losses: [b].
        video_weight: [b] in [0, 1]; audio weighs 1 - video_weight.

    Source: CJME (arXiv 1910.08732), the full objective with attention.
    """
    return ((1 - video_weight) * audio_losses + video_weight * video_losses).mean()


def weighed_equally(audio_losses: Tensor, video_losses: Tensor) -> Tensor:
    """The losses of both modalities, each weighing a half, averaged: a scalar.

    Args:
        audio_losses: [b].
        video_losses: [b].

    Source: CJME (arXiv 1910.08732), the full objective without attention, alpha_a and alpha_v being constant. The
    constant is not given; a half makes them sum to 1, as they do with attention.
    """
    return (audio_losses.mean() + video_losses.mean()) / 2


def _entropy(scores: Tensor) -> Tensor:
    """Of a softmax over each row of [b, c]: [b] in nats."""
    log_probabilities = torch.log_softmax(scores, dim=1)
    return -(log_probabilities.exp() * log_probabilities).sum(dim=1)
