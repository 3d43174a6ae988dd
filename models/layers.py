"""The small networks that every method is made of."""

from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.autograd.function import Function, once_differentiable
from torch.nn.functional import linear

from models.errors import RecipeInvalid

Activation = Literal["relu", "identity"]
"""What the last layer of a projection ends in."""

Normalised = Literal["batch", "none"]
"""Between the layers of a projection: by batch norm, or not at all."""

STEPS = 2**16
"""Of the shares that dropout can have."""


def projection(
    *,
    width: int,
    hidden: int,
    out: int,
    dropout: float,
    last: Activation = "identity",
    layers: Literal[1, 2] = 2,
    normalised: Normalised = "batch",
) -> nn.Sequential:
    """A perceptron of one or two layers from features [b, width] to embeddings [b, out].

    Two: Linear, batch norm unless `normalised` says none, ReLU, dropout, Linear and, where `last` asks for it, a final
    ReLU. One: Linear and the final ReLU; `hidden`, `dropout` and `normalised` are of no use then.

    Source: g_a and g_v of CJME (arXiv 1910.08732), F_A and F_V of AVGZSLNet (arXiv 2005.13402), two layers
    each, and their g_t and F_T, one layer each; batch norm, dropout, the final ReLU and a second layer for text are
    those of the versions behind the AVCA paper's tables.
    """
    before: list[nn.Module] = []
    if layers == 2:
        norms = [nn.BatchNorm1d(hidden)] if normalised == "batch" else []
        before = [nn.Linear(width, hidden), *norms, nn.ReLU(), nn.Dropout(dropout)]
    after: list[nn.Module] = [nn.ReLU()] if last == "relu" else []
    return nn.Sequential(*before, nn.Linear(hidden if before else width, out), *after)


def block1(*, width: int, out: int, dropout: float, momentum: float = 0.1) -> "Block":
    """One layer from features [b, width] to embeddings [b, out], none negative: Linear, batch norm, ReLU, dropout.

    Args:
        momentum: how much of the batch norm's running statistics a batch replaces.

    Source: W_proj, D, A_rec and V_rec of AVCA (arXiv 2203.03598), as in its released code; TCAF (arXiv 2207.09966)
    and ClipClap (arXiv 2404.06309) build on the same.
    """
    return Block(nn.Linear(width, out), nn.BatchNorm1d(out, momentum=momentum), nn.ReLU(), Dropout(dropout))


def block2(*, width: int, hidden: int, out: int, dropout: float, momentum: float = 0.1) -> "Block":
    """Two layers from features [b, width] over [b, hidden] to embeddings [b, out], none negative.

    Each is Linear, batch norm, ReLU, dropout.

    Args:
        momentum: how much of the last batch norm's running statistics a batch replaces.

    Source: A_enc, V_enc, A_proj and V_proj of AVCA (arXiv 2203.03598), as in its released code; TCAF
    (arXiv 2207.09966) and ClipClap (arXiv 2404.06309) build on the same.
    """
    return Block(
        *block1(width=width, out=hidden, dropout=dropout),
        *block1(width=hidden, out=out, dropout=dropout, momentum=momentum),
    )


class Block(nn.Sequential):
    """Layers of Linear, batch norm, ReLU and dropout, four modules each.

    In training, features may come as g groups of b in one call, [b, g, width], such as samples and their negatives.
    Every group is then normalised by statistics of its own, and the running ones count it, as if the groups had come
    in calls of their own, one after the other.
    """

    def forward(self, features: Tensor) -> Tensor:
        """From features [b, width] or, in training, [b, g, width] to as many embeddings."""
        if not self.training:
            evaluated: Tensor = super().forward(features)  # type: ignore[no-untyped-call]  # torch's
            return evaluated
        for start in range(0, len(self), 4):
            linear, norm, dropout = self[start], self[start + 1], self[start + 3]
            assert isinstance(norm, nn.BatchNorm1d), "the second module of a layer is its batch norm"
            assert isinstance(dropout, Dropout), "the last module of a layer is its dropout"
            given = linear(features), norm.weight, norm.bias, norm.eps, dropout
            features, means, variances = Rectified.apply(*given)  # type: ignore[no-untyped-call]  # torch's
            _count(norm, means, variances)
        return features


