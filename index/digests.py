"""The sha256 of many media, kept on the disk: a gallery has more of them than should be held at once."""

from collections.abc import Iterable, Iterator
from tempfile import TemporaryFile
from types import TracebackType
from typing import Self

from index.stores import Stores

DIGEST_BYTES = 32


class Digests:
    """Sums that are written one after another; gone with the block."""

    def __init__(self) -> None:
        self._file = TemporaryFile()  # noqa: SIM115 - closed by the block

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._file.close()

    def extend(self, sha256s: Iterable[str]) -> None:
        """These too."""
        for each in sha256s:
            self._file.write(bytes.fromhex(each))

    def drop_unused(self, stores: Stores) -> None:
        """Forget the files of those that no clip of any gallery has."""
        stores.drop_unused(self._all())

    def _all(self) -> Iterator[str]:
        self._file.seek(0)
        while digest := self._file.read(DIGEST_BYTES):
            yield digest.hex()
