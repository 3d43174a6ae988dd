"""Whole clips and class text in one space, from which either decodes what its text is: TCAF and ClipClap."""

from torch import Tensor, nn

from models.bundle.manifest import RouteSpec
from models.losses.distances import mean_squared
from models.losses.recognition import recognition
from models.methods.base import Batch, GradientMethod, Head
from models.methods.linear import routes_with_text
from models.types import Metric

TERMS = ("recognition", "regression", "decoded_clip", "decoded_text")


class ClipText(GradientMethod):
    """A network of both modalities of clips, one of text, and a decoder of what each of them makes.

    Source: TCAF (arXiv 2207.09966), whose losses ClipClap (arXiv 2404.06309) takes over.
    """

    clip: nn.Module
    text: nn.Module
    clip_decoder: nn.Module
    text_decoder: nn.Module

    def compared(self, clip: Tensor, text: Tensor, *, decoded: Tensor, batch: Batch) -> dict[str, Tensor]:
        """The four terms of docs/methods.md, in its order.

        Args:
            clip, text: [b, out] embeddings of the batch's clips and texts.
            decoded: [b, ...] what both decoders are to give back.
        """
        return {
            "recognition": recognition(clip, self.text(batch.class_text), batch.label),
            "regression": mean_squared(clip, text),
            "decoded_clip": mean_squared(self.clip_decoder(clip), decoded),
            "decoded_text": mean_squared(self.text_decoder(text), decoded),
        }

    def heads(self) -> dict[str, Head]:
        """Whole clips and texts. The decoders only train."""
        return {"av": Head(self.clip, inputs=("audio", "video")), "text": Head(self.text, inputs=("text",))}

    def routes(self) -> dict[str, RouteSpec]:
        """Both between text and whole clips: one network reads both modalities."""
        return routes_with_text("av", Metric.EUCLIDEAN)
