"""Files of forms are written to the spool as they come, counted together, and gone with the answer."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from fastapi import params
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.testclient import TestClient

from models.errors import SettingsInvalid, SpoolFull
from service import app as service_app
from service.app import create_app
from service.incoming.parts import Parts, SpoolingRoute
from service.incoming.spool import Spool
from service.settings import Settings
from tests.unit.service.asking import OWN, SEARCH, refused, upload
from tests.unit.service.running import running
from tests.unit.service.waiting import PATIENCE_S, until_true

ROOT = Path(__file__).parents[3]
HEAD = b'--x\r\nContent-Disposition: form-data; name="file"; filename="clip.mp4"\r\n\r\n'
SERVED = """
import sys, uvicorn
from pathlib import Path
from service.app import create_app
from service.settings import Settings
if __name__ == "__main__":
    app = create_app(Settings(data=Path(sys.argv[1]), spool=Path(sys.argv[2]), job_workers=0))
    uvicorn.run(app, fd=int(sys.argv[3]), log_level="critical")
"""


@contextmanager
def half_sent(address: str, clip: bytes) -> Iterator[socket.socket]:
    """A connection on which the first bytes of an upload to the search have been sent."""
    host, port = urlsplit(address).hostname, urlsplit(address).port
    with socket.create_connection((host, port), timeout=30) as connection:
        size = len(HEAD) + len(clip) + 1000
        lines = (f"POST {SEARCH} HTTP/1.1", f"Host: {host}:{port}", f"Content-Length: {size}")
        kind = "Content-Type: multipart/form-data; boundary=x"
        connection.sendall("\r\n".join([*lines, kind, "", ""]).encode() + HEAD + clip)
        yield connection


def in_spool(spool: Path) -> list[int]:
    """The sizes of the files that wait there."""
    return [each.stat().st_size for each in spool.glob("*/*")]


def test_an_upload_lies_in_the_spool_while_it_comes_and_not_when_its_caller_left(library: Path, tmp_path: Path) -> None:
    app = create_app(Settings(data=library, spool=tmp_path))
    with running(app) as address:
        with half_sent(address, bytes(100_000)):
            until_true(lambda: [size for size in in_spool(tmp_path) if size > 60_000] != [])
            assert app.state.spool.taken_bytes > 60_000
        until_true(lambda: list(tmp_path.iterdir()) == [])
        assert app.state.spool.taken_bytes == 0


def test_uploads_have_a_quota_together_and_room_comes_back(library: Path, tmp_path: Path, clip: Path) -> None:
    size = clip.stat().st_size
    app = create_app(Settings(data=library, spool=tmp_path, upload_limit_bytes=2 * size, spool_limit_bytes=2 * size))
    with running(app) as address, httpx.Client(base_url=address, timeout=PATIENCE_S) as client:
        with half_sent(address, bytes(size)):
            until_true(lambda: app.state.spool.taken_bytes > size // 2)
            answer = whole(client, clip)
            refused(answer, 503, "spool-full", str(2 * size))
            assert answer.headers["retry-after"] == "5"
        until_true(lambda: app.state.spool.taken_bytes == 0)
        assert whole(client, clip).status_code == 200
    assert list(tmp_path.iterdir()) == []


def whole(client: httpx.Client, clip: Path) -> httpx.Response:
    """A whole upload."""
    return client.post(SEARCH, files={"file": clip.read_bytes()}, data={"from": "audio"})


def test_room_that_runs_out_on_the_way_is_the_same_refusal(library: Path, tmp_path: Path, clip: Path) -> None:
    """Of a body that does not say how long it is."""
    size = clip.stat().st_size
    app = create_app(Settings(data=library, spool=tmp_path, upload_limit_bytes=size, spool_limit_bytes=size))
    body = HEAD + clip.read_bytes() + b"\r\n--x--\r\n"
    with TestClient(app, OWN) as client:
        app.state.spool.take(size // 2)
        kind = {"Content-Type": "multipart/form-data; boundary=x"}
        answer = client.post(SEARCH, content=iter([body[: size // 2], body[size // 2 : size]]), headers=kind)
        refused(answer, 503, "spool-full")
        assert app.state.spool.taken_bytes == size // 2
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_service_left_is_removed_by_the_next(library: Path, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        fd = listener.fileno()
        command = [sys.executable, "-c", SERVED, str(library), str(tmp_path), str(fd)]
        with subprocess.Popen(command, cwd=ROOT, pass_fds=[fd]) as service, half_sent(address, bytes(100_000)):
            until_true(lambda: in_spool(tmp_path) != [])
            os.kill(service.pid, signal.SIGKILL)
            service.wait()
    assert in_spool(tmp_path) != []
    with TestClient(create_app(Settings(data=library, spool=tmp_path, job_workers=0)), OWN):
        until_true(lambda: list(tmp_path.iterdir()) == [])


def takes_files(dependant: Dependant) -> bool:
    """Whether a route reads files, itself or by what it depends on."""
    own = any(isinstance(field.field_info, params.File) for field in dependant.body_params)
    return own or any(map(takes_files, dependant.dependencies))


def test_every_route_that_takes_files_spools_them() -> None:
    routes = [each for router in service_app.ROUTERS for each in router.router.routes if isinstance(each, APIRoute)]
    forms = [each for each in routes if takes_files(each.dependant)]
    assert len(forms) >= 4
    assert [each.path for each in forms if not isinstance(each, SpoolingRoute)] == []


def descriptors_of(folder: Path) -> int:
    """How many of this process lead below a folder; threads of other services open and close others meanwhile."""
    found = 0
    for each in os.listdir("/proc/self/fd"):
        with suppress(FileNotFoundError):  # closed by now
            found += os.readlink(f"/proc/self/fd/{each}").startswith(f"{folder}/")
    return found


def test_many_files_of_one_form_need_no_descriptors_of_their_own(tmp_path: Path) -> None:
    parts = Parts(Spool(tmp_path, limit_bytes=10_000))
    made = [parts.part() for _ in range(500)]
    for each in made:
        each.write(b"a clip")
        each.seek(0)
    assert descriptors_of(tmp_path) == 1
    assert made[-1].read(3) + made[-1].read() == b"a clip"
    for each in made:
        each.close()
        each.close()
    assert list(tmp_path.iterdir()) == []
    assert parts.spool.taken_bytes == 0


def test_a_part_that_finds_no_room_on_the_disk_is_refused_and_closed_without_a_word(tmp_path: Path) -> None:
    parts = Parts(Spool(tmp_path, limit_bytes=10_000), "ada")
    part = parts.part()
    part.path.unlink()
    part.path.symlink_to("/dev/full")
    with pytest.raises(SpoolFull, match="the disk that uploads wait on is full"):
        part.write(b"a clip")
    part.close()
    assert (list(tmp_path.iterdir()), parts.spool.taken_bytes) == ([], 0)


def test_a_part_that_is_kept_is_not_copied(tmp_path: Path) -> None:
    part = Parts(Spool(tmp_path / "spool", limit_bytes=100)).part()
    part.write(b"a clip")
    number = part.path.stat().st_ino
    part.keep(tmp_path / "kept")
    part.close()
    assert (tmp_path / "kept").read_bytes() == b"a clip"
    assert (tmp_path / "kept").stat().st_ino == number


def test_a_form_that_breaks_off_leaves_nothing(client: TestClient, spool: Path) -> None:
    kind = {"Content-Type": "multipart/form-data; boundary=x"}
    answer = client.post(SEARCH, content=HEAD + b"half a clip", headers=kind)
    refused(answer, 400, "bad-request", "breaks off")
    assert list(spool.iterdir()) == []


def test_a_part_named_as_a_file_where_words_belong_leaves_nothing(client: TestClient, spool: Path, clip: Path) -> None:
    answer = client.post(SEARCH, files={"file": clip.read_bytes(), "from": ("x", b"audio")})
    refused(answer, 422, "query-invalid", "from")
    assert upload(client, SEARCH, clip, from_="audio").status_code == 200
    assert list(spool.iterdir()) == []


@pytest.mark.parametrize("charset", ["punycode", "utf-7", "rot13", "none-at-all"])
def test_a_form_is_read_as_utf_8_and_by_no_codec_that_its_sender_chooses(client: TestClient, charset: str) -> None:
    kind = {"Content-Type": f"multipart/form-data; boundary=x; charset={charset}"}
    refused(client.post(SEARCH, content=HEAD + b"\r\n--x--", headers=kind), 415, "unsupported-media-type", charset)
    kind = {"Content-Type": "multipart/form-data; boundary=x; charset=UTF-8"}
    refused(client.post(SEARCH, content=HEAD + b"\r\n--x--", headers=kind), 422, "media-invalid")


def test_a_quota_below_one_upload_is_refused_at_start(library: Path) -> None:
    with pytest.raises(SettingsInvalid, match="expected room for one upload"):
        Settings(data=library, upload_limit_bytes=100, spool_limit_bytes=99)
