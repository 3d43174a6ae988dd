"""Files of the hub, fetched once, whole or resumed, and checked whenever they are used.

Source: huggingface_hub 2.4.0, file_download.py: `get_hf_file_metadata` asks for a file's commit and size by HEAD, and
`http_get` goes on from a part that is there by Range, which `hf_hub_download` itself no longer does between two calls.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import file_digest
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self, cast

from httpx2 import HTTPError, InvalidURL
from huggingface_hub import get_hf_file_metadata, hf_hub_url
from huggingface_hub.errors import HFValidationError
from huggingface_hub.file_download import HfFileMetadata, http_get

from models.errors import BundleInvalid, HubUnavailable
from training.hub.catalogue import Pretrained
from training.hub.lock import Lock

PUBLIC = "https://huggingface.co"
ANSWER_S = 10.0
COMMIT = re.compile(r"[0-9a-f]{40}")
SHA256 = re.compile(r"[0-9a-f]{64}")
FAILED = (HTTPError, InvalidURL, HFValidationError, OSError)
"""All by which the hub's client fails: answers and silence, addresses and names that cannot be, and the disk."""
Report = Callable[[int, int | None], None]
"""Told how many bytes of a file are there, and of how many where that is known."""


@dataclass(frozen=True, slots=True)
class Hub:
    """A hub and where its files are kept.

    Args:
        folder: files lie in it under repository and commit.
        lock: what was fetched before.
        endpoint: the hub's address, or a mirror's.
        offline: take what is there and ask nobody.
    """

    folder: Path
    lock: Lock
    endpoint: str = PUBLIC
    offline: bool = False

    def fetch(self, entry: Pretrained, file: str, report: Report = lambda done, total: None) -> Path:
        """A file of a repository, fetched unless it is there already; what was begun before goes on.

        Raises:
            HubUnavailable: the hub does not answer, has no such file or does not give it to everybody; or nobody may
                be asked.
            BundleInvalid: the file, or the commit of the revision, is another than it was.
        """
        commit = self.commit(entry)
        if commit is not None and (place := self._place(entry, commit, file)).is_file():
            self._check(entry, file, place, commit=commit)
            return place
        if self.offline:
            raise HubUnavailable(f"{_said(entry, file)} is not in {self.folder}, and nothing is fetched when offline")
        try:
            return self._fetched(entry, file, report)
        except FAILED as error:
            raise HubUnavailable(f"{_said(entry, file)} cannot be had from {self.endpoint}: {_line(error)}") from error

    def commit(self, entry: Pretrained) -> str | None:
        """The commit of the revision; None where it names a branch or tag that was never fetched."""
        if COMMIT.fullmatch(entry.revision):
            return entry.revision
        before = self.lock.of(entry)
        return before.commit if before else None

    def _fetched(self, entry: Pretrained, file: str, report: Report) -> Path:
        revision = self.commit(entry) or entry.revision
        url = hf_hub_url(entry.repository, file, revision=revision, endpoint=self.endpoint)
        # Without the token of whoever is logged in: all of this is public, and a mirror is somebody else.
        found = get_hf_file_metadata(url, token=False, timeout=ANSWER_S, endpoint=self.endpoint)
        commit = self._checked_commit(entry, found)
        place = self._place(entry, commit, file)
        place.parent.mkdir(parents=True, exist_ok=True)
        part = place.with_name(f"{place.name}.part")
        with part.open("ab") as out:
            _go_on(url, out, found.size, report)
        self._check(entry, file, part, commit=commit, etag=found.etag)
        part.replace(place)
        return place

    def _checked_commit(self, entry: Pretrained, found: HfFileMetadata) -> str:
        expected = self.commit(entry)
        if found.commit_hash is None or not COMMIT.fullmatch(found.commit_hash):
            raise OSError(f"it names no commit of {entry.repository}, as a hub would")
        if expected not in (None, found.commit_hash):
            raise BundleInvalid(f"{entry.repository} is at the commit {found.commit_hash}; expected {expected}")
        return found.commit_hash

    def _check(self, entry: Pretrained, file: str, path: Path, *, commit: str, etag: str | None = None) -> None:
        """Raise BundleInvalid unless the bytes are those known; what is not known yet is written down.

        The hub's own `etag` of a large file is its sha256.
        """
        with path.open("rb") as content:
            found = file_digest(content, "sha256").hexdigest()
        before = self.lock.of(entry)
        known = [entry.sha256.get(file), before.sha256.get(file) if before else None]
        known += [etag if etag is not None and SHA256.fullmatch(etag) else None]
        for expected in known:
            if expected not in (None, found):
                _forget(path)
                raise BundleInvalid(f"{_said(entry, file)} has sha256 {found}; expected {expected}")
        self.lock.record(entry, file, commit=commit, sha256=found)

    def _place(self, entry: Pretrained, commit: str, file: str) -> Path:
        return self.folder / entry.repository.replace("/", "--") / commit / file


def _go_on(url: str, out: BinaryIO, size: int | None, report: Report) -> None:
    """The rest of a file after what is in `out` of it; a part that is longer than the file is begun anew."""
    there = out.tell()
    if size is not None and there > size:
        out.truncate(0)
        there = 0
    report(there, size)
    bar = cast(Any, _bar(report, there, size))
    http_get(url, out, resume_size=there, expected_size=size, tqdm_class=bar)


def _bar(report: Report, there: int, size: int | None) -> Callable[..., "_Bar"]:
    return lambda **_: _Bar(report, there, size)


class _Bar:
    """What `http_get` takes for a tqdm, and tells of every piece."""

    def __init__(self, report: Report, there: int, size: int | None) -> None:
        self._report, self._done, self._size = report, there, size

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing to close."""

    def update(self, size: int) -> None:
        self._done += size
        self._report(self._done, self._size)


def _forget(path: Path) -> None:
    """A part with other bytes than it should have is of no use to go on from; a whole file is left to be looked at."""
    if path.suffix == ".part":
        path.unlink()


def _said(entry: Pretrained, file: str) -> str:
    return f"{file} of {entry.repository} at {entry.revision[:12]}"


def _line(error: Exception) -> str:
    """What the client says up to the address, without its advice to log in or to read about HTTP."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()] or [type(error).__name__]
    last = next((place for place, line in enumerate(lines) if "url" in line), 0)
    return " ".join(lines[: last + 1])