@torch.no_grad()
def _count(norm: nn.BatchNorm1d, means: Tensor, variances: Tensor) -> None:
    """Let the running statistics move towards those [g, width] of every group, in order."""
    assert norm.running_mean is not None, "our batch norms have running statistics"
    assert norm.running_var is not None, "our batch norms have running statistics"
    assert norm.momentum is not None, "our batch norms forget at a fixed rate"
    for mean, variance in zip(means, variances, strict=True):
        norm.running_mean.lerp_(mean, norm.momentum)
        norm.running_var.lerp_(variance, norm.momentum)


class Rectified(Function):
    """Batch norm, ReLU and dropout as one operation: a twentieth of a training step of AVCA.

    What comes out is above 0 where both let a number pass, which is all that the way back needs to know of them.
    """

    @staticmethod
    def forward(
        ctx: Any, features: Tensor, weight: Tensor, bias: Tensor, eps: float, dropout: "Dropout"
    ) -> tuple[Tensor, ...]:
        """From features [b, width] or [b, g, width] to as many; and the means and variances [g, width] of groups."""
        # Side by side, groups are that many times as many features; what dropout scales up by can go before ReLU.
        wide = features.flatten(1)
        groups, scale = wide.shape[1] // len(weight), dropout.scale
        # Not by `repeat`, which takes longer.
        widened, shift = ((each * scale).expand(groups, -1).reshape(-1) for each in (weight, bias))
        means, variances = weight.new_zeros(2, groups, len(weight))
        out, mean, inverse = torch.native_batch_norm(
            wide, widened, shift, means.flatten(), variances.flatten(), True, 1.0, eps
        )
        dropout.zero_(out.relu_())
        ctx.save_for_backward(wide, widened, mean, inverse, out)
        ctx.eps, ctx.scale, ctx.groups = eps, scale, groups
        ctx.mark_non_differentiable(means, variances)
        return out.view_as(features), means, variances

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor, *_: Tensor) -> tuple[Tensor | None, ...]:
        """From the gradient of what came out to those of features, weight and bias."""
        wide, widened, mean, inverse, out = ctx.saved_tensors
        passed = torch.ops.aten.threshold_backward(gradient.reshape(out.shape), out, 0)
        of_features, of_weight, of_bias = torch.ops.aten.native_batch_norm_backward(
            passed, wide, widened, None, None, mean, inverse, True, ctx.eps, [True, True, True]
        )
        of_weight, of_bias = (each.view(ctx.groups, -1).sum(0) * ctx.scale for each in (of_weight, of_bias))
        return of_features.view_as(gradient), of_weight, of_bias, None, None


