"""Which of two modalities to trust: attention weights, their target and what they weigh."""

import torch
from torch import Tensor


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
    log_probabilities = torch.log_softmax(embeddings @ classes.T, dim=1)
    return -(log_probabilities.exp() * log_probabilities).sum(dim=1)


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
