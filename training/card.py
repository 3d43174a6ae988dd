"""What a person should know of a bundle, in Markdown."""

from models.bundle.manifest import Manifest
from models.methods import spec
from training.recipe import Recipe


def write(manifest: Manifest, recipe: Recipe) -> str:
    """The card of a bundle: method and paper, what it was trained on, how well it does, and its whole recipe."""
    routes = ", ".join(f"`{route}`" for route in sorted(manifest.routes))
    encoders = ", ".join(each.name for each in (*manifest.backbones.values(), manifest.text_encoder))
    figures = "\n".join(f"| {name} | {value:.4f} |" for name, value in manifest.evaluation.items())
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

Recipe:

```json
{recipe.model_dump_json(indent=1)}
```
"""
