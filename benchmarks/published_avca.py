"""AVCA's training loop, with the structure of the published one: what ours is measured against.

Written anew from its description. Every sample is fetched by itself in worker processes; positives and negatives go
through the networks in calls of their own, some for nothing but the batch norms' statistics; every step embeds its
batch once more; and Adam updates one tensor after the other.
"""

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import mse_loss, triplet_margin_loss
from torch.utils.data import DataLoader, Dataset, WeightedRandomSampler

from models.methods.avca import Options
from models.methods.base import Batch, Widths
from training.recipe import Recipe
from training.splits import TrainingSet

Pair = dict[str, dict[str, Tensor]]
"""The features of a sample, and of one of another class, by modality."""

FOREVER = 1_000_000
"""Draws: more than a benchmark makes."""


class Loop:
    """The published loop over a training set, by a recipe; its workers fetch while it computes."""

    def __init__(self, recipe: Recipe, training: TrainingSet, *, workers: int) -> None:
        self.network = Network(training.widths, Options(**recipe.options)).train()
        chosen = recipe.optimiser
        self._adam = torch.optim.Adam(
            self.network.parameters(), lr=chosen.learning_rate, weight_decay=chosen.weight_decay
        )
        self._batches = _batches(training, batch=recipe.batch, workers=workers)

    def step(self) -> float:
        """One update; the loss."""
        pair = next(self._batches)
        loss = self.network.loss(pair["positive"], pair["negative"])
        self._adam.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]  # torch's
        self._adam.step()
        with torch.no_grad():
            self.network.embed(pair["positive"])
        return loss.item()


class Pairs(Dataset[Pair]):
    """Every sample of a training set, with one of another class drawn beside it."""

    def __init__(self, training: TrainingSet) -> None:
        self._audio = torch.from_numpy(training.features.audio)
        self._video = torch.from_numpy(training.features.video)
        self._text = torch.from_numpy(training.sample_text)
        self._label = training.features.label
        self._rows = {int(each): np.flatnonzero(self._label == each) for each in np.unique(self._label)}
        self._classes = np.array(list(self._rows))

    def __len__(self) -> int:
        return len(self._label)

    def __getitem__(self, row: int) -> Pair:
        other = np.random.choice(self._classes[self._classes != self._label[row]])
        return {"positive": self._features(row), "negative": self._features(np.random.choice(self._rows[int(other)]))}

    def _features(self, row: int) -> dict[str, Tensor]:
        return {"audio": self._audio[row], "video": self._video[row], "text": self._text[row]}


class Network(nn.Module):
    """AVCA as calls that each take half a batch; its parameters come in the order of `models.methods.avca.AVCA`."""

    positions: Tensor

    def __init__(self, widths: Widths, options: Options) -> None:
        super().__init__()
        self._margin = options.margin
        self.audio = _branch(widths.audio, options)
        self.video = _branch(widths.video, options)
        self.register_buffer("positions", torch.randn(2, options.token))
        self.attention = Attention(options)
        self.text = _layer(widths.text, options.out, options.decoder_dropout)
        self.decoder = _layer(options.out, widths.text, options.decoder_dropout)

    def embed(self, given: dict[str, Tensor]) -> tuple[Tensor, ...]:
        """φ of sound and pictures, θ of both, θ of text."""
        heard, shown = self.audio["encoder"](given["audio"]), self.video["encoder"](given["video"])
        tokens = self.attention(torch.stack((heard + self.positions[0], shown + self.positions[1]), dim=1))
        audio, video = self.audio["projection"](heard + tokens[:, 0]), self.video["projection"](shown + tokens[:, 1])
        return heard, shown, audio, video, self.text(given["text"])

    def loss(self, given: dict[str, Tensor], other: dict[str, Tensor]) -> Tensor:
        """The sum of all five terms."""
        heard, shown, a, v, w = self.embed(given)
        *_, a_other, v_other, w_other = self.embed(other)
        a_decoded, v_decoded, w_decoded = self.decoder(a), self.decoder(v), self.decoder(w)
        a_decoded_other, v_decoded_other, _ = self.decoder(a_other), self.decoder(v_other), self.decoder(w_other)
        heard_again, shown_again = self.audio["back"](a), self.video["back"](v)
        self.audio["projection"](heard_again)
        self.video["projection"](shown_again)
        text = given["text"]
        own = self._triplet(a, w, a_other) + self._triplet(v, w, v_other)
        own = own + self._triplet(w, a, w_other) + self._triplet(w, v, w_other)
        reconstruction = mse_loss(a_decoded, text) + mse_loss(v_decoded, text) + mse_loss(w_decoded, text)
        decoded = self._triplet(w_decoded, a_decoded, a_decoded_other)
        decoded = decoded + self._triplet(w_decoded, v_decoded, v_decoded_other)
        across = self._triplet(w, a, a_other) + self._triplet(w, v, v_other)
        across = across + self._triplet(a, w, w_other) + self._triplet(v, w, w_other)
        regularisation = mse_loss(shown_again, shown) + mse_loss(heard_again, heard) + mse_loss(v, w) + mse_loss(a, w)
        return own + reconstruction + decoded + across + regularisation

    def _triplet(self, anchor: Tensor, positive: Tensor, negative: Tensor) -> Tensor:
        return triplet_margin_loss(anchor, positive, negative, margin=self._margin)