class Dropout(nn.Module):
    """Dropout that takes a sixth of torch's time on processors for which torch draws one random number after the other.

    There a number is 16 bits of a long one, so that `share` is rounded to a multiple of 2^-16; what stays is scaled
    up by as much as is lost.
    """

    def __init__(self, share: float) -> None:
        super().__init__()
        self.steps = round(share * STEPS)
        self.scale = STEPS / (STEPS - self.steps)

    def forward(self, features: Tensor) -> Tensor:
        """Of the shape of `features`, in training with zeros."""
        if not self.training or not self.steps:
            return features
        return features * self._kept(features).mul_(self.scale)

    def zero_(self, numbers: Tensor) -> None:
        """Set to zero, in place, what is dropped; what stays is not scaled."""
        if self.steps:
            numbers.mul_(self._kept(numbers))

    def _kept(self, like: Tensor) -> Tensor:
        """1 for each number to keep, 0 for each to drop."""
        kept = torch.empty_like(like)
        if like.device.type != "cpu":
            return kept.bernoulli_(1 - self.steps / STEPS)
        count = like.numel()
        drawn = torch.empty(-(-count // 4), dtype=torch.int64).random_(-(2**63), None)
        return torch.ge(drawn.view(torch.int16)[:count].view_as(like), self.steps - STEPS // 2, out=kept)


class CrossAttention(nn.Module):
    """Two tokens, one a modality, that attend to each other and themselves: a layer of a transformer.

    x + attention(norm(x)), then x + feed_forward(norm(x)), without a last norm. A softmax over two scores is a
    sigmoid of their difference, so that keys are only ever needed of the difference of the tokens.

    Args:
        width: of tokens.
        heads: of width / heads numbers each.
        hidden: width of the feed-forward network's hidden layer.

    Raises:
        RecipeInvalid: the heads cannot share a token evenly.

    Source: the cross-attention of AVCA (arXiv 2203.03598), as in its released code; the paper's norms follow the
    residuals instead.
    """

    def __init__(self, *, width: int, heads: int, hidden: int, dropout: float) -> None:
        super().__init__()
        if width % heads:
            raise RecipeInvalid(f"{heads} heads cannot share tokens of {width} numbers evenly")
        self.heads = heads
        self.norm = nn.LayerNorm(width)
        self.queries_keys_values = nn.Linear(width, 3 * width, bias=False)
        self.out = nn.Sequential(nn.Linear(width, width), Dropout(dropout))
        self.feed_forward = nn.Sequential(
            nn.LayerNorm(width),
            nn.Linear(width, hidden),
            nn.GELU(),
            Dropout(dropout),
            nn.Linear(hidden, width),
            Dropout(dropout),
        )

    def forward(self, tokens: Tensor) -> Tensor:
        """From tokens [..., 2, width] to as many."""
        tokens = tokens + self.out(self._attended(self.norm(tokens)))
        refined: Tensor = tokens + self.feed_forward(tokens)
        return refined

    def _attended(self, tokens: Tensor) -> Tensor:
        """What each token takes of both: [..., 2, width]."""
        to_queries, to_keys, to_values = self.queries_keys_values.weight.chunk(3)
        first, second = tokens.unbind(-2)
        queries = self._by_head(linear(tokens, to_queries))
        keys = self._by_head(linear(first - second, to_keys)).unsqueeze(-3)
        of_first, of_second = self._by_head(linear(tokens, to_values)).chunk(2, dim=-3)
        first_share = torch.sigmoid((queries * keys).sum(dim=-1, keepdim=True) * queries.shape[-1] ** -0.5)
        return torch.lerp(of_second, of_first, first_share).flatten(-2)

    def _by_head(self, projected: Tensor) -> Tensor:
        """[..., heads, width / heads]."""
        return projected.view(*projected.shape[:-1], self.heads, -1)


class PairedClip(nn.Module):
    """The clip's half of an inner product that is minus a weighted sum of two squared distances.

    With w = (w_a, w_v): <clip, text> = -(w_a |a - t|^2 + w_v |v - t|^2), so that one exact search by inner
    product ranks clips by both modalities, each clip with weights of its own.
    """

    def forward(self, audio: Tensor, video: Tensor, weights: Tensor) -> Tensor:
        """From embeddings [b, d], [b, d] and weights [b, 2] (audio, video) to [b, d + 2]."""
        of_audio, of_video = weights[:, :1], weights[:, 1:]
        both = 2 * (of_audio * audio + of_video * video)
        norms = of_audio * _square(audio) + of_video * _square(video)
        return torch.cat([both, -norms, -(of_audio + of_video)], dim=1)


class PairedText(nn.Module):
    """The text's half of the inner product of `PairedClip`."""

    def __init__(self, text: nn.Module) -> None:
        super().__init__()
        self.text = text

    def forward(self, text: Tensor) -> Tensor:
        """From text features [b, width] to [b, d + 2]: the embedding, 1 and its squared length."""
        embedding = self.text(text)
        return torch.cat([embedding, torch.ones_like(embedding[:, :1]), _square(embedding)], dim=1)


def _square(vectors: Tensor) -> Tensor:
    return (vectors * vectors).sum(dim=1, keepdim=True)
