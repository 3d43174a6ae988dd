"""The recall of routes whose scores are corrected."""

from index.gallery import Gallery
from index.probing import is_approximate, recall
from index.reindexing import Rules
from tests.unit.index.corrected import ASKED, MIXED
from tests.unit.index.world import query


def test_an_exact_table_finds_everything_by_corrected_scores_too(many: Gallery) -> None:
    many.reindex("tiny", rules=Rules(tolerance=None), biases=MIXED)
    generation = many.active
    for route, modalities in ASKED.items():
        features = {each: rows[None] for each, rows in query(7, modalities).items()}
        vector, table = generation.query_vectors(route, features), generation.table(route)
        assert recall(table, route, vector, at=10) == 1.0
        assert not is_approximate(table)
