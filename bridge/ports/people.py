"""Who is who, and who may do what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from bridge.people.groups import Group
    from bridge.people.identity import (
        BitrixUserId,
        Identity,
        Link,
        Located,
        Platform,
        PortalId,
        Sender,
    )
    from bridge.people.linking import OpenedCode, Proof, SentCode, Tried
    from bridge.people.permissions import Rule


class People(Protocol):
    """The mapping store: which identity is which Bitrix24 person."""

    async def note_seen(self, sender: Sender) -> Link | None:
        """Remember a sender's handle and name; a handle that changed hands moves with them.

        Returns their link, None if they have none.

        Without a handle on the platform the sender keeps the one an administrator gave. A sender
        who is not linked takes no handle away from somebody who is, and is left without one.
        """
        ...

    async def find_link(self, identity: Identity) -> Link | None:
        """Find the link of an identity; None if it has none."""
        ...

    async def find_by_handle(
        self, platform: Platform, workspace: str, handle: str
    ) -> Link | Identity | None:
        """Find who has a handle, whatever its case.

        Returns the link; the identity alone if it is known but not linked; None if nobody has it.
        """
        ...

    async def find_links(
        self,
        platform: Platform,
        workspace: str,
        *,
        handles: Collection[str],
        external_ids: Collection[str],
    ) -> Sequence[Link]:
        """Find the links of all who have one of the handles, whatever its case, or one of the ids.

        However many there are; nobody twice, in no order.
        """
        ...

    async def list_handles(
        self, platform: Platform, workspace: str, portal: PortalId
    ) -> Sequence[str]:
        """List the handles of those linked to a portal, for suggestions to others there."""
        ...

    async def note_refusal(
        self, identity: Identity, now: datetime, *, unless_since: datetime
    ) -> bool:
        """Note that somebody who was seen is refused now; False if they were since a time."""
        ...


class Colleagues(Protocol):
    """Who can be chosen, where people choose instead of typing."""

    async def search(self, asker: Identity, typed: str, limit: int) -> Sequence[Link]:
        """List people in the asker's workspace who are linked, in the order of their names.

        Args:
            asker: who chooses; nobody is told of to somebody who is not linked.
            typed: what the name or the handle has in it, whatever its case; empty for everybody.
            limit: how many at most.
        """
        ...


class Groups(Protocol):
    """Names for several recipients at once; each belongs to a portal."""

    async def find(self, portal: PortalId, names: Collection[str]) -> Sequence[Group]:
        """Find the groups with these names, whatever their case, in no order."""
        ...

    async def list_all(self, portal: PortalId) -> Sequence[Group]:
        """List all groups of a portal, in the order of the alphabet."""
        ...

    async def is_handle(self, portal: PortalId, name: str) -> bool:
        """Tell whether somebody linked to a portal has this handle, on any platform."""
        ...

    async def create(self, group: Group) -> bool:
        """Keep a new group; False if there is one of that name, whatever its case."""
        ...

    async def change(
        self,
        portal: PortalId,
        name: str,
        *,
        add: Collection[Located] = (),
        remove: Collection[Located] = (),
    ) -> Group | None:
        """Add people to a group and take others out; nobody is in it twice.

        Returns the group as it is now; None if there is no such group.
        """
        ...

    async def delete(self, portal: PortalId, name: str) -> bool:
        """Delete a group; False if there is none."""
        ...


class AccessRules(Protocol):
    """What administrators have allowed, besides the settings."""

    async def list_rules(self) -> Sequence[Rule]:
        """List all rules, in no order."""
        ...


class Links(Protocol):
    """Which identity is which Bitrix24 person, as people change it; every change is history."""

    async def link(
        self,
        identity: Identity,
        person: Located,
        *,
        proof: Proof,
        changed_by: str,
        handle: str = "",
    ) -> None:
        """Link an identity, seen before or not, to a Bitrix24 person; an older link ends.

        Args:
            identity: who on the platform.
            person: who in Bitrix24.
            proof: how that is known.
            changed_by: through whom it happens, as ``str(Identity)``.
            handle: the name others call them by; empty leaves the one they have.

        Raises:
            StorageError: nothing was changed; also when there is no such portal.
        """
        ...

    async def unlink(self, identity: Identity, *, changed_by: str) -> bool:
        """End an identity's link; False if it had none."""
        ...

    async def was_ever_linked(self, identity: Identity) -> bool:
        """Tell whether an identity has a link, or ever had one."""
        ...


class Acquaintances(Protocol):
    """Whom the bridge knows in Bitrix24."""

    async def list_user_ids(self, portal: PortalId) -> Sequence[BitrixUserId]:
        """List all who are linked or in a group, each once."""
        ...


class LinkCodes(Protocol):
    """Codes that prove whom an identity belongs to; see ``bridge.people.linking``."""

    async def next_at(self, identity: Identity) -> datetime | None:
        """Tell when an identity may ask for another code; None if it may now."""
        ...

    async def open(self, identity: Identity, person: Located | None, code_hash: str) -> OpenedCode:
        """Keep a code for an identity, unless there were too many; it ends the one before.

        Args:
            identity: who asks for it, and alone can use it.
            person: to whom it will be sent; None if there is nobody, so that it can only be
                mistyped, and those who ask cannot tell.
            code_hash: of the code.
        """
        ...

    async def withdraw(self, code_id: int) -> None:
        """Forget a code that could not be sent, as if it had never been asked for."""
        ...

    async def find_open(self, identity: Identity) -> SentCode | None:
        """Find the code that an identity can type now; None if there is none."""
        ...

    async def use(self, code_id: int, *, is_right: bool) -> Tried:
        """Count a try; a right one links the identity in the same transaction.

        What was not open any more, or had no tries left, links nobody even if it is right.
        """
        ...
