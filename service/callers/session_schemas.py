"""The shape of who asks, as it is answered."""

from service.callers.caller import Caller
from service.schemas import Frozen


class Session(Frozen):
    """Who asks: the name of their key (empty: without one), its scopes, and its galleries (null: all)."""

    name: str
    scopes: tuple[str, ...]
    galleries: tuple[str, ...] | None

    @classmethod
    def of(cls, caller: Caller) -> "Session":
        """As a caller may know of themselves."""
        galleries = None if caller.galleries is None else tuple(sorted(caller.galleries))
        return cls(name=caller.name, scopes=tuple(sorted(caller.scopes)), galleries=galleries)