class Attention(nn.Module):
    """A pre-norm layer of a transformer, for any number of tokens."""

    def __init__(self, options: Options) -> None:
        super().__init__()
        width, dropout = options.token, options.encoder_dropout
        self._heads = options.heads
        self.norm = nn.LayerNorm(width)
        self.queries_keys_values = nn.Linear(width, 3 * width, bias=False)
        self.out = nn.Sequential(nn.Linear(width, width), nn.Dropout(dropout))
        self.feed_forward = nn.Sequential(
            nn.LayerNorm(width),
            nn.Linear(width, options.feed_forward),
            nn.GELU(),
            nn.Dropout(dropout),
            nn.Linear(options.feed_forward, width),
            nn.Dropout(dropout),
        )

    def forward(self, tokens: Tensor) -> Tensor:
        """From tokens [b, n, width] to as many."""
        queries, keys, values = (
            each.unflatten(-1, (self._heads, -1)).transpose(1, 2)
            for each in self.queries_keys_values(self.norm(tokens)).chunk(3, dim=-1)
        )
        shares = (queries @ keys.transpose(-1, -2) * queries.shape[-1] ** -0.5).softmax(dim=-1)
        tokens = tokens + self.out((shares @ values).transpose(1, 2).flatten(2))
        refined: Tensor = tokens + self.feed_forward(tokens)
        return refined


def halves(batch: Batch) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """A batch of ours as the samples and the negatives that the published loop takes."""
    other = {"audio": batch.negative_audio, "video": batch.negative_video, "text": batch.negative_text}
    return {"audio": batch.audio, "video": batch.video, "text": batch.text}, other


def _branch(width: int, options: Options) -> nn.ModuleDict:
    encoder, projection, momentum = options.encoder_dropout, options.projection_dropout, options.momentum
    return nn.ModuleDict(
        {
            "encoder": nn.Sequential(
                *_layer(width, options.encoder_hidden, encoder),
                *_layer(options.encoder_hidden, options.token, encoder, momentum),
            ),
            "projection": nn.Sequential(
                *_layer(options.token, options.hidden, projection),
                *_layer(options.hidden, options.out, projection, momentum),
            ),
            "back": _layer(options.out, options.token, options.decoder_dropout),
        }
    )


def _layer(width: int, out: int, dropout: float, momentum: float = 0.1) -> nn.Sequential:
    return nn.Sequential(nn.Linear(width, out), nn.BatchNorm1d(out, momentum=momentum), nn.ReLU(), nn.Dropout(dropout))


def _batches(training: TrainingSet, *, batch: int, workers: int) -> Iterator[Pair]:
    """Every class with the same probability; as many batches wait as torch lets workers fetch ahead."""
    count = np.bincount(training.features.label)
    weights = 1 / count[training.features.label]
    sampler = WeightedRandomSampler(weights.tolist(), num_samples=FOREVER)
    return iter(DataLoader(Pairs(training), batch_size=batch, sampler=sampler, num_workers=workers))
