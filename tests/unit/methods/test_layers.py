"""The layers that methods share."""

import pytest
import torch
from torch import nn

from models.layers import PairedClip, PairedText, projection


def test_the_paired_inner_product_is_minus_the_weighted_squared_distances() -> None:
    numbers = torch.Generator().manual_seed(0)
    audio, video, text = (torch.randn(4, 6, generator=numbers) for _ in range(3))
    weights = torch.rand(4, 2, generator=numbers)
    product = PairedClip()(audio, video, weights) @ PairedText(nn.Identity())(text).T
    for clip in range(4):
        for word in range(4):
            of_audio = (audio[clip] - text[word]).square().sum() * weights[clip, 0]
            of_video = (video[clip] - text[word]).square().sum() * weights[clip, 1]
            assert product[clip, word].item() == pytest.approx(-(of_audio + of_video).item(), rel=1e-4)


def test_a_projection_ends_in_relu_only_where_asked() -> None:
    torch.manual_seed(0)
    features = torch.randn(32, 5)
    plain = projection(width=5, hidden=8, out=4, dropout=0)(features)
    clipped = projection(width=5, hidden=8, out=4, dropout=0, last="relu")(features)
    assert plain.min() < 0
    assert clipped.min() == 0


def test_a_projection_without_batch_norm_has_none_and_is_otherwise_the_same() -> None:
    kinds = [type(each) for each in projection(width=5, hidden=8, out=4, dropout=0.5, normalised="none")]
    normed = [type(each) for each in projection(width=5, hidden=8, out=4, dropout=0.5)]
    assert kinds == [nn.Linear, nn.ReLU, nn.Dropout, nn.Linear]
    assert normed == [nn.Linear, nn.BatchNorm1d, *kinds[1:]]


def test_dropout_acts_in_training_only() -> None:
    torch.manual_seed(0)
    network = projection(width=5, hidden=64, out=4, dropout=0.5)
    features = torch.randn(8, 5)
    assert not torch.equal(network(features), network(features))
    network.eval()
    assert torch.equal(network(features), network(features))
