"""How fast AVCA is trained: whole steps, beside their matrix products and what these move."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from benchmarks.gpu.task import Context, Row, Task, duration
from benchmarks.gpu.timing import seconds

if TYPE_CHECKING:
    from training.recipe import Recipe
    from training.splits import TrainingSet

PART = "training"
BYTES = {"float32": 4, "bfloat16": 2}
CLIPS = 3_174
"""Of UCF-GZSL, to train on."""


def rows(context: Context) -> Iterator[Row]:
    """By the recipe for UCF-GZSL, drawing and optimiser included, with the numbers' kind of the recipe."""
    from benchmarks.products import products
    from tests.tiny.world import world
    from training.recipe import named

    training = world(seen=30, unseen=12, clips=CLIPS // 30, audio=512, video=512, text=300).training
    for batch in context.sizes.batches:
        recipe = named("avca", on="ucf-gzsl").changed({"batch": batch})
        multiplied = [(left.shape, right.shape[1]) for left, right in products(recipe, training)]
        operations = sum(2 * m * k * n for (m, k), n in multiplied)
        numbers = sum(m * k + k * n + m * n for (m, k), n in multiplied)
        for kind, size in BYTES.items():
            took_s = seconds(_step(recipe.changed({"precision": kind}), training, context.device), context.device)
            yield context.row(
                PART,
                f"AVCA, batch {batch:,}, {kind}",
                f"{duration(took_s)} a step, {batch / took_s:,.0f} samples/s",
                took_s=took_s,
                moved_bytes=size * numbers,
                operations=operations,
                kind=kind,
            )


TASKS = (Task("AVCA", ("pydantic", "threadpoolctl"), rows),)


def _step(recipe: "Recipe", training: "TrainingSet", where: str) -> Callable[[], object]:
    """A step as `training.descent` takes it, its draw included."""
    from models.methods import build
    from models.methods.base import GradientMethod
    from training.descent import _Steps
    from training.device import device
    from training.sampling import Sampler

    place, method = device(where), build(recipe.method, training.task, recipe.options)
    assert isinstance(method, GradientMethod), "a step is measured of a method that takes steps"
    (phase,) = method.to(place).train().phases()
    steps = _Steps(method, phase, recipe, place)
    sampler = Sampler(training, batch=recipe.batch, seed=recipe.seed, device=place)
    return lambda: steps.step(sampler, 0)
