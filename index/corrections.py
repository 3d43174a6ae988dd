"""Which routes of a generation are corrected for hubness and seen classes, and how."""

from collections.abc import Mapping

from pydantic import Field, ValidationError

from index.metadata import Json
from models.bundle.manifest import Frozen
from models.errors import CatalogInvalid
from models.hubness import RouteBias


class Corrections(Frozen):
    """What a generation takes off the scores of each corrected route; routes that are not named are as they are.

    Every window is a query of a bank where `shift` is 0, one in 2**shift else, the same ones in every process: so that
    a bank is of some thousand queries however large the gallery is.
    """

    shift: int = Field(default=0, ge=0, le=62)
    routes: Mapping[str, RouteBias] = Field(default_factory=dict)

    def of(self, routes: tuple[str, ...]) -> dict[str, RouteBias]:
        """Those of these routes that are corrected."""
        return {name: self.routes[name] for name in routes if name in self.routes}


NONE = Corrections()


def stored(biases: Mapping[str, Json]) -> Corrections:
    """Those that the catalog has of a generation; raises CatalogInvalid for what this version cannot read."""
    try:
        return Corrections.model_validate(biases)
    except ValidationError as error:
        raise CatalogInvalid(f"the biases of a generation cannot be read: {error}") from error
