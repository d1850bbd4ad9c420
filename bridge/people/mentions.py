"""Finds the Bitrix24 people who are named within a message."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bridge.markup.nodes import Mention, Text
from bridge.markup.rewrite import rewrite

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bridge.markup.nodes import Document, Inline
    from bridge.people.directory import Directory
    from bridge.people.identity import PortalId, Recipient, Sender

_HANDLE = re.compile(r"(?<![\w@/.+-])@(?P<handle>[\w.-]*\w)")


async def resolve_mentions(
    document: Document, sender: Sender, directory: Directory, portal: PortalId
) -> Document:
    """Make mentions of the handles in a message whose people are linked, and complete its mentions.

    What is code or the label of a link stays as it is, and so does whoever is not linked to a
    person in the ``portal`` that the message goes to.
    """
    names = _Names()
    rewrite(document, names.note)
    if not (names.handles or names.external_ids):
        return document
    links = await directory.find_links(
        sender, portal, handles=names.handles, external_ids=names.external_ids
    )
    for link in links:
        names.by_external_id[link.identity.external_id] = link.recipient
        names.by_handle[link.handle.casefold()] = link.recipient
    return rewrite(document, names.resolve)


class _Names:
    """Who is named in a message, and who that is.

    Attributes:
        handles: that were typed, case-folded.
        external_ids: that the platform gave.
        by_handle: the people behind handles, as far as they are linked.
        by_external_id: the people behind ids.
    """

    def __init__(self) -> None:
        self.handles: set[str] = set()
        self.external_ids: set[str] = set()
        self.by_handle: dict[str, Recipient] = {}
        self.by_external_id: dict[str, Recipient] = {}

    def note(self, node: Text | Mention) -> tuple[Inline]:
        """Remember who is named here."""
        if isinstance(node, Text):
            self.handles.update(match["handle"].casefold() for match in _HANDLE.finditer(node.text))
        elif node.external_id and not node.is_group:
            self.external_ids.add(node.external_id)
        return (node,)

    def resolve(self, node: Text | Mention) -> Iterator[Inline]:
        """Put the people where they are named."""
        if isinstance(node, Mention):
            person = None if node.is_group else self.by_external_id.get(node.external_id)
            yield _mention(node.label, node.external_id, person) if person else node
            return
        end = 0
        for match in _HANDLE.finditer(node.text):
            handle = match["handle"]
            if person := self.by_handle.get(handle.casefold()):
                if end < match.start():
                    yield Text(node.text[end : match.start()])
                yield _mention(handle, "", person)
                end = match.end()
        if end < len(node.text):
            yield Text(node.text[end:])


def _mention(label: str, external_id: str, person: Recipient) -> Mention:
    return Mention(person.name or label, external_id, person.user_id)
