"""Clips' files in a bucket of S3, by fsspec."""

import errno
import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from index.media.address import MediaAddress
from index.media.base import Found
from models.errors import DependencyMissing, Unavailable

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

CONNECT_S, ANSWER_S = 5, 30
RETRIES, RETRIED_S = 3, 30
SAID_CHARACTERS = 300

log = logging.getLogger(__name__)


class BucketFiles:
    """Objects of a bucket: S3 shows one when it has all of it, and to everybody at once.

    Raises DependencyMissing.
    """

    def __init__(self, address: MediaAddress) -> None:
        self.root, self._address = f"s3://{address.root}", address
        self._system, failures = _opened(address)
        self._failures: tuple[type[Exception], ...] = (*failures, OSError)

    def put(self, source: Path | str, name: str) -> bool:
        """As the port says. Two who put the same bytes at once may both hear that they are new."""
        if self.find(name) is not None:
            return False
        with self._asking():
            if isinstance(source, Path):
                self._system.put_file(str(source), self._at(name))
            else:
                self._system.cp_file(self._at(source), self._at(name))
        return True

    def find(self, name: str) -> Found | None:
        """As the port says."""
        try:
            with self._asking():
                told = self._system.info(self._at(name))
        except FileNotFoundError:
            return None
        return Found(told["size"], told["last_modified"].timestamp(), None)

    def read(self, name: str, start: int, end: int) -> bytes:
        """As the port says."""
        with self._asking():
            content: bytes = self._system.cat_file(self._at(name), start=start, end=end)
        return content

    def remove(self, name: str) -> None:
        """As the port says."""
        with self._asking():
            self._system.rm_file(self._at(name))

    def listed(self, folder: str) -> Iterator[str]:
        """As the port says."""
        try:
            with self._asking():
                told = self._system.ls(self._at(folder), detail=True)
        except FileNotFoundError:
            return
        for each in told:
            if each["type"] == "file":
                yield each["name"].removeprefix(f"{self._address.root}/")

    def _at(self, name: str) -> str:
        return f"{self._address.root}/{name}".rstrip("/")

    @contextmanager
    def _asking(self) -> Iterator[None]:
        """What fails in the block is S3 or the way there; raises Unavailable, which callers hear: the log says more."""
        try:
            yield
        except FileNotFoundError:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), self.root) from None
        except self._failures as error:
            said = self._address.hidden(" ".join(str(error).split()))[:SAID_CHARACTERS]
            log.warning("the media at %s cannot be reached: %s", self.root, said)
            raise Unavailable(f"the media cannot be reached ({type(error).__name__}); ask again") from None


def _opened(address: MediaAddress) -> "tuple[AbstractFileSystem, tuple[type[Exception], ...]]":
    """The bucket's file system, and what it fails with."""
    try:
        from obstore.exceptions import BaseError
        from obstore.fsspec import FsspecStore
    except ImportError as error:
        raise DependencyMissing(
            "media in S3 need obstore and fsspec, which are not installed: pip install 'sightsound[s3]'"
        ) from error
    make: Callable[..., AbstractFileSystem] = FsspecStore
    # Not from a cache, or every one that was ever opened stays, with its secret.
    return make("s3", skip_instance_cache=True, **_patience(address), **_said(address)), (BaseError, ValueError)


def _patience(address: MediaAddress) -> dict[str, Any]:
    """How long S3 is waited for, and how often it is asked again."""
    seconds = {"connect_timeout": timedelta(seconds=CONNECT_S), "timeout": timedelta(seconds=ANSWER_S)}
    return {
        "client_options": {"allow_http": (address.endpoint or "").startswith("http://"), **seconds},
        "retry_config": {"max_retries": RETRIES, "retry_timeout": timedelta(seconds=RETRIED_S)},
    }


def _said(address: MediaAddress) -> dict[str, str]:
    """What is not left to the variables AWS_…, or to the machine."""
    said = {
        "endpoint": address.endpoint,
        "region": address.region,
        "access_key_id": address.key,
        "secret_access_key": address.secret,
    }
    return {name: value for name, value in said.items() if value}
