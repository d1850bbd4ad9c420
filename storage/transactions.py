"""Methods of stores, each of which is one transaction.

Such a method is written as plain SQLAlchemy in a session. It is called without the session and
awaited, and runs from its beginning to its end in a thread of the database. To wait for each
statement by itself costs three times as much, and would let a transaction wait for something else.
"""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from sqlmodel import Session

    from storage.database import Database


class _Store(Protocol):
    _database: Database


S = TypeVar("S", bound=_Store)
P = ParamSpec("P")
T = TypeVar("T")


def reads(
    method: Callable[Concatenate[S, Session, P], T],
) -> Callable[Concatenate[S, P], Coroutine[Any, Any, T]]:
    """Run a method of a store as a transaction that only reads; see ``Database.read``."""

    @wraps(method)
    async def run(store: S, /, *args: P.args, **kwargs: P.kwargs) -> T:
        database = store._database  # noqa: SLF001 - we are part of each store
        return await database.read(lambda session: method(store, session, *args, **kwargs))

    return run


def writes(
    method: Callable[Concatenate[S, Session, P], T],
) -> Callable[Concatenate[S, P], Coroutine[Any, Any, T]]:
    """Run a method of a store as a transaction that writes; see ``Database.write``."""

    @wraps(method)
    async def run(store: S, /, *args: P.args, **kwargs: P.kwargs) -> T:
        database = store._database  # noqa: SLF001 - we are part of each store
        return await database.write(lambda session: method(store, session, *args, **kwargs))

    return run
