"""DeViSE: a deep visual-semantic embedding model (Frome et al., NIPS 2013)."""

from torch import Tensor

from models.losses.ranking import summed
from models.methods.bilinear import TERMS, Bilinear, Options

__all__ = ["TERMS", "DeViSE", "Options"]


class DeViSE(Bilinear):
    """One linear map into the space of words; every class that comes too close counts."""

    def ranking(self, hinges: Tensor) -> Tensor:
        """The sum of a sample's violations."""
        return summed(hinges)
