"""ALE: attribute label embedding (Akata et al., TPAMI 2016, arXiv 1503.08677)."""

from torch import Tensor

from models.losses.ranking import rank_weighed
from models.methods.bilinear import TERMS, Bilinear, Options

__all__ = ["ALE", "TERMS", "Options"]


class ALE(Bilinear):
    """One linear map into the space of words; the more classes come too close, the less each counts."""

    def ranking(self, hinges: Tensor) -> Tensor:
        """A sample's violations, weighed by how many they are."""
        return rank_weighed(hinges)
