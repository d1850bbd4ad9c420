"""Commands, from the moment they are accepted until their people know how they ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from bridge.commands.decided import Decided
    from bridge.incoming import Incoming, StoredCommand
    from bridge.people.identity import (
        Identity,
        Platform,
    )
    from bridge.replies.untold import Untold


class Inbox(Protocol):
    """Commands, from the moment they are accepted."""

    async def store(self, incoming: Incoming) -> bool:
        """Store and commit a command, so that it can be acknowledged.

        Returns False when an event with the same platform, workspace and id was stored before; the
        second one is then dropped.

        Raises:
            StorageError: it is not stored and must not be acknowledged.
        """
        ...

    async def list_open(
        self, now: datetime, limit: int, *, without: Collection[Identity] = ()
    ) -> Sequence[StoredCommand]:
        """List commands to be carried out, oldest first.

        Left out: those postponed beyond ``now``, those whose sender has an older open command
        (order is kept), and those of the senders in ``without``.
        """
        ...

    async def close(self, command_id: int, decided: Decided) -> None:
        """End a command: in one transaction store its notifications and mark it done.

        The notifications are queued for their portals, due now; the person is told what becomes
        of them, and the reply in front of it. Without notifications the reply is the whole answer.
        The buttons of the command that it settles go. A command that is closed already stays as it
        is.
        """
        ...

    async def postpone(self, command_id: int, until: datetime) -> None:
        """Leave a command for later, because the portal could not be asked now."""
        ...

    async def note_slow(self, command_id: int, language: str) -> None:
        """Have the sender of an open command told once that it takes time."""
        ...


class Answers(Protocol):
    """What people are still to be told."""

    async def list_untold(
        self,
        platforms: Collection[Platform],
        now: datetime,
        *,
        waiting_since: datetime,
        limit: int,
        without: Collection[int] = (),
    ) -> Sequence[int]:
        """List the numbers of commands of these platforms that can be told something new.

        The oldest come first; ``without`` are left out.

        That is: it is open and slow; or it is closed, and nothing was to be delivered; or every
        delivery is final; or the command was closed before ``waiting_since`` and the person has not
        been told yet that it takes time, or an attempt has failed for the first time since. Left
        out are those postponed beyond ``now``.
        """
        ...

    async def read(self, command_id: int) -> Untold | None:
        """Read what there is to tell of a command; None if it is gone or cannot be understood."""
        ...

    async def mark_told(self, command_id: int, *, is_final: bool, answer_id: str = "") -> None:
        """Note that the person knows; ``answer_id`` is where it was said, if that can be edited.

        Whoever was told the end and then, by a process that was frozen, that it takes time, is told
        the end again.
        """
        ...

    async def postpone(self, command_id: int, until: datetime) -> None:
        """Leave telling for later."""
        ...


class Times(Protocol):
    """When people gave commands."""

    async def list_times(self, sender: Identity, up_to: int, limit: int) -> Sequence[datetime]:
        """List when a sender's latest commands were received, newest first.

        Args:
            sender: who.
            up_to: the row of the last command that counts.
            limit: how many at most.
        """
        ...
