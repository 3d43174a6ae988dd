"""Who makes a request, and what they may do."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from index.catalog.keys import KeyRow
from models.errors import NotAllowed
from service.callers.scopes import ALL_SCOPES, Scope


@dataclass(frozen=True, slots=True)
class Caller:
    """Who makes a request: the name of their key, what it allows, and in which galleries; None stands for all."""

    name: str
    scopes: frozenset[Scope]
    galleries: frozenset[str] | None = None

    def may(self, scope: Scope) -> bool:
        """Whether what needs this scope is allowed; `admin` contains the others."""
        return scope in self.scopes or "admin" in self.scopes

    def sees(self, gallery: str) -> bool:
        """Whether that gallery is one of theirs; lists show no others."""
        return self.galleries is None or gallery in self.galleries

    @property
    def may_all(self) -> bool:
        """Whether nothing is kept from them."""
        return self.may("admin") and self.galleries is None

    def require(self, scope: Scope) -> None:
        """Refuse who lacks a scope; raises NotAllowed."""
        if not self.may(scope):
            raise NotAllowed(f"the key {self.name!r} is for {', '.join(sorted(self.scopes))}; expected one for {scope}")

    def check(self, gallery: str) -> None:
        """Refuse a gallery that is not theirs, whether it exists or not; raises NotAllowed."""
        if self.galleries is not None and gallery not in self.galleries:
            own = ", ".join(sorted(self.galleries))
            raise NotAllowed(f"the key {self.name!r} is not for the gallery {gallery!r}; expected {own}")

    def check_all(self) -> None:
        """Refuse who is for some galleries only, where others are concerned too; raises NotAllowed."""
        if self.galleries is not None:
            own = ", ".join(sorted(self.galleries))
            raise NotAllowed(f"the key {self.name!r} is only for {own}; expected one for all galleries")


ANYBODY = Caller("", ALL_SCOPES)
"""Who asks where no keys are asked for: may do everything."""
NOBODY = Caller("", frozenset(), frozenset())
"""Who asks for what is open to all, where keys are asked for: may do nothing else."""


def of_key(row: KeyRow) -> Caller:
    """Who comes with a key; what it says of scopes that this version does not know counts for nothing."""
    grant = row.grant
    galleries = None if grant.galleries is None else frozenset(grant.galleries)
    return Caller(grant.name, frozenset(scope for scope in ALL_SCOPES if scope in grant.scopes), galleries)


def name_of_caller(request: Request) -> str:
    """Of the key that a request came with; empty where none was asked for."""
    caller = getattr(request.state, "caller", None)
    return caller.name if isinstance(caller, Caller) else ""


async def _asking(request: Request) -> Caller:
    caller = request.state.caller
    assert isinstance(caller, Caller)
    return caller


Asking = Annotated[Caller, Depends(_asking)]
