"""f-VAEGAN-D2: features of classes without samples are generated, and then classified (arXiv 1903.10132)."""

from typing import Literal

import torch
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, normalize

from models.bundle.manifest import RouteSpec, Words
from models.errors import TrainingDataInvalid
from models.losses.adversarial import gradient_penalty, wasserstein
from models.losses.variational import bernoulli, divergence, gaussian
from models.methods.base import Batch, GradientMethod, Head, Phase, Samples, Task, Turn
from models.methods.closed_vocabulary import ClassRows, UnitClip
from models.methods.linear import READS, class_text_width, features_of, routes_with_text, width_of
from models.methods.options import Size
from models.types import Metric

TERMS = (
    "wasserstein",
    "gradient_penalty",
    "marginal_wasserstein",
    "marginal_gradient_penalty",
    "realism",
    "reconstruction",
    "divergence",
    "seen",
    "unseen",
)


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class Options:
    """What a recipe may choose; the defaults are the version behind the AVCA paper's tables.

    Args:
        hidden, generator_hidden, critic_hidden: widths of the hidden layers of encoder, generator and both critics.
        latent: width of the codes that features are generated from.
        likelihood: of decoded features: bernoulli for those that are never negative, gaussian for others.
        critic_steps: how many updates of the critics there are for one of encoder and generator.
        heeded: the critics that the generator tries to please: `both`, or only the one that knows the words.
        synthesised: features a class without samples; kept with the weights, 4 bytes a number.
        classifier: one softmax over all classes, or one over the seen and one over the unseen ones: the unseen
            classes' is then the classifier of zero-shot learning, which never meets a sample of a seen class.
    """

    hidden: Size = 300
    latent: Size = 300
    generator_hidden: Size = 512
    critic_hidden: Size = 512
    likelihood: Literal["bernoulli", "gaussian"] = "bernoulli"
    critic_steps: Size = 5
    heeded: Literal["conditional", "both"] = "conditional"
    synthesised: Size = 1000
    classifier: Literal["joint", "apart"] = "joint"


