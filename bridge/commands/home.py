"""What people see of themselves where a chat gives the bridge a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridge.commands.grammar import LINK, UNLINK
from bridge.commands.groups import tell_group
from bridge.commands.link import name_account
from bridge.commands.status import SHOWN
from bridge.errors import PortalOnHold
from bridge.markup.nodes import Document, Heading, Text
from bridge.replies.button import Button
from bridge.replies.page import Page
from bridge.replies.sent import describe
from bridge.replies.texts import Say, say

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bridge.markup.nodes import Block
    from bridge.people.directory import Directory
    from bridge.people.groups import Group
    from bridge.people.identity import Identity, Link
    from bridge.ports import Clock, Groups, Overview
    from bridge.replies.reply import Reply
    from bridge.replies.words import Words

_LEVEL = 3


class ShowOwnPage:
    """``bridge.ports.OwnPages``: one's link, one's last notifications, one's groups.

    Args:
        directory: finds links and names portals.
        overview: what people have sent.
        groups: the groups that people have made.
        clock: the time.
    """

    def __init__(
        self, directory: Directory, overview: Overview, groups: Groups, clock: Clock
    ) -> None:
        self._directory = directory
        self._overview = overview
        self._groups = groups
        self._clock = clock

    async def show(self, identity: Identity, words: Words) -> Page:
        """Write somebody's page; see ``OwnPages``."""
        link = await self._directory.find_link(identity)
        blocks = [
            *words.write(self._tell_link(identity, link)).children,
            *await self._write_sent(identity, words),
            *_write_groups(await self._list_groups(identity, link), words),
        ]
        text, command = (Say.HOME_UNLINK, UNLINK) if link else (Say.HOME_LINK, LINK)
        button = Button(words.spell(say(text)), f"/{command.name}")
        return Page(Document(tuple(blocks)), (button,))

    def _tell_link(self, identity: Identity, link: Link | None) -> Reply:
        if link:
            return name_account(Say.LINKED, Say.LINKED_IN, link, self._directory)
        command, example = f"/{LINK.name}", LINK.examples[0]
        return say(Say.LINK_HOW, command=command, example=example, identity=str(identity))

    async def _write_sent(self, identity: Identity, words: Words) -> Iterator[Block]:
        sent = await self._overview.list_sent(identity, SHOWN)
        now = self._clock.now()
        lines = [describe(one, words, now) for one in sent] or [say(Say.SENT_NOTHING)]
        return _section(Say.HOME_SENT, lines, words)

    async def _list_groups(self, identity: Identity, link: Link | None) -> Sequence[Group]:
        """List the groups that somebody has made or is in."""
        try:
            portal = self._directory.home(link)
        except PortalOnHold:
            return []
        mine = link and (link.portal, link.recipient.user_id)
        return [
            group
            for group in await self._groups.list_all(portal)
            if group.created_by == str(identity)
            or mine in {(one.portal, one.recipient.user_id) for one in group.members}
        ]


def _write_groups(groups: Sequence[Group], words: Words) -> Iterator[Block]:
    lines = [tell_group(group) for group in groups]
    return _section(Say.HOME_GROUPS, lines, words) if lines else iter(())


def _section(title: Say, lines: Sequence[Reply], words: Words) -> Iterator[Block]:
    yield Heading(_LEVEL, (Text(words.spell(say(title))),))
    yield words.write_lines(*lines)
