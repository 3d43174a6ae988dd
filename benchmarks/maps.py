"""The command `python -m benchmarks.maps`: how long t-SNE takes to place a map's points, and a browser to draw them."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Annotated

import numpy as np
import typer
from playwright.sync_api import Page, ViewportSize, sync_playwright

from benchmarks.machine import this_machine
from models.evaluation.projection import EXAGGERATED, ROUNDS, projected
from models.types import F32, Metric
from service.app import create_app
from service.settings import Settings
from tests.browser.conftest import CHROMIUM, OPTIONS
from tests.tiny.bundles import tiny_library
from tests.unit.service.running import running

DIM = 64
CLASSES = 50
SPREAD = 0.6
"""How far points of a class lie from its middle, which is normally drawn as well."""
DESK: ViewportSize = {"width": 1280, "height": 900}
FRAMES = 200
DRAWN = """async ([places, frames]) => {
    const { camera } = await import("/web/modules/map/camera.js");
    const { painter } = await import("/web/modules/map/painting.js");
    const { colours } = await import("/web/modules/map/colours.js");
    const { pointsOf } = await import("/web/modules/map/points.js");
    document.querySelector("#content").replaceChildren(document.createElement("div"));
    const plane = document.querySelector("#content div");
    plane.className = "plane";
    const canvas = plane.appendChild(document.createElement("canvas"));
    const see = camera(canvas, { moved() {}, pointed() {}, pressed() {}, passed() {}, key() {} });
    const points = pointsOf(places);
    const scene = {
        points, classes: places.classes, colours: colours(places.classes, points, false), shown: () => true,
        kinds: new Set(["audio", "video", "text"]), picked: null, joins: [], landing: null,
    };
    const draw = painter(canvas, see);
    const took = [];
    for (let frame = 0; frame < frames; frame += 1) {
        see.see.x = Math.sin(frame / 20) / 4; // as a hand moves it
        const began = performance.now();
        draw(scene);
        took.push(performance.now() - began);
        await new Promise(requestAnimationFrame);
    }
    return { took, points: points.length, width: canvas.width, height: canvas.height };
}"""
"""Draws the map by the page's own modules, frame after frame, while it is moved; how long each took, in ms."""


def vectors(count: int) -> tuple[F32, list[int]]:
    """So many points of some classes, and the class of each."""
    numbers = np.random.default_rng(0)
    of = np.arange(count) // 2 % CLASSES
    middles = numbers.standard_normal((CLASSES, DIM))
    return (middles[of] + SPREAD * numbers.standard_normal((count, DIM))).astype(np.float32), of.tolist()


def answer(places: F32, of: list[int]) -> dict[str, object]:
    """A map as the service answers it: each window's sound and pictures, and the words of every class."""
    spots = places.round(4).tolist()
    classes = [
        {"name": f"class {each}", "seen": each % 2 == 0, "windows": of.count(each), "text": spots[-1 - each]}
        for each in range(CLASSES)
    ]
    pairs = range(0, len(spots) - CLASSES - 1, 2)
    windows = [{"window_id": i, "of": of[i], "audio": spots[i], "video": spots[i + 1]} for i in pairs]
    return {"classes": classes, "windows": windows}


@contextmanager
def page() -> Iterator[Page]:
    """The page of maps in a browser, over a tiny gallery that has none."""
    with TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=OPTIONS)
        with running(create_app(Settings(data=tiny_library(Path(folder)), job_workers=0))) as at:
            opened = browser.new_page(base_url=at)
            opened.set_viewport_size(DESK)
            opened.goto("/map")
            yield opened
        browser.close()


def main(
    windows: Annotated[int, typer.Option(min=50, help="How many; each has two points.")] = 5000,
    frames: Annotated[int, typer.Option(min=2, help="How many are drawn.")] = FRAMES,
) -> None:
    """Print how long the points take to be placed, and each frame to be drawn at 1280 x 900."""
    rows, of = vectors(2 * windows + CLASSES)
    typer.echo(f"On: {this_machine()}")
    began = perf_counter()
    places = projected(rows, Metric.EUCLIDEAN, told=lambda _done: None)
    took_s = perf_counter() - began
    typer.echo(f"{len(rows):,} points of {DIM} numbers placed in {took_s:.1f} s, {EXAGGERATED + ROUNDS} rounds")
    with page() as opened:
        found = opened.evaluate(DRAWN, [answer(places, of), frames])
    slow = quantiles(found["took"], n=100)[-1]
    size = f"{found['width']} x {found['height']}"
    drawn = f"median {median(found['took']):.1f} ms a frame, the slowest hundredth {slow:.1f} ms"
    typer.echo(f"{found['points']:,} points drawn on {size} pixels: {drawn}; 60 a second leave 16.7")


if __name__ == "__main__":
    typer.run(main)
