"""From a description of a call to the method that makes it, for who waits for the answer and for who awaits it."""

from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from functools import wraps
from typing import Any, Generic, ParamSpec, Protocol, Self, TypeVar, overload

from sightsound.client.call import Call, Pages

P = ParamSpec("P")
A = TypeVar("A")
B = TypeVar("B")


class Waits(Protocol):
    """Whatever makes calls and waits for their answers."""

    def make(self, call: Call[A], /) -> A: ...
    def read(self, pages: Pages[A], /) -> Iterator[A]: ...


class Awaits(Protocol):
    """Whatever makes calls whose answers are awaited."""

    async def make(self, call: Call[A], /) -> A: ...
    def read(self, pages: Pages[A], /) -> AsyncIterator[A]: ...


class made(Generic[P, A]):
    """The method that makes a call."""

    def __init__(self, describe: Callable[P, Call[A]]) -> None:
        self.__wrapped__, self.__doc__ = describe, describe.__doc__

    @overload
    def __get__(self, client: None, kind: type) -> Self: ...
    @overload
    def __get__(self, client: Waits, kind: type) -> Callable[P, A]: ...
    @overload
    def __get__(self, client: Awaits, kind: type) -> Callable[P, Coroutine[Any, Any, A]]: ...

    def __get__(self, client: Waits | Awaits | None, kind: type) -> Any:
        return self if client is None else _after(self.__wrapped__, client.make)


class read(Generic[P, A]):
    """The method that reads page after page, each when it is reached."""

    def __init__(self, describe: Callable[P, Pages[A]]) -> None:
        self.__wrapped__, self.__doc__ = describe, describe.__doc__

    @overload
    def __get__(self, client: None, kind: type) -> Self: ...
    @overload
    def __get__(self, client: Waits, kind: type) -> Callable[P, Iterator[A]]: ...
    @overload
    def __get__(self, client: Awaits, kind: type) -> Callable[P, AsyncIterator[A]]: ...

    def __get__(self, client: Waits | Awaits | None, kind: type) -> Any:
        return self if client is None else _after(self.__wrapped__, client.read)


def _after(describe: Callable[P, A], do: Callable[[A], B]) -> Callable[P, B]:
    """Does something with what is described, under its name."""

    @wraps(describe)
    def method(*args: P.args, **kwargs: P.kwargs) -> B:
        return do(describe(*args, **kwargs))

    return method
