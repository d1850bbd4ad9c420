"""People in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from bridge.people.identity import Link, Located, PortalId, Recipient, Sender
from bridge.people.linking import Proof

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from datetime import datetime

    from bridge.people.identity import Identity, Platform
    from tests.fakes.stores import MemoryStores


class MemoryPeople:
    """``People`` in memory."""

    def __init__(self, stores: MemoryStores) -> None:
        self._stores = stores

    async def note_seen(self, sender: Sender) -> Link | None:
        if not sender.handle:
            known = self._stores.senders.get(sender.identity, sender)
            sender = replace(sender, handle=known.handle)
        elif not self._may_have_handle(sender):
            sender = replace(sender, handle="")
        self.keep(sender)
        return await self.find_link(sender.identity)

    async def find_link(self, identity: Identity) -> Link | None:
        if identity not in self._stores.links:
            return None
        portal, recipient = self._stores.links[identity]
        return Link(identity, portal, recipient, self._stores.senders[identity].handle)

    async def find_by_handle(
        self, platform: Platform, workspace: str, handle: str
    ) -> Link | Identity | None:
        for sender in self._senders_of(platform, workspace):
            if sender.handle.casefold() == handle.casefold():
                return await self.find_link(sender.identity) or sender.identity
        return None

    async def find_links(
        self,
        platform: Platform,
        workspace: str,
        *,
        handles: Collection[str],
        external_ids: Collection[str],
    ) -> Sequence[Link]:
        folded = {handle.casefold() for handle in handles}
        identities = [
            sender.identity
            for sender in self._stores.senders.values()
            if (sender.identity.platform, sender.identity.workspace) == (platform, workspace)
            and (
                (sender.handle and sender.handle.casefold() in folded)
                or sender.identity.external_id in external_ids
            )
        ]
        links = [await self.find_link(identity) for identity in identities]
        return [link for link in links if link]

    async def note_refusal(
        self, identity: Identity, now: datetime, *, unless_since: datetime
    ) -> bool:
        before = self._stores.refusals.get(identity)
        if identity not in self._stores.senders or (before and before > unless_since):
            return False
        self._stores.refusals[identity] = now
        return True

    async def list_handles(
        self, platform: Platform, workspace: str, portal: PortalId
    ) -> Sequence[str]:
        return sorted(
            sender.handle
            for sender in self._senders_of(platform, workspace)
            if self._stores.links.get(sender.identity, (None,))[0] == portal
        )

    async def link(
        self, identity: Identity, portal: PortalId, recipient: Recipient, *, handle: str = ""
    ) -> None:
        """Link an identity as an administrator would."""
        await self._stores.linking.link(
            identity,
            Located(portal, recipient),
            proof=Proof.ADMINISTRATOR,
            changed_by="a test",
            handle=handle,
        )

    def _senders_of(self, platform: Platform, workspace: str) -> Iterator[Sender]:
        for sender in self._stores.senders.values():
            where = (sender.identity.platform, sender.identity.workspace)
            if sender.handle and where == (platform, workspace):
                yield sender

    def _may_have_handle(self, sender: Sender) -> bool:
        if sender.identity in self._stores.links:
            return True
        return all(other.identity not in self._stores.links for other in self._others_with(sender))

    def keep(self, sender: Sender) -> None:
        """Remember a person; a handle is theirs alone."""
        for other in self._others_with(sender):
            self._stores.senders[other.identity] = replace(other, handle="")
        self._stores.senders[sender.identity] = sender

    def _others_with(self, sender: Sender) -> list[Sender]:
        return [
            other
            for other in self._senders_of(sender.identity.platform, sender.identity.workspace)
            if other.identity != sender.identity
            and other.handle.casefold() == sender.handle.casefold()
        ]
