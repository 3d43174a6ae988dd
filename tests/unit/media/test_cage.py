import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from resource import RLIMIT_CORE, RLIMIT_FSIZE, RLIMIT_NOFILE, getrlimit
from time import monotonic, sleep

import numpy as np
import pytest
from pebble import ProcessPool
from pebble.pool.base_pool import Task

from models.errors import DecodeOverrun, MediaInvalid, SightsoundError, TooLarge
from models.media.cage import Cage
from models.media.child import confine
from models.media.decoding.decode import decode
from models.media.file.probe import probe
from models.media.limits import Limits
from models.media.media import FrameSpec, Media, SoundSpec
from tests.tiny.clips import render, tiny_clip

SOUND = SoundSpec(rate=16_000)
PICTURES = FrameSpec(rate=4, size=32, shorter_side=32)
PATIENCE_S = 60.0


def look(cage: Cage, path: Path) -> Media:
    return cage.decode(path, sound=SOUND, pictures=PICTURES)


@pytest.fixture(scope="module")
def slow_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """About a second of work for a decoder: noise, which does not compress."""
    noise = np.random.default_rng(0).integers(0, 255, (4, 360, 640, 3), np.uint8)
    return render(tmp_path_factory.mktemp("slow") / "slow.mp4", frames=np.concatenate([noise] * 24))


def children(cage: Cage) -> list[int]:
    return list(cage._pool._pool_manager.worker_manager.workers)


@pytest.fixture(scope="module")
def cage() -> Iterator[Cage]:
    with Cage(Limits(size_bytes=10_000_000)) as cage:
        yield cage


def test_what_comes_out_of_the_cage_is_what_decoding_gives(cage: Cage, tmp_path: Path) -> None:
    clip = tiny_clip(tmp_path / "clip.mp4")
    caged, free = look(cage, clip), decode(clip, sound=SOUND, pictures=PICTURES, limits=Limits())
    assert caged.duration_s == free.duration_s
    np.testing.assert_array_equal(caged.samples, free.samples)
    np.testing.assert_array_equal(caged.frames, free.frames)


def test_a_file_is_probed_in_the_cage_whatever_it_would_cost_to_decode(cage: Cage, tmp_path: Path) -> None:
    clip = tiny_clip(tmp_path / "clip.mp4")
    assert cage.probe(clip) == probe(clip, Limits())
    (tmp_path / "not.mp4").write_bytes(b"not a clip")
    with pytest.raises(MediaInvalid, match="cannot be read as media"):
        cage.probe(tmp_path / "not.mp4")
    with Cage(Limits(duration_s=1), workers=1) as strict:
        assert strict.probe(clip).duration_s == pytest.approx(2, abs=0.1)
        with pytest.raises(TooLarge, match="lasts 2"):
            look(strict, clip)


def test_a_bad_file_is_refused_in_the_cages_words_too(cage: Cage, tmp_path: Path) -> None:
    (tmp_path / "empty.mp4").touch()
    with pytest.raises(MediaInvalid, match="is empty"):
        look(cage, tmp_path / "empty.mp4")
    with (tmp_path / "huge.mp4").open("wb") as huge:
        huge.truncate(10_000_001)
    with pytest.raises(TooLarge):
        look(cage, tmp_path / "huge.mp4")


def test_many_files_come_in_order_and_a_bad_one_is_an_error_in_its_place(cage: Cage, tmp_path: Path) -> None:
    seconds = [1.0, 2.0, 0.5, 3.0, 1.5, 0.3, 2.5]
    clips = [tiny_clip(tmp_path / f"{i}.mp4", seconds=length) for i, length in enumerate(seconds)]
    clips[2].write_bytes(b"not a clip")
    found = list(cage.decode_all(clips, sound=SOUND, pictures=PICTURES))
    assert isinstance(found.pop(2), MediaInvalid)
    del seconds[2]
    for media, length in zip(found, seconds, strict=True):
        assert not isinstance(media, SightsoundError)
        assert media.duration_s == pytest.approx(length, abs=0.1)


def test_reading_many_files_looks_only_a_little_ahead(cage: Cage, tmp_path: Path) -> None:
    clip = tiny_clip(tmp_path / "clip.mp4", seconds=0.2)
    asked = 0

    def endless() -> Iterator[Path]:
        nonlocal asked
        while True:
            asked += 1
            yield clip

    found = cage.decode_all(endless(), sound=SOUND, pictures=PICTURES)
    for _ in range(3):
        next(found)
    assert asked <= 8


def test_several_threads_share_a_cage(cage: Cage, tmp_path: Path) -> None:
    clips = [tiny_clip(tmp_path / f"{i}.mp4", seconds=0.5 + i / 4) for i in range(4)]
    found: dict[Path, float] = {}
    threads = [
        threading.Thread(target=lambda clip: found.update({clip: look(cage, clip).duration_s}), args=(clip,))
        for clip in clips
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [found[clip] for clip in clips] == pytest.approx([0.5, 0.75, 1.0, 1.25], abs=0.15)


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        (Limits(wall_s=0.15), "took over 0.15 s, the limit"),
        (Limits(memory_bytes=100 * 2**20), "bytes of memory, the limit"),
    ],
)
def test_a_file_that_overruns_a_limit_costs_itself_only(
    tmp_path: Path, slow_clip: Path, limits: Limits, said: str
) -> None:
    hungry = FrameSpec(rate=100, size=360, shorter_side=360)  # 370 MB for the slow clip
    with Cage(limits, workers=1) as cage:
        with pytest.raises(DecodeOverrun, match=said):
            cage.decode(slow_clip, sound=SOUND, pictures=hungry)
        cage._limits = Limits()  # on a busy machine any file may overrun the one above
        assert look(cage, tiny_clip(tmp_path / "clip.mp4", seconds=0.1)).senses == {"audio", "video"}


