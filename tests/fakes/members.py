"""A platform that tells of its people what a test says."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from bridge.errors import ChatError
    from bridge.people.identity import Identity
    from bridge.people.member import Member


class FakeRooms:
    """``Rooms`` in which those are whom a test puts there."""

    def __init__(self) -> None:
        self.people: set[tuple[str, Identity]] = set()
        self.error: ChatError | None = None

    async def has_member(self, chat: str, identity: Identity) -> bool:
        if self.error:
            raise self.error
        return (chat, identity) in self.people


class FakeMembers:
    """``Members`` of one workspace."""

    def __init__(self, *people: Member) -> None:
        self.people = list(people)
        self.groups: dict[str, list[Identity]] = {}
        self.error: ChatError | None = None

    async def find(self, identity: Identity) -> Member | None:
        self._raise()
        return next((member for member in self.people if member.identity == identity), None)

    async def list_group(self, workspace: str, group_id: str) -> Sequence[Identity] | None:
        self._raise()
        return self.groups.get(group_id)

    async def list_workspaces(self) -> Sequence[str]:
        self._raise()
        return sorted({member.identity.workspace for member in self.people})

    async def list_all(self, workspace: str) -> AsyncIterator[Member]:
        self._raise()
        for member in self.people:
            if member.identity.workspace == workspace:
                yield member

    def _raise(self) -> None:
        if self.error:
            raise self.error
