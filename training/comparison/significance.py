"""Whether methods differ by more than chance: Friedman's test over blocks, and Nemenyi's over pairs of methods.

Source: Demšar, Statistical Comparisons of Classifiers over Multiple Data Sets, JMLR 7, 2006, section 3.2.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scikit_posthocs import posthoc_nemenyi_friedman
from scipy.stats import friedmanchisquare, rankdata

from models.types import F64

ALPHA = 0.05


@dataclass(frozen=True, slots=True)
class Comparison:
    """Methods ranked on the same blocks.

    Args:
        ranks: the mean rank of each method, 1 the best; equal values share the mean of their ranks.
        blocks: how many blocks the methods were ranked on.
        p_value: of Friedman's test that all methods are equal.
        pairs: [methods, methods] p-values of Nemenyi's test, rows and columns named by method.
    """

    ranks: dict[str, float]
    blocks: int
    p_value: float
    pairs: pd.DataFrame

    @property
    def equals_of_best(self) -> list[str]:
        """The methods that the best one does not differ from at the 5 % level, best first."""
        order = sorted(self.ranks, key=lambda name: self.ranks[name])
        return [name for name in order if self.pairs.loc[order[0], name] >= ALPHA]


def compare(values: Mapping[str, Sequence[float] | F64]) -> Comparison | None:
    """Methods by their values (higher is better) on the same blocks, such as classes; None for too few.

    A block in which a method has no value (NaN) is left out. Needs three methods and two blocks.
    """
    names = list(values)
    table = np.array([values[name] for name in names], np.float64).T
    table = table[~np.isnan(table).any(axis=1)]
    if len(names) < 3 or len(table) < 2:
        return None
    ranked = rankdata(-table, axis=1)
    ranks = ranked.mean(axis=0)
    pairs = posthoc_nemenyi_friedman(table)
    pairs.index = pairs.columns = pd.Index(names)
    # Where all are equal in every block the statistic is 0/0: nothing speaks against their being equal.
    p_value = 1.0 if (ranked == ranked[0, 0]).all() else float(friedmanchisquare(*table.T).pvalue)
    return Comparison(dict(zip(names, map(float, ranks), strict=True)), len(table), p_value, pairs)
