"""Adds names to ids: events and forms name people by their ids alone."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, TypeGuard

from msgspec.structs import replace

from bridge.errors import ChatError
from bridge.markup.nodes import Document, Inline, Mention, Paragraph, Text
from bridge.markup.rewrite import rewrite
from bridge.markup.walk import walk_back
from bridge.people.identity import Identity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from bridge.incoming import Incoming
    from bridge.markup.nodes import Block, Node, Shared
    from bridge.people.member import Member
    from bridge.ports import Members

_PATIENCE_SECONDS: Final = 1.0
"""Slack grants three seconds for all that happens before a command is acknowledged."""
_MOST: Final = 20


class Namer:
    """Names people, as far as Slack tells within a second; who is not told of stays an id.

    Args:
        members: what Slack tells of people.
        patience_seconds: how long it has for that.
    """

    def __init__(self, members: Members, patience_seconds: float = _PATIENCE_SECONDS) -> None:
        self._members = members
        self._patience_seconds = patience_seconds

    async def find(self, identity: Identity) -> Member | None:
        """Find a member; None also if Slack does not tell in time, or there is no id."""
        if not identity.external_id:
            return None
        return (await self._find_all([identity])).get(identity.external_id)

    async def complete(self, incoming: Incoming) -> Incoming:
        """Add the names of the sender and of all who are mentioned."""
        sender, shared = incoming.sender, incoming.shared
        nodes = (*incoming.typed, *([shared] if shared else []))
        nameless = [] if sender.handle else [sender.identity.external_id]
        nameless += [node.external_id for node in walk_back(nodes) if _is_nameless(node)]
        found = await self._find_all(
            Identity(incoming.platform, incoming.workspace, external_id)
            for external_id in list(dict.fromkeys(nameless))[:_MOST]
        )
        if not found:
            return incoming
        if not sender.handle and (member := found.get(sender.identity.external_id)):
            sender = replace(sender, handle=member.handle, display_name=member.display_name)
        return replace(
            incoming,
            sender=sender,
            typed=tuple(named for node in incoming.typed for named in _name(node, found)),
            shared=_name_shared(shared, found) if shared else None,
        )

    async def _find_all(self, identities: Iterable[Identity]) -> dict[str, Member]:
        asking = [asyncio.create_task(self._find_quietly(one)) for one in identities]
        if not asking:
            return {}
        done, late = await asyncio.wait(asking, timeout=self._patience_seconds)
        for task in late:
            task.cancel()
        members = [task.result() for task in done]
        return {member.identity.external_id: member for member in members if member}

    async def _find_quietly(self, identity: Identity) -> Member | None:
        try:
            return await self._members.find(identity)
        except ChatError:
            return None  # The command matters more than a name in it.


def _name(node: Node, members: Mapping[str, Member]) -> Iterator[Node]:
    block = Paragraph((node,)) if isinstance(node, Inline) else node
    for named in _name_blocks([block], members):
        if isinstance(node, Inline) and isinstance(named, Paragraph):
            yield from named.children
        else:
            yield named


def _name_shared(shared: Shared, members: Mapping[str, Member]) -> Shared:
    return replace(shared, children=_name_blocks(shared.children, members))


def _name_blocks(blocks: Iterable[Block], members: Mapping[str, Member]) -> tuple[Block, ...]:
    def name(leaf: Text | Mention) -> tuple[Inline]:
        if not _is_nameless(leaf) or not (member := members.get(leaf.external_id)):
            return (leaf,)
        return (replace(leaf, label=member.handle or member.display_name or leaf.label),)

    return rewrite(Document(tuple(blocks)), name).children


def _is_nameless(node: Node) -> TypeGuard[Mention]:
    return isinstance(node, Mention) and not node.is_group and node.label == node.external_id != ""
