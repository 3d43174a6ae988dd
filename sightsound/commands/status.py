"""The `sightsound status` command: how a service does."""

from typing import TYPE_CHECKING

from sightsound.commands.reach import FOLDER, AsJson, Data, Key, Server, reached

if TYPE_CHECKING:
    from rich.console import RenderableType

    from sightsound.status_answers import GalleryNow, Status

MIB = 2**20


def status(server: Server = None, key: Key = None, data: Data = FOLDER, as_json: AsJson = False) -> None:
    """Show what a service holds, what waits and runs, how long it takes and how well it finds."""
    from sightsound.commands.tables import say

    with reached(server, key, data) as client:
        found = client.status()
    say(found, _shown(found), as_json=as_json)


def _shown(found: "Status") -> "RenderableType":
    from rich.console import Group

    parts = (_whole(found), _lanes(found), _stages(found), *map(_gallery, found.galleries))
    return Group(*(each for part in parts if part is not None for each in (part, "")))


def _whole(found: "Status") -> "RenderableType":
    from sightsound.commands.tables import of_figures

    told: dict[str, object] = {
        "up for": f"{found.uptime_s:.0f} s",
        "in progress": found.in_progress,
        "free disk": f"{found.data_free_bytes / MIB:,.0f} MiB",
        "device": f"{found.device.name}, {found.device.cores} cores",
    }
    for kind, states in found.jobs.items():
        told[f"{kind} jobs"] = ", ".join(f"{count} {state}" for state, count in states.items())
    return of_figures(f"Sightsound {found.version}", told)


def _lanes(found: "Status") -> "RenderableType":
    from sightsound.commands.tables import add, measures

    table = measures("lane", "at work", "of", "wait", "refused")
    for name, lane in found.lanes.items():
        add(table, name, f"{lane.running}", f"{lane.at_once}", f"{lane.waiting}", f"{lane.refused}")
    return table


def _stages(found: "Status") -> "RenderableType | None":
    from sightsound.commands.tables import add, measures

    if not found.stages:
        return None
    table = measures("stage of a request", "half within", "99 % within")
    for stage, took in found.stages.items():
        add(table, stage, f"{took.p50_ms:.2f} ms", f"{took.p99_ms:.2f} ms")
    return table


def _gallery(found: "GalleryNow") -> "RenderableType":
    from sightsound.commands.tables import add, measures, noted

    table = measures("route", "vectors", "MiB", "recall", "index", title=found.name)
    for each in found.routes:
        recall = "" if each.recall is None else f"{each.recall.value:.3f}"
        add(table, each.route, f"{each.vectors:,}", f"{each.size_bytes / MIB:,.1f}", recall, each.kind)
    clips = f"{found.clips:,} clips in {found.windows:,} windows"
    return noted(table, f"{clips}, bundle {found.bundle}, generation {found.generation}")
