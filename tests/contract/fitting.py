"""Every method trained in no time."""

from models.methods import METHODS
from tests.contract.small_methods import OPTIONS
from tests.tiny.world import World
from training.fit import fit
from training.progress import Fitted
from training.recipe import Recipe, parse


def recipe(name: str) -> Recipe:
    """Two epochs of two steps, every term weighing 1."""
    weights = dict.fromkeys(METHODS[name].terms, 1.0)
    quick = {"batch": 24, "steps_per_epoch": 2, "epochs": 2}
    return parse({"method": name, "options": OPTIONS[name], "weights": weights} | quick)


def fitted(name: str, small: World) -> Fitted:
    """The method as that recipe leaves it."""
    return fit(recipe(name), small.training, validation=small.validation, report=lambda _: None)
