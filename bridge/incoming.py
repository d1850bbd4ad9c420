"""A command on its way in, as an adapter hands it over and as the inbox keeps it."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from bridge.markup.nodes import Shared, Typed
from bridge.people.identity import Platform, Sender
from bridge.replies.button import Button


class Incoming(Struct, frozen=True, kw_only=True):
    """Something a person typed to the bot, stored before it is acknowledged.

    Attributes:
        platform: where it was typed.
        workspace: the Slack team or the Telegram chat it was typed in.
        event_id: the platform's own id of the event, unique within the workspace.
        sender: who typed it.
        typed: the whole command, the leading ``/b24notify`` included.
        answer_to: what the adapter needs to answer later, after a restart too; only it reads this.
        received_at: when it came, aware.
        permalink: the address where the whole message can be read; empty if there is none.
        shared: the message that the command is about, such as the one it replies to.
        is_private: whether only the sender sees what was typed and what is answered.
        language: the sender's language tag, as the platform tells it; empty if it does not.
        replaces: an answer to edit instead of giving a new one: that whose button was pressed.
    """

    platform: Platform
    workspace: str
    event_id: str
    sender: Sender
    typed: Typed
    answer_to: dict[str, str | int]
    received_at: datetime
    permalink: str = ""
    shared: Shared | None = None
    is_private: bool = False
    language: str = ""
    replaces: str = ""

    @property
    def is_answered_openly(self) -> bool:
        """Whether others see the answer, which Slack shows to whoever typed alone."""
        return self.platform is Platform.TELEGRAM and not self.is_private


class StoredCommand(Struct, frozen=True):
    """A command in the inbox that has not been carried out yet.

    Attributes:
        id: its row.
        attempts: how often it has been postponed.
    """

    id: int
    incoming: Incoming
    attempts: int


class ClosedCommand(Struct, frozen=True):
    """A command that has been carried out.

    Attributes:
        id: its row.
        buttons: what its sender was offered under the answer, as long as that holds.
    """

    id: int
    incoming: Incoming
    buttons: tuple[Button, ...]


class Backlog(Struct, frozen=True):
    """How many commands are still to be carried out.

    Attributes:
        count: how many.
        oldest_at: when the first of them came; None if there is none.
        next_try_at: when one is tried next, if all of them were put off.
    """

    count: int = 0
    oldest_at: datetime | None = None
    next_try_at: datetime | None = None
