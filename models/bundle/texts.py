"""The texts of classes as the heads of a bundle see them, embedded once."""

from models.bundle.runtime import Bundle
from models.types import F32


class Texts:
    """Text features [c, width], and what heads make of them; safe to use from several threads."""

    def __init__(self, bundle: Bundle, features: F32) -> None:
        self.features = features
        self._bundle = bundle
        self._embedded: dict[str, F32] = {}

    def by(self, head: str) -> F32:
        """[c, dim] what a head that reads text alone makes of them; not to be changed."""
        if head not in self._embedded:
            self._embedded[head] = self._bundle.embed(head, {"text": self.features})
        return self._embedded[head]

    @property
    def size_bytes(self) -> int:
        """What all of it takes."""
        return self.features.nbytes + sum(each.nbytes for each in list(self._embedded.values()))
