"""The layers that AVCA and its kin are made of: normalised by groups, with quick dropout, and two tokens' attention."""

import copy

import pytest
import torch
from torch import Tensor, nn

from models.errors import RecipeInvalid
from models.layers import STEPS, Block, CrossAttention, Dropout, Rectified, block1, block2
from tests.tiny.samples import random


def plain(block: Block) -> nn.Sequential:
    """The same layers of torch's own modules, one operation after the other."""
    made = nn.Sequential(*(copy.deepcopy(each) for each in block))
    for number, each in enumerate(made):
        if isinstance(each, Dropout):
            made[number] = nn.Identity()
    return made


def random_block(**options: float) -> Block:
    """Of two layers, with weights and biases of batch norms that are not 1 and 0."""
    torch.manual_seed(0)
    made = block2(width=4, hidden=6, out=3, dropout=options.get("dropout", 0.0), momentum=0.3)
    with torch.no_grad():
        for number, each in enumerate(made.parameters()):
            each.add_(random(*each.shape, seed=number) / 2)
    return made


@pytest.mark.parametrize("groups", [1, 2, 5])
def test_groups_are_normalised_as_in_calls_of_their_own_one_after_the_other(groups: int) -> None:
    ours = random_block()
    apart = plain(ours)
    features = random(8, groups, 4).requires_grad_()
    copied = features.detach().clone().requires_grad_()
    weights = random(8, groups, 3, seed=3)
    found = ours(features)
    expected = torch.stack([apart(copied[:, group]) for group in range(groups)], dim=1)
    torch.testing.assert_close(found, expected)
    torch.autograd.backward((found * weights).sum())
    torch.autograd.backward((expected * weights).sum())
    torch.testing.assert_close(features.grad, copied.grad, rtol=1e-4, atol=1e-5)
    for one, other in zip(ours.parameters(), apart.parameters(), strict=True):
        torch.testing.assert_close(one.grad, other.grad, rtol=1e-4, atol=1e-5)
    for counted, expected in zip(ours.buffers(), apart.buffers(), strict=True):
        if counted.is_floating_point():
            torch.testing.assert_close(counted, expected)


def test_rows_without_groups_are_one_group() -> None:
    features = random(8, 4)
    torch.testing.assert_close(random_block()(features), random_block()(features[:, None])[:, 0], rtol=0, atol=0)


