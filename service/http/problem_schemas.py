"""The shapes of refusals."""

from pydantic import Field

from service.schemas import Frozen


class Fault(Frozen):
    """One parameter that does not hold."""

    parameter: str
    found: str
    expected: str


class Problem(Frozen):
    """Why a request was refused (RFC 9457); `faults` lists the parameters where those are to blame."""

    type: str = Field(description="An address that explains this kind of problem.")
    title: str
    status: int
    detail: str
    instance: str
    faults: tuple[Fault, ...] | None = None


class ProblemKind(Frozen):
    """A kind of problem, explained."""

    type: str
    title: str
    status: int
    advice: str
