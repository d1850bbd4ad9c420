"""Platforms that people type on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from bridge.markup.nodes import Document
    from bridge.people.identity import (
        Identity,
    )
    from bridge.people.member import Member
    from bridge.replies.button import Button


class Chat(Protocol):
    """A platform that people type on and are answered in."""

    async def answer(
        self,
        answer_to: dict[str, str | int],
        answer: Document,
        *,
        buttons: Sequence[Button] = (),
        replaces: str = "",
    ) -> str:
        """Answer a command where it was typed.

        Args:
            answer_to: from the ``Incoming``.
            answer: what to say; all its texts are literal.
            buttons: what the person may press under it; without any, those of an earlier answer go.
            replaces: an earlier answer to edit, as returned by this method; if it cannot be
                edited, a new one is given.

        Returns where the answer stands, for a later ``replaces``; empty if it cannot be edited.

        Raises:
            ChatError: it could not be given.
        """
        ...


class DirectChat(Protocol):
    """A chat in which somebody can be written to who has not just typed something."""

    async def tell(self, identity: Identity, message: Document) -> None:
        """Write to a person alone.

        Raises:
            ChatError: it could not be done.
        """
        ...


class Rooms(Protocol):
    """What a platform tells of who is in its chats, where people have accounts of their own."""

    async def has_member(self, chat: str, identity: Identity) -> bool:
        """Tell whether somebody is in a chat; no if the platform does not let us know.

        Answers may be some minutes old.

        Raises:
            ChatError: the platform could not be asked.
        """
        ...


class Members(Protocol):
    """What a platform tells of the people in its workspaces."""

    async def find(self, identity: Identity) -> Member | None:
        """Find a person; None if the platform does not know them, or tells nothing of anybody.

        Answers may be some minutes old.

        Raises:
            ChatError: the platform could not be asked.
        """
        ...

    async def list_group(self, workspace: str, group_id: str) -> Sequence[Identity] | None:
        """List the people in a group of the platform's own; None if there is no such group.

        Raises:
            ChatError: the platform could not be asked, or does not allow it.
        """
        ...

    async def list_workspaces(self) -> Sequence[str]:
        """List the workspaces that the bot is in.

        Raises:
            ChatError: the platform could not be asked.
        """
        ...

    def list_all(self, workspace: str) -> AsyncIterator[Member]:
        """List everybody in a workspace, those who left and programs included.

        Raises:
            ChatError: the platform could not be asked, or does not allow it.
        """
        ...