def test_gradients_are_those_of_finite_differences() -> None:
    dropout = Dropout(0.4)

    def rectified(features: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        torch.manual_seed(1)  # the same numbers dropped every time
        out: Tensor = Rectified.apply(features, weight, bias, 1e-5, dropout)[0]  # type: ignore[no-untyped-call]
        return out

    given = (random(6, 2, 3).double(), random(3, seed=1).double(), random(3, seed=2).double())
    assert torch.autograd.gradcheck(rectified, tuple(each.requires_grad_() for each in given))


def test_a_block_drops_its_share_and_scales_up_the_rest() -> None:
    torch.manual_seed(0)
    made, features = block1(width=4, out=200, dropout=0.25), random(500, 4)
    torch.manual_seed(1)
    found = made(features)
    whole = plain(made)(features)
    dropped = (found == 0) & (whole > 0)
    assert (dropped.sum() / (whole > 0).sum()).item() == pytest.approx(0.25, abs=0.01)
    torch.testing.assert_close(found[~dropped], whole[~dropped] / 0.75, rtol=1e-4, atol=1e-6)


def test_a_block_in_evaluation_normalises_rows_by_running_statistics() -> None:
    torch.manual_seed(0)
    made = block2(width=4, hidden=6, out=3, dropout=0.5, momentum=0.7)
    made(random(9, 2, 4))
    made.eval()
    rows = random(5, 4, seed=1)
    torch.testing.assert_close(made(rows), torch.cat([made(row[None]) for row in rows]))


def test_only_the_last_batch_norm_of_a_block_of_two_has_the_given_momentum() -> None:
    made = block2(width=4, hidden=6, out=3, dropout=0.5, momentum=0.7)
    assert [each.momentum for each in made if isinstance(each, nn.BatchNorm1d)] == [0.1, 0.7]
    assert next(each.momentum for each in block1(width=4, out=3, dropout=0) if isinstance(each, nn.BatchNorm1d)) == 0.1


@pytest.mark.parametrize("share", [0.1, 0.2, 0.5, 0.9])
def test_dropout_drops_its_share_and_keeps_the_mean(share: float) -> None:
    torch.manual_seed(0)
    found = Dropout(share)(torch.ones(250, 401))
    dropped = found == 0
    # Five standard deviations of 100,250 draws.
    assert dropped.double().mean().item() == pytest.approx(share, abs=5 * (share * (1 - share) / 100_250) ** 0.5)
    kept = found[~dropped]
    assert kept.unique().numel() == 1
    assert kept[0].item() == pytest.approx(1 / (1 - share), rel=1e-3)


def test_dropout_scales_by_exactly_what_it_drops() -> None:
    rounded = Dropout(0.3).steps / STEPS
    assert rounded == pytest.approx(0.3, abs=0.5 / STEPS)
    kept = Dropout(0.3)(torch.ones(1000))
    assert kept.max().item() == pytest.approx(1 / (1 - rounded), rel=1e-6)


def test_dropout_drops_numbers_and_rows_independently() -> None:
    torch.manual_seed(0)
    dropped = (Dropout(0.5)(torch.ones(4096, 16)) == 0).double()
    correlations = torch.corrcoef(dropped.T)
    assert (correlations - torch.eye(16)).abs().max() < 0.08  # five standard deviations: 5 / sqrt(4096)
    assert dropped.mean(dim=1).std().item() == pytest.approx(0.125, abs=0.01)  # sqrt(16) / 2 / 16


@pytest.mark.parametrize("count", [1, 2, 3, 5, 7])
def test_any_number_of_numbers_can_be_dropped(count: int) -> None:
    torch.manual_seed(0)
    assert set(Dropout(0.5)(torch.ones(count, 1)).flatten().tolist()) <= {0.0, 2.0}


def test_dropout_passes_gradients_of_what_it_keeps_and_draws_by_torch_s_seed() -> None:
    features = torch.ones(40, 3, requires_grad=True)
    torch.manual_seed(5)
    found = Dropout(0.5)(features)
    torch.autograd.backward(found.sum())
    assert features.grad is not None
    assert torch.equal(features.grad, found.detach())
    torch.manual_seed(5)
    assert torch.equal(Dropout(0.5)(features), found)
    assert not torch.equal(Dropout(0.5)(features), found)


@pytest.mark.parametrize("share", [0.0, 0.5])
def test_dropout_is_nothing_in_evaluation_and_without_a_share(share: float) -> None:
    features = random(4, 3)
    dropout = Dropout(share)
    assert dropout.eval()(features) is features
    assert (dropout.train()(features) is features) == (share == 0)


def attended(layer: CrossAttention, tokens: Tensor) -> Tensor:
    """One sample's two tokens by a loop over heads and tokens, and a softmax over both."""
    normal = layer.norm(tokens)
    queries, keys, values = (normal @ part.T for part in layer.queries_keys_values.weight.chunk(3))
    size = tokens.shape[1] // layer.heads
    taken = torch.zeros_like(tokens)
    for head in range(layer.heads):
        part = slice(head * size, (head + 1) * size)
        for token in range(2):
            scores = torch.stack([queries[token, part] @ keys[other, part] for other in range(2)]) / size**0.5
            shares = scores.softmax(dim=0)
            taken[token, part] = sum(shares[other] * values[other, part] for other in range(2))
    after = tokens + layer.out(taken)
    refined: Tensor = after + layer.feed_forward(after)
    return refined


@pytest.mark.parametrize("before", [(6,), (3, 2)])
def test_two_tokens_attend_to_each_other_as_by_a_softmax_over_both(before: tuple[int, ...]) -> None:
    torch.manual_seed(0)
    layer = CrossAttention(width=12, heads=3, hidden=5, dropout=0)
    tokens = 3 * random(*before, 2, 12)
    expected = torch.stack([attended(layer, each) for each in tokens.reshape(-1, 2, 12)])
    torch.testing.assert_close(layer(tokens), expected.view_as(tokens), rtol=1e-5, atol=1e-5)


def test_attention_has_dropout_in_training_only() -> None:
    torch.manual_seed(0)
    layer, tokens = CrossAttention(width=12, heads=3, hidden=5, dropout=0.5), random(4, 2, 12)
    assert not torch.equal(layer(tokens), layer(tokens))
    layer.eval()
    assert torch.equal(layer(tokens), layer(tokens))


def test_heads_that_cannot_share_tokens_evenly_are_refused() -> None:
    with pytest.raises(RecipeInvalid, match="5 heads cannot share tokens of 12 numbers"):
        CrossAttention(width=12, heads=5, hidden=4, dropout=0)
