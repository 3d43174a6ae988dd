"""A demo's data folder with a gallery of very many windows, and the service over it in a process of its own."""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import copytree, ignore_patterns

import numpy as np
from starlette.responses import Response
from starlette.routing import Route

from benchmarks.library import BATCH, clip_id
from index.catalog import clips, galleries
from index.catalog.database import Database
from index.clips import Clip
from index.galleries import Galleries
from models.errors import SettingsInvalid
from models.types import F32, Sense, Window
from service.app import create_app
from service.serving import Server, bound
from service.settings import Settings

GALLERY = "many"
CONSTANT = "/constant"
NOISE = 0.3
"""How far the features of made-up windows lie from those of real ones, as a part of their spread."""


def world(demo: Path, folder: Path, *, windows: int) -> Path:
    """A copy of a demo's folder with the gallery "many", each window of which is like one of the demo's, with noise.

    Raises SettingsInvalid where the folder has no gallery "demo".
    """
    if not (demo / "catalog.sqlite").is_file():
        raise SettingsInvalid(f"{demo} is no data folder; expected one that `sightsound demo` made")
    made = Path(copytree(demo, folder / "data", ignore=ignore_patterns("world", "derived", "jobs*")))
    opened = Galleries.open(made)
    bundle = opened.get("demo").active.bundle
    opened.create(GALLERY, bundle.manifest.name)
    senses: tuple[Sense, ...] = ("audio", "video")
    real = opened.get("demo").features(*senses)
    rows = np.random.default_rng(0).integers(len(real.labels), size=windows)
    features = {sense: _like(real.features[sense], rows) for sense in senses}
    opened.close()
    sources = {sense: ref.sha256 for sense, ref in bundle.manifest.backbones.items()}
    _fill(made / "catalog.sqlite", [real.labels[row] for row in rows.tolist()], features, sources)
    return made


def _like(real: F32, rows: "np.ndarray[tuple[int], np.dtype[np.int64]]") -> F32:
    noise = np.random.default_rng(1).normal(size=(len(rows), real.shape[1])).astype(np.float32)
    return np.asarray(real[rows] + NOISE * real.std(axis=0) * noise, np.float32)


def _fill(
    catalog: Path, labels: Sequence[tuple[str, ...]], features: dict[Sense, F32], sources: dict[Sense, str]
) -> None:
    database = Database(f"sqlite:///{catalog}")
    with database.writing() as connection:
        key = galleries.get(connection, GALLERY).key
        for start in range(0, len(labels), BATCH):
            some = range(start, min(start + BATCH, len(labels)))
            clips.add_all(
                connection,
                key,
                [(_clip(i, labels[i]), [{sense: rows[i] for sense, rows in features.items()}], sources) for i in some],
            )
    database.close()


def _clip(i: int, labels: tuple[str, ...]) -> Clip:
    return Clip(
        id=clip_id(i),
        name=f"clip {i}.mp4",
        labels=labels,
        media_type="video/mp4",
        size_bytes=1,
        sha256=f"{i:064x}",
        duration_s=10.0,
        windows=(Window(0.0, 10.0),),
        senses=frozenset({"audio", "video"}),
        metadata={},
        added_at=float(i),
    )


@dataclass(frozen=True, slots=True)
class Served:
    """A service in a process of its own, by its address and number."""

    address: str
    process: int

    def spent_ms(self) -> float:
        """The processor time that it has taken, with all its threads; Linux alone tells."""
        told = Path(f"/proc/{self.process}/stat").read_text().rpartition(")")[2].split()
        return 1000 * (int(told[11]) + int(told[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def served(data: Path, constant: Path) -> Iterator[Served]:
    """The service over a folder, which also answers CONSTANT with the bytes of a file."""
    command = [sys.executable, "-m", "benchmarks.serving_world", str(data), str(constant)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield Served(process.stdout.readline().strip(), process.pid)
        finally:
            process.terminate()


def main(data: Path, constant: Path) -> None:
    """Serve until told to end."""
    # What clips had is not remembered, so that an upload that is sent again is decoded again.
    settings = Settings(data=data, port=0, job_workers=0, remembered_bytes=0)
    app = create_app(settings)

    async def answer(request: object) -> Response:
        return Response(constant.read_bytes(), media_type="application/json")

    app.router.routes.insert(0, Route(CONSTANT, answer))
    with bound(settings) as listener:
        listener.listen()
        print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
        Server(app, settings).run(sockets=[listener])


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
