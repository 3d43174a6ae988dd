"""Where a Milvus is; known without its client, which is an extra."""

import re
from dataclasses import dataclass, field
from importlib.util import find_spec

from models.errors import DependencyMissing, InvalidInput


@dataclass(frozen=True, slots=True)
class Address:
    """Where Milvus is: `http://host:19530` or `https://…`, or a path ending in .db for milvus-lite; an optional token.

    A path after the host, as in `http://host:19530/sightsound`, is the name of a database there. Raises InvalidInput
    for any other URI, and DependencyMissing where milvus-lite is wanted and not installed.
    """

    uri: str
    token: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        if not self.uri.startswith(("http://", "https://")) and not self.lite:
            raise InvalidInput(f"Milvus must be at http://…, https://… or in a file *.db, found {self.shown!r}")
        if self.lite and find_spec("milvus_lite") is None:
            raise DependencyMissing(f"{self.uri} needs milvus-lite, which is not installed: pip install milvus-lite")

    @property
    def lite(self) -> bool:
        """Whether it is a file, served inside this process."""
        return "://" not in self.uri and self.uri.endswith(".db")

    @property
    def shown(self) -> str:
        """The URI as it may be printed: without a name and password in it."""
        return re.sub(r"//[^/]*@", "//", self.uri)

    def hidden(self, text: str) -> str:
        """The text without the password or the token, wherever Milvus repeats them."""
        shown = text.replace(self.uri, self.shown)
        return shown.replace(self.token, "***") if self.token else shown
