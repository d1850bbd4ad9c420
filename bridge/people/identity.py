"""Who somebody is, on a chat platform and in Bitrix24."""

from __future__ import annotations

from enum import StrEnum
from typing import NewType, Self

from msgspec import Struct

BitrixUserId = NewType("BitrixUserId", int)
SlackUserId = NewType("SlackUserId", str)
TelegramUserId = NewType("TelegramUserId", int)
PortalId = NewType("PortalId", int)
"""The number of a Bitrix24 account in our own database."""


class Platform(StrEnum):
    """Where people type: two chats, the demo's page, and the administrator's shell."""

    TELEGRAM = "telegram"
    SLACK = "slack"
    SANDBOX = "sandbox"
    CONSOLE = "console"


class Identity(Struct, frozen=True):
    """A person on a platform: never a handle, which can change hands.

    Attributes:
        platform: where the person types.
        workspace: the Slack team; empty on Telegram, whose user ids are the same everywhere.
        external_id: the platform's own id of the person.
    """

    platform: Platform
    workspace: str
    external_id: str

    def __str__(self) -> str:
        """Written ``telegram:4242`` or ``slack:T012/U345``, as the command line reads it."""
        where = f"{self.workspace}/" if self.workspace else ""
        return f"{self.platform}:{where}{self.external_id}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what ``str()`` writes.

        Raises:
            ValueError: the text is no identity; the message says what one looks like.
        """
        platform, colon, rest = text.strip().partition(":")
        workspace, slash, external_id = rest.rpartition("/")
        if not colon or not external_id or platform not in list(Platform):
            raise ValueError("an identity looks like telegram:4242 or slack:T012/U345")
        is_telegram = platform == Platform.TELEGRAM
        if is_telegram == bool(slash) or (is_telegram and not external_id.isdecimal()):
            raise ValueError(
                "on Telegram an identity is the person's number alone (telegram:4242), on Slack "
                "the team's id before the person's (slack:T012/U345); "
                "b24bridge people list shows it"
            )
        return cls(Platform(platform), workspace, external_id)


class Sender(Struct, frozen=True):
    """The person who typed, as the platform told us.

    Attributes:
        identity: who it is.
        handle: the name others call them by, without ``@``; empty if they have none.
        display_name: their name in the chat, for showing only.
    """

    identity: Identity
    handle: str = ""
    display_name: str = ""


class Recipient(Struct, frozen=True):
    """A Bitrix24 person who can be notified.

    Attributes:
        user_id: the ``USER_ID`` in the portal.
        name: first and last name; empty when not known.
        email: as the portal returned it; empty when it did not.
        is_active: False for a dismissed colleague.
        position: what they do; empty when not known.
    """

    user_id: BitrixUserId
    name: str = ""
    email: str = ""
    is_active: bool = True
    position: str = ""

    @property
    def label(self) -> str:
        """What to call the person: the name, or the number of who has none."""
        return self.name or f"#{self.user_id}"


class Located(Struct, frozen=True):
    """A recipient and the portal they are in: a ``USER_ID`` is somebody else in another one."""

    portal: PortalId
    recipient: Recipient


class Link(Struct, frozen=True):
    """An identity and the Bitrix24 person it belongs to."""

    identity: Identity
    portal: PortalId
    recipient: Recipient
    handle: str = ""
