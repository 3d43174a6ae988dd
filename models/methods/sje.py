"""SJE: structured joint embedding (Akata et al., CVPR 2015, arXiv 1409.8403)."""

from torch import Tensor

from models.losses.ranking import largest
from models.methods.bilinear import TERMS, Bilinear, Options

__all__ = ["SJE", "TERMS", "Options"]


class SJE(Bilinear):
    """One linear map into the space of words; of the classes that come too close, the closest counts."""

    def ranking(self, hinges: Tensor) -> Tensor:
        """The largest of a sample's violations."""
        return largest(hinges)
