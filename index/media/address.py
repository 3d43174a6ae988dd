"""Where media are to lie; known without what S3 is spoken with, which is an extra."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote

from models.errors import InvalidInput

FOLDER, BUCKET = "file://", re.compile(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[^/?#]+)*/?")


@dataclass(frozen=True, slots=True)
class MediaAddress:
    """A folder, `file:///mnt/media`, or a bucket and what its names begin with, `s3://bucket/prefix`; None: at home.

    Home is `media/` in the data folder. What the last four do not say of S3, the variables AWS_… do, or the machine.
    `scratch` is where copies lie for a while that are sent to the bucket, or read from it. Raises InvalidInput for
    any other URL.
    """

    url: str | None = None
    endpoint: str | None = None
    region: str | None = None
    key: str = field(default="", repr=False)
    secret: str = field(default="", repr=False)
    scratch: Path | None = None

    def __post_init__(self) -> None:
        if self.url is not None and not self.url.startswith(f"{FOLDER}/") and not BUCKET.fullmatch(self.url):
            raise InvalidInput(f"media must lie at file:///folder or s3://bucket/prefix, found {self.url!r}")
        if self.endpoint is not None and not re.fullmatch(r"https?://[^/@?#]+/?", self.endpoint):
            raise InvalidInput("S3 must be at http://host or https://host, and a port, without a name in it")
        if bool(self.key) != bool(self.secret):
            raise InvalidInput("expected a key of S3 and its secret, or neither; found one of them")

    @property
    def is_bucket(self) -> bool:
        """Whether they lie in S3."""
        return self.url is not None and not self.url.startswith(FOLDER)

    def folder(self, home: Path) -> Path:
        """The folder that they lie in, where they lie in one."""
        return home if self.url is None else Path(unquote(self.url.removeprefix(FOLDER)))

    @property
    def root(self) -> str:
        """The bucket and what its names begin with."""
        return (self.url or "").removeprefix("s3://").rstrip("/")

    def hidden(self, text: str) -> str:
        """The text without the key and its secret, wherever S3 repeats them."""
        for each in filter(None, (self.secret, self.key)):
            text = text.replace(each, "***")
        return text
