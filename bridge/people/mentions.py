"""Finds the Bitrix24 people who are mentioned within a message."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from bridge.markup.nodes import Mention
from bridge.people.identity import Identity

if TYPE_CHECKING:
    from bridge.markup.nodes import Node, Typed
    from bridge.people.identity import Sender
    from bridge.people.recipients import Directory


async def resolve_mentions(typed: Typed, sender: Sender, directory: Directory) -> Typed:
    """Give each mention that the platform made its Bitrix24 person, if there is a link.

    Only mentions that stand for themselves are looked at, which is how both platforms send them.
    """
    return tuple([await _resolve(node, sender, directory) for node in typed])


async def _resolve(node: Node, sender: Sender, directory: Directory) -> Node:
    if not isinstance(node, Mention) or not node.external_id:
        return node
    home = sender.identity
    link = await directory.find_link(Identity(home.platform, home.workspace, node.external_id))
    if link is None:
        return node
    recipient = link.recipient
    return replace(node, user_id=recipient.user_id, label=recipient.name or node.label)
