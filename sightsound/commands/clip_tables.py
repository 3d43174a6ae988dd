"""How the command line shows clips of a gallery."""

import json
from collections.abc import Sequence

from rich.console import RenderableType

from sightsound.answers import ClipDetail
from sightsound.commands.tables import of_figures, of_rows


def of_clips(found: Sequence[ClipDetail]) -> RenderableType:
    """A row a clip."""
    rows = [(each.id, each.name, ", ".join(each.labels), f"{each.duration_s:.1f} s") for each in found]
    return of_rows(("id", "clip", "labels", "length"), rows, nothing="There is no such clip.")


def of_clip(found: ClipDetail) -> RenderableType:
    """A row a figure."""
    told: dict[str, object] = {
        "id": found.id,
        "labels": ", ".join(found.labels),
        "media": f"{found.media_type}, {found.size_bytes:,} bytes, {found.duration_s:.1f} s",
        "senses": ", ".join(found.senses),
        **{f"no {sense}": why for sense, why in found.absent.items()},
        "windows": len(found.windows),
        "metadata": json.dumps(found.metadata, ensure_ascii=False),
        "added": f"{found.added_at:%Y-%m-%d %H:%M:%S}",
        "sha256": found.sha256,
    }
    return of_figures(found.name, told)
