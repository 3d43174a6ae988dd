"""Hubness correction: a bias of every gallery item, taken off its scores at no cost to a query."""

from models.hubness.augmentation import (
    augment_blend,
    augment_gallery,
    augment_query,
    augmented_dim,
    score_of,
    with_biases,
)
from models.hubness.bank import Bank
from models.hubness.correction import OFF, Normalisation, biases, corrected, seen_biases
from models.hubness.route_bias import RouteBias, is_sampled, shift_for

__all__ = [
    "OFF",
    "Bank",
    "Normalisation",
    "RouteBias",
    "augment_blend",
    "augment_gallery",
    "augment_query",
    "augmented_dim",
    "biases",
    "corrected",
    "is_sampled",
    "score_of",
    "seen_biases",
    "shift_for",
    "with_biases",
]
