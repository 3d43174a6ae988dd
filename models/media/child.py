"""The inside of the cage: what a child process does to itself and to a file."""

import os
import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import av

from models.media.decoding.decode import decode, decode_stretch
from models.media.decoding.stretches import Part, Stretch
from models.media.file.probe import Probe, probe
from models.media.limits import Limits
from models.media.media import FrameSpec, Media, SoundSpec
from models.media.seccomp import refuse_calls

A = TypeVar("A")

OPEN_FILES = 64  # the pool's own pipes and one media file
OUT_OF_MEMORY = 77  # exit status


def confine(memory_bytes: int) -> None:
    """Let this process write no file, open few, grow little, forget its environment, and talk to nobody."""
    os.environ.clear()  # it may hold the keys of other things; who can read /proc finds them still
    av.logging.set_level(av.logging.PANIC)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (OPEN_FILES, OPEN_FILES))
    ceiling = _mapped_bytes() + memory_bytes
    resource.setrlimit(resource.RLIMIT_AS, (ceiling, ceiling))
    refuse_calls()


def decode_confined(path: Path, sound: SoundSpec, pictures: FrameSpec, limits: Limits) -> Media:
    """As `decode`, on a budget of processor time; ends the process when memory runs out."""
    with _on_budget(limits):
        return decode(path, sound=sound, pictures=pictures, limits=limits)


def stretch_confined(path: Path, stretch: Stretch, sound: SoundSpec, pictures: FrameSpec, limits: Limits) -> Part:
    """As `decode_stretch`, on the same budget, which is each stretch's own."""
    with _on_budget(limits):
        return decode_stretch(path, stretch, sound=sound, pictures=pictures, limits=limits)


def probe_confined(path: Path, limits: Limits) -> Probe:
    """As `probe`, on the same budget."""
    with _on_budget(limits):
        return probe(path, limits)


def look_confined(task: Callable[[Path, Limits], A], path: Path, limits: Limits) -> A:
    """Any function of a file and the limits, on the same budget."""
    with _on_budget(limits):
        return task(path, limits)


@contextmanager
def _on_budget(limits: Limits) -> Iterator[None]:
    _allow_cpu(_spent_cpu_s() + limits.cpu_s + 1)
    try:
        yield
    except MemoryError:
        # A process short of memory could lose the next file's pictures without a word.
        os._exit(OUT_OF_MEMORY)
    finally:
        _allow_cpu(resource.RLIM_INFINITY)  # so that it is never killed while it hands over what was found


def _allow_cpu(limit_s: int) -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (limit_s, resource.RLIM_INFINITY))


def _spent_cpu_s() -> int:
    spent = resource.getrusage(resource.RUSAGE_SELF)
    return int(spent.ru_utime + spent.ru_stime)


def _mapped_bytes() -> int:
    """What is mapped already, most of it libraries; it varies with the machine's cores."""
    return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
