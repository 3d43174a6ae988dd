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

    from sightsound.commands.tables import of_figures

    told: dict[str, object] = {
        "up for": f"{found.uptime_s:.0f} s",
        "in progress": found.in_progress,
        "free disk": f"{found.data_free_bytes / MIB:,.0f} MiB",
        "device": f"{found.device.backbones}, index {found.device.index}, {found.device.cores} cores",
    }
    for name, lane in found.lanes.items():
        told[f"{name} lane"] = f"{lane.running} of {lane.at_once} at work, {lane.waiting} wait, {lane.refused} refused"
    for kind, states in found.jobs.items():
        told[f"{kind} jobs"] = ", ".join(f"{count} {state}" for state, count in states.items())
    for stage, took in found.stages.items():
        told[f"{stage} takes"] = f"{took.p50_ms:.2f} ms, 99 of 100 at most {took.p99_ms:.2f} ms"
    galleries = [of_figures(each.name, _gallery(each)) for each in found.galleries]
    return Group(of_figures(f"Sightsound {found.version}", told), *galleries)


def _gallery(found: "GalleryNow") -> dict[str, object]:
    told: dict[str, object] = {
        "bundle": f"{found.bundle}, generation {found.generation}",
        "clips": f"{found.clips:,} in {found.windows:,} windows",
    }
    for each in found.routes:
        recall = "" if each.recall is None else f", recall {each.recall.value:.3f}"
        told[each.route] = f"{each.kind}, {each.vectors:,} vectors, {each.size_bytes / MIB:.1f} MiB{recall}"
    return told
