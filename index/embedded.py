"""How a gallery is embedded: generations beside each other, one of which answers."""

from index import reindexing
from index.catalog import galleries
from index.catalog.galleries import GenerationRow
from index.choosing import Wanted, check
from index.evaluation import bank_of
from index.generations import Generation
from index.open_gallery import OpenGallery
from index.reindexing import Extract, Rules
from index.stepwise import Stepwise
from index.watching import UNWATCHED, Watch
from models.types import F32, I64

RULES = Rules()


class Embedded(OpenGallery):
    """Generations: built, switched to, gone back to, kept and dropped."""

    def reindex(
        self,
        bundle: str,
        *,
        rules: Rules = RULES,
        extract: Extract | None = None,
        biases: Wanted | None = None,
        expected: int | None = None,
    ) -> Generation:
        """Embed the gallery anew with another bundle, beside the old, and switch to it once it is whole.

        Vectors come from stored features; of other backbones than these, from the media, by `extract`. Searches go on
        meanwhile, with the old bundle. Routes are corrected as `biases` says, by default as they are now.

        Raises:
            BundleNotFound, BundleInvalid: no such bundle, or a damaged one.
            RouteMissing: the bundle has no such route to be corrected.
            SpaceMismatch: the bundle expects features of other backbones, and there is no `extract`.
            GenerationWorse: it would find worse than the rules allow.
            Conflict: somebody else reindexed the gallery meanwhile, or another generation than `expected` is active.
        """
        self.check_active(expected)
        chosen = self._stores.shelf.bundle(bundle)
        return reindexing.reindex(self._stores, self._active, chosen, rules=rules, extract=extract, biases=biases)

    def roll_back(self, number: int | None = None, *, expected: int | None = None) -> Generation:
        """Answer with another generation that is kept, the last one before by default.

        Raises:
            GenerationNotFound: there is none of that number, or none before.
            SpaceMismatch: clips came since that lack the features of its bundle's backbones.
            Conflict: `expected`, by default the one that answers, is not the active one any more.
        """
        return reindexing.roll_back(self._stores, self._active, number, expected=expected)

    def check_active(self, expected: int | None) -> None:
        """Refuse where another generation than the expected one is active; raises Conflict."""
        with self._stores.database.reading() as connection:
            galleries.check_active(connection, self.key, expected)

    def drop_generation(self, number: int) -> None:
        """Forget a generation that is kept, with its vectors; raises GenerationNotFound, Conflict for the active one
        and for one that is being built.
        """
        reindexing.drop(self._stores, self.key, number)

    def generations(self) -> list[GenerationRow]:
        """The generations that are kept, oldest first, with how each was built and verified."""
        with self._stores.database.reading() as connection:
            return galleries.generations_of(connection, self.key)

    def generation(self, number: int) -> Generation:
        """One of those that are kept, with its vectors; raises GenerationNotFound."""
        return self.active if number == self.active.number else self._active.open(number)

    def stepwise(self, bundle: str, mark: str, biases: Wanted | None = None) -> Stepwise:
        """A reindexing in steps that can be continued by the mark; raises as `reindex` does for what is not there."""
        chosen = self._stores.shelf.bundle(bundle)
        check(chosen, biases)
        return Stepwise(self._stores, self._active, chosen, mark, biases)

    def give_up(self, mark: str) -> None:
        """Forget what the reindexing of that mark has begun to build."""
        Stepwise(self._stores, self._active, self.active.bundle, mark).forget()

    def bank(self, route: str, generation: Generation) -> tuple[I64, F32]:
        """What the biases of a generation's route are made of, or would be: see `evaluation.bank_of`."""
        with self._stores.database.reading() as connection:
            return bank_of(connection, generation, route)

    def compact(self, watch: Watch = UNWATCHED) -> None:
        """Build the vectors of the active generation anew, so that what came and went since is indexed too."""
        self._active.rebuild(watch)

    def keep(self) -> None:
        """Write vectors that have changed much, so that the next start need not make them."""
        self._active.keep()
