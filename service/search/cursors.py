"""Where a search goes on, as text: what was asked, of which generation, and which hits were told.

Nothing is kept here for it, so that any process can go on, and nothing of it has to be secret, as it says no more than
a caller may ask anyway. It is read as strictly as a query: each part of it within its bounds.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Annotated, Self

import numpy as np
from pydantic import Field, ValidationError

from index.clips import Hit
from index.filters import Filter
from index.generations import Generation
from index.searching import MOST_HITS, Counted
from models.errors import QueryInvalid
from models.types import F32
from service.schemas import Frozen, WindowNumber
from service.search.filtering import Least, Narrowing
from service.search.queries import LARGEST, LONGEST, MOST_TOGETHER, WIDEST, ClipId, RouteName, Weight
from service.search.questions import Question, of_vector

MOST_QUESTIONS = 1 + 3 * MOST_TOGETHER
DIGEST, LENGTH = 8, 4
"""Bytes of the sum over all, which tells what was cut or mistyped, and of the length of what is JSON."""


class _Asked(Frozen):
    """A query, without its vector, of which it says how wide it is."""

    route: RouteName
    weight: Weight
    windows: Annotated[tuple[WindowNumber, ...], Field(max_length=100_000)]
    dim: Annotated[int, Field(ge=1, le=WIDEST)]


class _Head(Frozen):
    """All of a cursor that is no vector."""

    gallery: int
    generation: int
    asked: Annotated[tuple[_Asked, ...], Field(min_length=1, max_length=MOST_QUESTIONS)]
    by: Counted
    among: Filter | None
    least: tuple[float | None, float | None]
    told: Annotated[tuple[WindowNumber, ...] | tuple[ClipId, ...], Field(min_length=1, max_length=MOST_HITS - 1)]


@dataclass(frozen=True, slots=True)
class Cursor:
    """A search of one generation, and what of it was told: windows by their numbers, or clips by their ids.

    `vectors` are one [dim] for each of what was asked.
    """

    head: _Head
    vectors: tuple[F32, ...]

    @classmethod
    def of(
        cls, generation: Generation, questions: Sequence[Question], narrowed: Narrowing, *, told: Sequence[Hit]
    ) -> Self:
        """Of a search that told these hits, some 1000 at most."""
        head = _Head(
            gallery=generation.gallery,
            generation=generation.number,
            asked=tuple(
                _Asked(
                    route=each.route, weight=each.weight, windows=tuple(sorted(each.windows)), dim=each.vector.shape[1]
                )
                for each in questions
            ),
            by=narrowed.by,
            among=narrowed.among,
            least=(narrowed.least.score, narrowed.least.probability),
            told=_names(told, narrowed.by),
        )
        return cls(head, tuple(each.vector[0] for each in questions))

    @classmethod
    def read(cls, text: str) -> Self:
        """What `written` wrote; raises QueryInvalid for anything else."""
        try:
            packed = urlsafe_b64decode(text + "=" * (-len(text) % 4))
            digest, content = packed[:DIGEST], packed[DIGEST:]
            if digest != _digest(content):
                raise ValueError("it was cut, or changed")
            end = LENGTH + int.from_bytes(content[:LENGTH], "big")
            head = _Head.model_validate_json(content[LENGTH:end])
            return cls(head, _vectors(content[end:], [each.dim for each in head.asked]))
        except (Error, ValidationError, ValueError) as error:
            raise QueryInvalid("cursor: expected one as the answer of a search has it, which this is not") from error

    def written(self) -> str:
        """As text; raises QueryInvalid for one that would be too long to be sent."""
        head = self.head.model_dump_json().encode()
        content = len(head).to_bytes(LENGTH, "big") + head + b"".join(each.tobytes() for each in self.vectors)
        text = urlsafe_b64encode(_digest(content) + content).decode().rstrip("=")
        if len(text) > LONGEST:
            raise QueryInvalid("pages: the queries and filters are together too long for a cursor; use offset")
        return text

    @property
    def routes(self) -> list[str]:
        """Of each query."""
        return [each.route for each in self.head.asked]

    def narrowing(self, *, k: int, explain: bool, moments: int) -> Narrowing:
        """What the search is asked beside its queries, the hits that were told being passed over; 1000 in all."""
        by, among, offset = self.head.by, self.head.among, len(self.head.told)
        left, least = min(k, MOST_HITS - offset), Least(*self.head.least)
        return Narrowing(by, among, left, offset=offset, least=least, explain=explain, pages=True, moments=moments)

    def untold(self, hits: Sequence[Hit]) -> list[Hit]:
        """Those that were not told."""
        told = frozenset(self.head.told)
        return [each for each, name in zip(hits, _names(hits, self.head.by), strict=True) if name not in told]

    def past(self, told: Sequence[Hit]) -> "Cursor | None":
        """Where it is once these were told too; None at the last one that a search tells."""
        names = (*self.head.told, *_names(told, self.head.by))
        if len(names) >= MOST_HITS:
            return None
        return Cursor(self.head.model_copy(update={"told": names}), self.vectors)

    def check(self, generation: Generation) -> None:
        """Refuse to compare with what another bundle made, or of another gallery; raises QueryInvalid."""
        if self.head.gallery != generation.gallery:
            raise QueryInvalid("cursor: it is of a search of another gallery")
        if self.head.generation != generation.number:
            raise QueryInvalid("cursor: the gallery was reindexed since, so that all hits are others; search anew")

    def questions(self, generation: Generation) -> list[Question]:
        """What was asked; raises QueryInvalid for a vector of another width than the route's."""
        made = [of_vector(generation, each, row.tolist()) for each, row in zip(self.routes, self.vectors, strict=True)]
        return [
            Question(one.route, one.vector, windows=frozenset(each.windows), weight=each.weight)
            for one, each in zip(made, self.head.asked, strict=True)
        ]


def _names(hits: Sequence[Hit], by: Counted) -> tuple[int, ...] | tuple[str, ...]:
    if by == "window":
        return tuple(each.window_id for each in hits)
    return tuple(each.clip_id for each in hits)


def _digest(content: bytes) -> bytes:
    return blake2b(content, digest_size=DIGEST).digest()


def _vectors(content: bytes, dims: Sequence[int]) -> tuple[F32, ...]:
    numbers = np.frombuffer(content, "<f4")
    if len(numbers) != sum(dims) or not (np.abs(numbers) <= LARGEST).all():
        raise ValueError(f"expected {sum(dims)} numbers of at most {LARGEST:g} in size")
    return tuple(np.split(numbers, np.cumsum(dims)[:-1]))
