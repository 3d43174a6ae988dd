"""What was found of how well a gallery's generations find."""

from collections.abc import Mapping

from index.catalog import evaluations, maps
from index.catalog.evaluations import EvaluationRow
from index.catalog.places import Place, by_window
from index.metadata import Json
from index.open_gallery import OpenGallery
from models.types import I64


class Evaluated(OpenGallery):
    """Evaluations that are kept; the newest make probabilities of scores."""

    def record_evaluation(
        self,
        generation: int,
        *,
        protocol: str,
        request: Mapping[str, Json],
        report: Mapping[str, Json],
        map_: bytes | None = None,
    ) -> EvaluationRow:
        """Keep what an evaluation of a generation found, and the map that was drawn if one was."""
        with self._stores.database.writing() as connection:
            row = evaluations.add(
                connection, self.key, generation=generation, protocol=protocol, request=request, report=report
            )
            if map_ is not None:
                maps.add(connection, row.key, map_)
        self._sigmoids.forget()
        return row

    def evaluation(self, key: int) -> EvaluationRow:
        """The evaluation of that key; raises EvaluationNotFound."""
        with self._stores.database.reading() as connection:
            return evaluations.get(connection, self.key, key)

    def evaluation_map(self, key: int) -> bytes:
        """The map of the evaluation of that key; raises MapNotFound."""
        with self._stores.database.reading() as connection:
            return maps.get(connection, self.key, key)

    def remove_evaluation(self, key: int) -> None:
        """Delete the evaluation of that key, and what it made probabilities of; raises EvaluationNotFound."""
        with self._stores.database.writing() as connection:
            evaluations.remove(connection, self.key, key)
        self._sigmoids.forget()

    def places(self, windows: I64) -> dict[int, Place]:
        """Where these windows are: those that are still there."""
        with self._stores.database.reading() as connection:
            return by_window(connection, self.key, windows.tolist())

    def evaluations(self) -> list[EvaluationRow]:
        """All that are kept, in the order they were made."""
        with self._stores.database.reading() as connection:
            return evaluations.listed(connection, self.key)