class FVAEGAN(GradientMethod):
    """A generator of clip features from words, and a linear classifier that learns from what it generates."""

    words: Words = "vocabulary"
    class_text: Tensor
    synthetic: Tensor

    def __init__(self, task: Task, options: Options) -> None:
        super().__init__()
        if not len(task.unseen_text):
            raise TrainingDataInvalid("found no class without samples; fvaegan generates features for those there are")
        self.options = options
        self.seen = task.classes
        clip, text = width_of(task.widths, READS["av"]), class_text_width(task)
        self.encoder = Encoder(clip + text, options.hidden, options.latent)
        self.generator = nn.Sequential(
            nn.Linear(options.latent + text, options.generator_hidden),
            nn.ReLU(),
            nn.Linear(options.generator_hidden, clip),
        )
        self.critic = critic(clip + text, options.critic_hidden)
        self.marginal_critic = critic(clip, options.critic_hidden)
        self.classifier = slightly_random(nn.Linear(clip, self.seen + len(task.unseen_text)))
        self.register_buffer("class_text", torch.cat([task.class_text, task.unseen_text]))
        self.register_buffer("synthetic", torch.zeros(len(task.unseen_text), options.synthesised, clip))

    def phases(self) -> tuple[Phase, ...]:
        """`generate`: critics against encoder and generator; `classify`: real and synthesised features."""
        critics = (*self.critic.parameters(), *self.marginal_critic.parameters())
        generating = (*self.encoder.parameters(), *self.generator.parameters())
        turns = (
            Turn(self.critic_terms, critics),
            Turn(self.generator_terms, generating, every=self.options.critic_steps),
        )
        classify = Turn(self.classifier_terms, tuple(self.classifier.parameters()))
        return Phase("generate", turns), Phase("classify", (classify,), begin=self.synthesise)

    def terms(self, batch: Batch) -> dict[str, Tensor]:
        """Those of all turns, as docs/methods.md lists them."""
        return self.critic_terms(batch) | self.generator_terms(batch) | self.classifier_terms(batch)

    def critic_terms(self, batch: Batch) -> dict[str, Tensor]:
        """What both critics minimise: that of features and words, and the marginal one of features alone."""
        real = unit_features(batch)
        with torch.no_grad():
            generated = self.generated(batch.text)

        def with_words(features: Tensor) -> Tensor:
            scores: Tensor = self.critic(torch.cat([features, batch.text], dim=1))
            return scores

        return {
            "wasserstein": wasserstein(with_words(real), with_words(generated)),
            "gradient_penalty": gradient_penalty(with_words, real, generated),
            "marginal_wasserstein": wasserstein(self.marginal_critic(real), self.marginal_critic(generated)),
            "marginal_gradient_penalty": gradient_penalty(self.marginal_critic, real, generated),
        }

    def generator_terms(self, batch: Batch) -> dict[str, Tensor]:
        """What encoder and generator minimise; features are generated from codes of real ones and from noise."""
        real, text = unit_features(batch), batch.text
        mean, log_variance = self.encoder(torch.cat([real, text], dim=1))
        code = mean + (log_variance / 2).exp() * torch.randn_like(mean)
        decoded = self.generator(torch.cat([code, text], dim=1))
        return {
            "realism": self._unreal(self._features(decoded), text) + self._unreal(self.generated(text), text),
            "reconstruction": self._reconstruction(decoded, real),
            "divergence": divergence(mean, log_variance).mean(),
        }

    def classifier_terms(self, batch: Batch) -> dict[str, Tensor]:
        """The cross-entropy of real features of seen classes, and of as many synthesised ones of the others."""
        unseen, each, _ = self.synthetic.shape
        row = torch.randint(unseen * each, batch.label.shape, device=batch.label.device)
        of_seen = self.classifier(unit_features(batch))
        of_unseen = self.classifier(self.synthetic.flatten(0, 1)[row])
        if self.options.classifier == "joint":
            return {
                "seen": cross_entropy(of_seen, batch.label),
                "unseen": cross_entropy(of_unseen, self.seen + row // each),
            }
        return {
            "seen": cross_entropy(of_seen[:, : self.seen], batch.label),
            "unseen": cross_entropy(of_unseen[:, self.seen :], row // each),
        }

    def generated(self, text: Tensor) -> Tensor:
        """Features [b, clip] of clips that text features [b, text] could be of, from noise."""
        noise = torch.randn(len(text), self.options.latent, device=text.device)
        return self._features(self.generator(torch.cat([noise, text], dim=1)))

    @torch.no_grad()
    def synthesise(self) -> None:
        """Fill `synthetic` [unseen, synthesised, clip] with unit features of every class without samples."""
        for row, text in enumerate(self.class_text[self.seen :]):
            self.synthetic[row] = normalize(self.generated(text.expand(self.options.synthesised, -1)))

    def heads(self) -> dict[str, Head]:
        """The classifier's two halves; words that name none of its classes get a row that never wins."""
        return {
            "av": Head(UnitClip(), inputs=READS["av"]),
            "text": Head(ClassRows(self.classifier, self.class_text), inputs=("text",)),
        }

    def routes(self) -> dict[str, RouteSpec]:
        """Between clips with both modalities and text, by inner product, which is the logit."""
        return routes_with_text("av", Metric.INNER)

    def _features(self, decoded: Tensor) -> Tensor:
        return decoded.sigmoid() if self.options.likelihood == "bernoulli" else decoded

    def _reconstruction(self, decoded: Tensor, real: Tensor) -> Tensor:
        if self.options.likelihood == "gaussian":
            return gaussian(decoded, real).mean()
        if (lowest := real.min()) < 0:
            raise TrainingDataInvalid(
                f"found features of {lowest.item():.3g}; expected none below 0, or the option likelihood = 'gaussian'"
            )
        return bernoulli(decoded, real).mean()

    def _unreal(self, features: Tensor, text: Tensor) -> Tensor:
        scores: Tensor = self.critic(torch.cat([features, text], dim=1))
        if self.options.heeded == "both":
            scores = scores + self.marginal_critic(features)
        return -scores.mean()


class Encoder(nn.Module):
    """From features and words [b, width] to the mean and log variance [b, latent] of their code."""

    def __init__(self, width: int, hidden: int, latent: int) -> None:
        super().__init__()
        self.layer = nn.Sequential(nn.Linear(width, hidden), nn.ReLU())
        self.mean = nn.Linear(hidden, latent)
        self.log_variance = nn.Linear(hidden, latent)

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        hidden = self.layer(features)
        return self.mean(hidden), self.log_variance(hidden)


def critic(width: int, hidden: int) -> nn.Sequential:
    """From features [b, width] to how real they look [b, 1], a score that is only ever compared.

    The last layer has no bias: only differences of scores are in any term, so that it could not learn.
    """
    first = slightly_random(nn.Linear(width, hidden))
    return nn.Sequential(first, nn.LeakyReLU(0.2), slightly_random(nn.Linear(hidden, 1, bias=False)))


def slightly_random(layer: nn.Linear) -> nn.Linear:
    """The layer, its weights normal with deviation 0.02 and its bias 0."""
    nn.init.normal_(layer.weight, std=0.02)
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)
    return layer


def unit_features(samples: Samples) -> Tensor:
    """[audio; video] of samples, of unit length: [b, clip]."""
    return normalize(features_of(samples, READS["av"]))
