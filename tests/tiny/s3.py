"""A service that speaks S3, in a process of its own: what it holds is gone with it."""

import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from shutil import rmtree
from typing import Any

import httpx

from index.media.address import MediaAddress
from index.media.bucket import BucketFiles
from tests.tiny.ports import kept_port

BUCKET, REGION = "media", "eu-central-1"
KEY, SECRET = "a-key-of-tests", "a-secret-of-tests"
START_S = 60.0


@contextmanager
def s3_server(host: str = "127.0.0.1", *, within: Sequence[str] = ()) -> Iterator[str]:
    """Its address; `within` is a command that starts others, as in a network of their own."""
    with kept_port() as port:
        command = [*within, sys.executable, "-m", "moto.server", "-H", host, "-p", str(port)]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            try:
                _wait(process, address := f"http://{host}:{port}")
                yield address
            finally:
                process.kill()


def make_bucket(address: str, name: str = BUCKET) -> None:
    """An empty bucket; what was in one of that name goes."""
    httpx.post(f"{address}/moto-api/reset", timeout=START_S).raise_for_status()
    where = f"<CreateBucketConfiguration><LocationConstraint>{REGION}</LocationConstraint></CreateBucketConfiguration>"
    headers = {"Authorization": f"AWS4-HMAC-SHA256 Credential={KEY}/20260101/{REGION}/s3/aws4_request"}
    httpx.put(f"{address}/{name}", content=where, headers=headers, timeout=START_S).raise_for_status()


def media_at(address: str, prefix: str = "clips") -> MediaAddress:
    """Media in the bucket of that service."""
    return MediaAddress(f"s3://{BUCKET}/{prefix}", address, REGION, key=KEY, secret=SECRET)


def _wait(process: "subprocess.Popen[bytes]", address: str) -> None:
    until = time.monotonic() + START_S
    while True:
        try:
            httpx.get(address, timeout=START_S)
            return
        except httpx.TransportError:
            assert process.poll() is None, "the S3 server has ended; is moto installed?"
            assert time.monotonic() < until, "the S3 server does not answer"
            time.sleep(0.05)


def settings_of(address: MediaAddress) -> dict[str, Any]:
    """The settings of a service whose media lie there."""
    return {
        "media_url": address.url,
        "media_endpoint": address.endpoint,
        "media_region": address.region,
        "media_key": address.key,
        "media_secret": address.secret,
    }


def move_media(data: Path, address: MediaAddress) -> None:
    """The media of a data folder are in the bucket from now on, as a copy of the folder has them."""
    files = BucketFiles(address)
    for path in (data / "media").glob("??/*"):
        files.put(path, f"{path.parent.name}/{path.name}")
    rmtree(data / "media")


def digests(address: MediaAddress) -> set[str]:
    """Of all media in the bucket."""
    return {Path(each).name for each in BucketFiles(address)._system.find(address.root)}
