"""What one clip takes of a core, and what the service takes over HTTP."""

import re
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time

from benchmarks.contest import Way
from benchmarks.decoding import PICTURES, SOUND, render
from benchmarks.ingest import ALONE, Ingest
from benchmarks.scale_constants import ClipWork, Serving, short
from models.cores import cores
from models.media.decoding.decode import decode
from models.media.limits import Limits

CLIP_S = 10.0
TIMES = 3
SERVED = Path(__file__).parent.parent / "docs/performance.md"
BETWEEN = "<!-- written by benchmarks.serving: begin -->", "<!-- written by benchmarks.serving: end -->"


def clip_work(folder: Path | None = None) -> ClipWork:
    """A clip of 10 s, 640x360, through YAMNet and MobileNetV2 on one core; raises ValueError without their files."""
    ingest = Ingest(clips=2 * cores()) if folder is None else Ingest(clips=2 * cores(), folder=folder)
    with ingest.contest() as contest:
        if ALONE not in contest.ways:
            raise ValueError(next(iter(contest.skipped.values())))
        core_s = min(_seconds(contest.ways[ALONE]) for _ in range(TIMES)) / 2
    decoding_core_s, media_bytes = _decoding()
    return ClipWork(
        seconds=CLIP_S, core_s=short(core_s), decoding_core_s=short(decoding_core_s), media_bytes=media_bytes
    )


def served(document: Path = SERVED) -> Serving:
    """As the document has it; raises ValueError where it has it otherwise."""
    text = document.read_text().partition(BETWEEN[0])[2].partition(BETWEEN[1])[0]
    rows = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| ")]
    waits = [_number(row[1]) for row in rows if row[0] == "p99"]
    found = {row[0]: _number(row[1]) for row in rows if len(row) > 1 and re.search(r"\d", row[1])}
    windows = re.search(r"([\d,]+) windows", text)
    if windows is None or len(waits) != 3:
        raise ValueError(f"{document} has no table of the service under load")
    return Serving(
        windows=int(windows[1].replace(",", "")),
        inside_p50_s=found["search in process, p50"] / 1000,
        one_p50_s=found["the same over HTTP, one client, p50"] / 1000,
        one_p99_s=waits[0] / 1000,
        work_s=found["processor time of one of these searches, all threads"] / 1000,
        clients=16,
        a_second=found["16 clients, searches"],
        p99_s=waits[2] / 1000,
    )


def _number(cell: str) -> float:
    found = re.search(r"[\d,.]+", cell)
    return float(found[0].replace(",", "")) if found else 0.0


def _decoding() -> tuple[float, int]:
    """The processor's time of decoding a clip, with all threads, and the clip's size."""
    with TemporaryDirectory() as folder:
        clip = Path(folder) / "clip.mp4"
        render(clip, CLIP_S)
        spent = []
        for _ in range(TIMES):
            began = process_time()
            decode(clip, sound=SOUND, pictures=PICTURES, limits=Limits())
            spent.append(process_time() - began)
        return min(spent), clip.stat().st_size


def _seconds(work: Way) -> float:
    started = process_time()
    work()
    return process_time() - started
