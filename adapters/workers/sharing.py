"""Sharing work with other machines: each thing is done by one of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Hashable, Sequence

    from bridge.ports import Claims

T = TypeVar("T")
K = TypeVar("K", bound="Hashable")

_FURTHER: Final = 64
"""How much further than needed to look: what comes first may all be under way elsewhere."""


class Sharing(Generic[T, K]):
    """Finds, for a crew, what no other machine is busy with.

    Args:
        claims: who does what.
        find: lists so many things to do, none of them with a key that is busy.
        work: does one thing.
        name: tells what a thing is claimed by; two of the same name are not worked on at once.
    """

    def __init__(
        self,
        claims: Claims,
        find: Callable[[int, Collection[K]], Awaitable[Sequence[T]]],
        work: Callable[[T], Awaitable[None]],
        name: Callable[[T], str],
    ) -> None:
        self._claims = claims
        self._find = find
        self._work = work
        self._name = name

    async def find(self, limit: int, busy: Collection[K]) -> Sequence[T]:
        """List up to ``limit`` things to do, claimed for us."""
        further = limit + _FURTHER
        found = await self._find(further, busy)
        if not found:
            return ()
        ours = await self._claims.claim([self._name(thing) for thing in found], limit)
        kept: list[T] = []
        try:
            # Somebody else may have done a thing between our look and our claim.
            again = await self._find(further, busy) if ours else ()
            kept = [thing for thing in again if self._name(thing) in ours]
        finally:
            await self._claims.release(ours - {self._name(thing) for thing in kept})
        return kept

    async def work(self, thing: T) -> None:
        """Do one thing, and leave it to others again."""
        try:
            await self._work(thing)
        finally:
            await self._claims.release([self._name(thing)])
