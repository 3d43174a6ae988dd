"""Hubness correction: a bias of every gallery item, taken off its scores at no cost to a query."""

from models.hubness.augmentation import augment_gallery, augment_query, augmented_dim, score_of
from models.hubness.bank import Bank
from models.hubness.correction import OFF, Normalisation, biases, corrected, seen_biases

__all__ = [
    "OFF",
    "Bank",
    "Normalisation",
    "augment_gallery",
    "augment_query",
    "augmented_dim",
    "biases",
    "corrected",
    "score_of",
    "seen_biases",
]
