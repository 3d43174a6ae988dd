"""What a person should know of a bundle, in Markdown."""

from models.bundle.manifest import Manifest
from models.methods import spec
from models.probability import RouteSigmoid
from training.recipe import Recipe


def write(manifest: Manifest, recipe: Recipe) -> str:
    """The card of a bundle: method and paper, what it was trained on, how well it does, and its whole recipe."""
    routes = ", ".join(f"`{route}`" for route in sorted(manifest.routes))
    encoders = ", ".join(each.name for each in (*manifest.backbones.values(), manifest.text_encoder))
    figures = "\n".join(f"| {name} | {value:.4f} |" for name, value in manifest.evaluation.items())
    probabilities = "\n".join(_probability(route, each) for route, each in manifest.probabilities.items())
    temperatures = "\n".join(
        f"| {channel} | {each.temperature:.4f} | {each.accuracy:.4f} | {each.log_loss:.4f} | {each.error:.4f} |"
        for channel, each in manifest.temperatures.items()
    )
    return f"""# {manifest.name}

Method: {manifest.method} ({spec(manifest.method).paper}).
Trained on: {manifest.trained_on}.
Features: {encoders}.
Routes: {routes}.
Seen classes: {len(manifest.seen_classes)} of {len(manifest.vocabulary)}.
Largest difference between torch and ONNX Runtime: {manifest.export_difference:.1e}.

| figure | value |
|---|---|
{figures}

Probabilities of hits, fitted on {_fitted_on(manifest)}:

| route | slope | intercept | base rate | log-loss | error | error of the ten best |
|---|---|---|---|---|---|---|
{probabilities}

Probabilities of classes, of the vocabulary with the bundle's own betas:

| channel | temperature | accuracy | log-loss | error |
|---|---|---|---|---|
{temperatures}

Recipe:

```json
{recipe.model_dump_json(indent=1)}
```
"""


def _probability(route: str, found: RouteSigmoid) -> str:
    numbers = (found.slope, found.intercept, found.base_rate, found.log_loss, found.error, found.hits_error)
    return f"| {route} | {' | '.join('' if each is None else f'{each:.4f}' for each in numbers)} |"


def _fitted_on(manifest: Manifest) -> str:
    return "; ".join(sorted({each.fitted_on for each in manifest.probabilities.values()})) or "nothing"
