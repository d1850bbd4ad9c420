"""Who may use the bridge: nobody, unless something says so."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec import Struct

from bridge.people.identity import Platform

if TYPE_CHECKING:
    from bridge.incoming import Incoming
    from bridge.people.identity import Link


class Role(StrEnum):
    """What somebody is allowed to do."""

    SENDER = "sender"
    """Give commands."""
    ADMINISTRATOR = "administrator"
    """Give commands, and change what concerns others: links, groups."""


class Access(Struct, frozen=True):
    """Where everybody may send, linked or not.

    Attributes:
        workspaces: Slack teams and Telegram chats, each with its platform.
    """

    workspaces: frozenset[tuple[Platform, str]] = frozenset()

    def may_send(self, incoming: Incoming, link: Link | None) -> bool:
        """Tell whether the sender may give commands here.

        Those may who are linked to a Bitrix24 account, who type in an allowed workspace, or who
        have a shell on the bridge's own machine.
        """
        return (
            link is not None
            or incoming.platform is Platform.CONSOLE
            or (incoming.platform, incoming.workspace) in self.workspaces
        )
