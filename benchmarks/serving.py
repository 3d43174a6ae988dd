"""The command `python -m benchmarks.serving`: searches over HTTP beside the same work without it, asked by wrk."""

import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Annotated
from urllib.parse import quote_plus
from urllib.request import urlopen

import typer

DOCUMENT = Path(__file__).parent.parent / "docs/performance.md"
MARKERS = "<!-- written by benchmarks.serving: begin -->", "<!-- written by benchmarks.serving: end -->"
ROUTE, WORDS_ROUTE = "video->audio", "text->video"
CALLS = 400
MANY = 16
CLIP_S = 10.0
"""Of 640x360 at 30 a second, as a phone's or a camera's clips are; a shorter one shows more of what HTTP costs."""


@dataclass
class Rounds:
    """What was measured, round by round, by name."""

    found: dict[str, list[float]] = field(default_factory=dict)

    def add(self, name: str, value: float) -> None:
        self.found.setdefault(name, []).append(value)

    def middle(self, name: str) -> float:
        return median(self.found[name])

    def ratio(self, name: str, to: str) -> float:
        """The middle one of the rounds' ratios."""
        return median(a / b for a, b in zip(self.found[name], self.found[to], strict=True))

    def beyond(self, name: str, other: str) -> float:
        """The middle one of the rounds' differences."""
        return median(a - b for a, b in zip(self.found[name], self.found[other], strict=True))


def main(
    data: Annotated[Path, typer.Option(help="A data folder that `sightsound demo` made.")] = Path("sightsound-data"),
    windows: Annotated[int, typer.Option(min=1000, help="How many the gallery has.")] = 31_000,
    rounds: Annotated[int, typer.Option(min=1, help="How often each is measured, in turn.")] = 5,
    seconds: Annotated[int, typer.Option(min=1, help="How long wrk asks each time.")] = 3,
    write: Annotated[bool, typer.Option(help="Write the table into docs/performance.md.")] = False,
) -> None:
    """Print what a search costs over HTTP, and what so many clients get."""
    from benchmarks.machine import this_machine
    from benchmarks.report import write_into
    from benchmarks.wrk import check_there
    from models.errors import SightsoundError

    try:
        check_there()
        machine = this_machine()
        with TemporaryDirectory() as folder:
            found = measured(data, Path(folder), windows=windows, rounds=rounds, seconds=seconds)
    except SightsoundError as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(2) from error
    text = f"Median of {rounds} rounds, {windows:,} windows, on: {machine}.\n\n{table(found)}"
    typer.echo(text)
    if write:
        write_into(DOCUMENT, text, MARKERS)


def measured(data: Path, folder: Path, *, windows: int, rounds: int, seconds: int) -> Rounds:
    """Everything, so many times in turn; raises SettingsInvalid, DependencyMissing."""
    from benchmarks.serving_world import CONSTANT, GALLERY, served, world
    from benchmarks.wrk import asked

    made = world(data, folder, windows=windows)
    search = f"/v1/galleries/{GALLERY}/search"
    found = Rounds()
    with ExitStack() as open_ones:
        inside = open_ones.enter_context(_inside(made))
        constant = folder / "answer.json"
        constant.write_bytes(b"{}")
        service = open_ones.enter_context(served(made, constant))
        address = service.address
        names = inside.names
        constant.write_bytes(_get(f"{address}{search}?to=video&text={quote_plus(names[0])}"))
        paths = [f"{search}?to=video&text={quote_plus(each)}" for each in names]
        words, unknown, upload = _scripts(folder, search, paths, inside.clip)
        for name in names:
            _get(f"{address}{search}?to=video&text={quote_plus(name)}")
        asked(address, clients=1, seconds=seconds, script=upload)  # whatever is cold
        for _ in range(rounds):
            found.add("inside p50", _p50_ms(inside.search, CALLS))
            alone = asked(address, clients=1, seconds=seconds, script=words)
            found.add("one p50", alone.p50_ms)
            found.add("one p99", alone.p99_ms)
            bare = asked(f"{address}{CONSTANT}", clients=1, seconds=seconds)
            found.add("constant p50", bare.p50_ms)
            found.add("constant p99", bare.p99_ms)
            for name, url, script in (("constant", f"{address}{CONSTANT}", None), ("words", address, words)):
                before_ms = service.spent_ms()
                many = asked(url, clients=MANY, seconds=seconds, script=script)
                found.add(f"many {name}", many.a_second)
                found.add(f"{name} work", (service.spent_ms() - before_ms) / (many.a_second * seconds))
            found.add("many p99", many.p99_ms)
            found.add("uncached p50", asked(address, clients=1, seconds=seconds, script=unknown).p50_ms)
            found.add("inside upload p50", _p50_ms(inside.upload, 20))
            sent = asked(address, clients=1, seconds=max(seconds, 3), script=upload)
            found.add("upload p50", sent.p50_ms)
            found.add("odd", alone.odd + bare.odd + many.odd + sent.odd)
    return found


@dataclass(frozen=True, slots=True)
class Inside:
    """The same work in this process: a search by a word's vector, and one by a clip."""

    names: list[str]
    clip: Path
    search: Callable[[], object]
    upload: Callable[[], object]


