"""What documents tell operators to do, as tests do it: their own lines, one after the other."""

from tests.documents import DOCS, examples

OPERATIONS = DOCS / "operations.md"


def recipe(says: str, *, document: str = "operations.md") -> list[str]:
    """The commands of the one example of a document that says so."""
    (found,) = [each.text for each in examples(DOCS / document) if says in each.text]
    return found.replace("\\\n", " ").splitlines()