def test_a_child_has_no_way_to_write_a_file_or_to_open_many() -> None:
    with ProcessPool(1, initializer=confine, initargs=(2**30,), context=get_context("forkserver")) as pool:
        limits = [RLIMIT_FSIZE, RLIMIT_CORE, RLIMIT_NOFILE]
        found = [pool.schedule(getrlimit, args=(each,)).result() for each in limits]
    assert found == [(0, 0), (0, 0), (64, 64)]


def attempts() -> list[str]:
    """What a child can do beside decoding: what it knows of its environment, and what the kernel says to it."""
    done = [*os.environ]
    for name, attempt in ATTEMPTS.items():
        try:
            attempt()
            done.append(name)
        except PermissionError:
            pass
    return done


ATTEMPTS: dict[str, Callable[[], object]] = {
    "connect": lambda: socket.socket(socket.AF_INET),
    "pair": socket.socketpair,
    "start": lambda: os.execv("/bin/true", ["true"]),
}


def test_a_child_has_no_environment_and_can_neither_connect_nor_start_a_program() -> None:
    assert "PATH" in os.environ
    with ProcessPool(1, initializer=confine, initargs=(2**30,), context=get_context("forkserver")) as pool:
        assert pool.schedule(attempts).result() == []


def test_a_warm_cage_has_its_children_before_the_first_file(tmp_path: Path) -> None:
    with Cage(Limits(), workers=2) as cage:
        cage.warm_up()
        look(cage, tiny_clip(tmp_path / "clip.mp4", seconds=0.1))
        assert len(children(cage)) == 2


def test_a_program_that_came_through_a_pipe_has_a_cage_too() -> None:
    program = """
from models.media.cage import Cage
from models.media.limits import Limits

with Cage(Limits(), workers=1) as cage:
    cage.rehearse(wait_s=30)
"""
    done = subprocess.run([sys.executable, "-"], input=program, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_child_that_is_killed_while_idle_is_replaced(tmp_path: Path) -> None:
    clip = tiny_clip(tmp_path / "clip.mp4")
    with Cage(Limits(), workers=1) as cage:
        look(cage, clip)
        (child,) = children(cage)
        os.kill(child, signal.SIGKILL)
        for _ in range(2):  # the first may meet the dying child
            try:
                found = look(cage, clip)
            except DecodeOverrun:
                continue
        assert found.senses == {"audio", "video"}
        assert children(cage) != [child]


def test_who_waits_for_a_file_that_a_broken_pool_has_forgotten_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where the only child is killed after the file was taken and before anybody was to be given it."""
    clip = tiny_clip(tmp_path / "clip.mp4")
    with Cage(Limits(), workers=1) as cage:
        look(cage, clip)
        (child,) = children(cage)

        def forget(task: Task) -> None:
            os.kill(child, signal.SIGKILL)
            wait_until(lambda: not cage._pool.active)

        monkeypatch.setattr(cage._pool._pool_manager, "schedule", forget)
        with pytest.raises(DecodeOverrun, match="was stopped while it was at the file"):
            look(cage, clip)
        assert look(cage, clip).senses == {"audio", "video"}


def hang(path: Path, limits: Limits) -> None:
    """Longer than anybody waits."""
    sleep(600)


def wait_until(holds: Callable[[], bool]) -> None:
    until = monotonic() + PATIENCE_S
    while not holds():
        assert monotonic() < until
        sleep(0.01)


def is_at_work(cage: Cage) -> bool:
    """Whether a child has said that it began a file."""
    return any(each.running() for each in tuple(cage._pending))


def test_a_child_that_crashes_on_a_file_is_replaced(tmp_path: Path) -> None:
    clip = tiny_clip(tmp_path / "clip.mp4")
    with Cage(Limits(), workers=1) as cage, ThreadPoolExecutor(1) as pool:
        look(cage, clip)
        (child,) = children(cage)
        crashing = pool.submit(cage.look, clip, hang)
        wait_until(lambda: is_at_work(cage))
        os.kill(child, signal.SIGSEGV)
        with pytest.raises(DecodeOverrun, match="the decoder crashed"):
            crashing.result(PATIENCE_S)
        assert look(cage, clip).senses == {"audio", "video"}


def test_a_closed_cage_takes_no_more_files_and_keeps_nobody_waiting(tmp_path: Path) -> None:
    clip = tiny_clip(tmp_path / "clip.mp4")
    cage = Cage(Limits(wall_s=600), workers=1)
    look(cage, clip)
    with ThreadPoolExecutor(2) as pool:
        at_work = pool.submit(cage.look, clip, hang)
        wait_until(lambda: is_at_work(cage))
        waiting = pool.submit(list, cage.decode_all([clip, clip], sound=SOUND, pictures=PICTURES))
        wait_until(lambda: len(cage._pending) == 3)
        cage.close()
        assert isinstance(at_work.exception(PATIENCE_S), DecodeOverrun)
        assert [type(each) for each in waiting.result(PATIENCE_S)] == [DecodeOverrun] * 2
    with pytest.raises(DecodeOverrun, match="closed"):
        look(cage, clip)