@contextmanager
def _inside(data: Path) -> Iterator[Inside]:
    """Opened for as long as a block lasts."""
    from itertools import cycle

    from benchmarks.decoding import render
    from benchmarks.serving_world import GALLERY
    from index.searching import Search
    from models.types import F32, Modality
    from service.encoding.features import of_query
    from service.resources import Resources
    from service.settings import Settings

    with Resources.open(Settings(data=data, job_workers=0, remembered_bytes=0)) as resources:
        gallery = resources.galleries.get(GALLERY)
        names = sorted(gallery.summary().labels)
        generation = gallery.active
        manifest = generation.bundle.manifest
        text, extractor = resources.encoders.text(manifest), resources.encoders.extractor(manifest)
        vectors = cycle([generation.query_vectors(WORDS_ROUTE, {"text": text.encode([each])}) for each in names])
        clip = data.parent / "clip.mp4"
        render(clip, CLIP_S)

        def upload() -> object:
            found = of_query(extractor.extract(clip), "video")
            features: dict[Modality, F32] = {sense: row for sense, row in found.items()}
            return gallery.search(ROUTE, features, k=10)

        yield Inside(names, clip, lambda: gallery.search_vectors(next(vectors), Search(WORDS_ROUTE, 10)), upload)


def _scripts(folder: Path, search: str, paths: list[str], clip: Path) -> tuple[str, str, str]:
    """Files in Lua for wrk: one name after the other; words that nobody asked with before; a clip."""
    listed = ", ".join(json.dumps(each) for each in paths)
    words = f"local paths, i = {{{listed}}}, 0\nrequest = function()\n  i = i % #paths + 1\n"
    words += "  return wrk.format('GET', paths[i])\nend\n"
    unknown = "local i = 0\nlocal began = os.time()\nrequest = function()\n  i = i + 1\n"
    unknown += f"  return wrk.format('GET', '{search}?to=video&text=noise+' .. began .. '+' .. i)\nend\n"
    body = folder / "body"
    part = b'--x\r\nContent-Disposition: form-data; name="from"\r\n\r\nvideo\r\n'
    file = b'--x\r\nContent-Disposition: form-data; name="file"; filename="clip"\r\n\r\n%b\r\n--x--\r\n'
    body.write_bytes(part + file % clip.read_bytes())
    upload = f"local file = io.open('{body}', 'rb')\nlocal body = file:read('*a')\n"
    upload += "local headers = {['Content-Type'] = 'multipart/form-data; boundary=x'}\n"
    upload += f"request = function()\n  return wrk.format('POST', '{search}', headers, body)\nend\n"
    written = []
    for name, script in (("words", words), ("unknown", unknown), ("upload", upload)):
        (folder / f"{name}.lua").write_text(script)
        written.append(str(folder / f"{name}.lua"))
    return written[0], written[1], written[2]


def _get(url: str) -> bytes:
    with urlopen(url) as answer:
        return bytes(answer.read())


def _p50_ms(work: Callable[[], object], calls: int) -> float:
    seconds = []
    work()
    for _ in range(calls):
        began_s = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - began_s)
    return 1000 * median(seconds)


def table(found: Rounds) -> str:
    """For the document."""
    m = found.middle
    rows = [
        ("search in process, p50", f"{m('inside p50'):.2f} ms", "", ""),
        (
            "the same over HTTP, one client, p50",
            f"{m('one p50'):.2f} ms",
            f"{found.beyond('one p50', 'inside p50'):.2f} ms more than in process",
            "at most 1 ms",
        ),
        ("p99", f"{m('one p99'):.2f} ms", f"{found.ratio('one p99', 'one p50'):.1f} x its p50", "at most 5 x"),
        ("a constant answer as long, one client, p50", f"{m('constant p50'):.2f} ms", "", ""),
        ("p99", f"{m('constant p99'):.2f} ms", f"{found.ratio('constant p99', 'constant p50'):.1f} x its p50", ""),
        (f"{MANY} clients, constant answer", f"{m('many constant'):,.0f} a second", "", ""),
        (
            f"{MANY} clients, searches",
            f"{m('many words'):,.0f} a second",
            f"{found.ratio('many words', 'many constant'):.2f} of the constant answer's",
            "at least 0.5",
        ),
        ("p99", f"{m('many p99'):.1f} ms", "", ""),
        (
            "processor time of one of these searches, all threads",
            f"{m('words work'):.2f} ms",
            f"a constant answer {m('constant work'):.2f} ms",
            "",
        ),
        (
            "words never asked before, one client, p50",
            f"{m('uncached p50'):.2f} ms",
            f"{found.ratio('uncached p50', 'one p50'):.1f} x a known name",
            "",
        ),
        ("decode, backbone and search of a clip in process, p50", f"{m('inside upload p50'):.1f} ms", "", ""),
        (
            "the clip uploaded, one client, p50",
            f"{m('upload p50'):.1f} ms",
            f"{found.ratio('upload p50', 'inside upload p50'):.2f} x in process",
            "at most 1.15 x",
        ),
        ("answers of another status than 200", f"{sum(found.found['odd']):.0f}", "", "0"),
    ]
    lines = ["| what | measured | compared | aim |", "| --- | ---: | ---: | ---: |"]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)])


if __name__ == "__main__":
    os.environ.update({"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"})
    typer.run(main)
