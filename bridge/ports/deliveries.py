"""Notifications on their way, and what can be seen and done afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from bridge.delivery.notification import Delivery, Outlook, Verdict
    from bridge.delivery.overview import Sent
    from bridge.delivery.retraction import Retractable
    from bridge.incoming import ClosedCommand
    from bridge.people.identity import (
        Identity,
        PortalId,
    )
    from bridge.replies.page import Page
    from bridge.replies.words import Words


class Outbox(Protocol):
    """Notifications on their way."""

    async def recover(self, portal: PortalId) -> int:
        """Queue again what was being sent when a drain of this portal ended without an outcome.

        Called by a drain that knows it is the only one. Each is due now and marked as possibly
        delivered already. Returns how many.
        """
        ...

    async def take_due(self, portal: PortalId, now: datetime, limit: int) -> Sequence[Delivery]:
        """Take up to ``limit`` deliveries that are due, oldest first, and mark them SENDING.

        At most one a recipient, and none behind an older one of the same recipient that still
        waits: order is kept. None at all before a pause or a hold of the portal has been ended.
        Committed before it returns.
        """
        ...

    async def put_back(self, deliveries: Collection[Delivery]) -> None:
        """Queue again what was taken and not sent, as if it had not been taken.

        A delivery whose attempt is not under way any more, because it was recovered meanwhile,
        stays as it is.
        """
        ...

    async def record(self, verdicts: Sequence[Verdict]) -> None:
        """Write down what became of taken deliveries, in one transaction.

        A delivery whose attempt is not under way any more, because it was recovered meanwhile,
        stays as it is, also when somebody else makes the next attempt.
        """
        ...

    async def look(self, portal: PortalId) -> Outlook:
        """Tell whether the portal takes notifications, and when ``take_due`` finds one."""
        ...


class Past(Protocol):
    """Commands that have been carried out, for those who gave them and change their minds."""

    async def find(self, command_id: int) -> ClosedCommand | None:
        """Find a command that has been carried out; None if there is none."""
        ...

    async def list_deliveries(self, command_id: int) -> Sequence[Retractable]:
        """List where the deliveries of a command stand, in the order of its recipients."""
        ...

    async def cancel(self, command_id: int) -> None:
        """Cancel what a command has queued; what is being sent or was sent stays as it is.

        If nothing of it is left to wait for, its outcome is told no more: whoever cancelled it is.
        """
        ...

    async def mark_deleted(self, delivery_ids: Collection[int]) -> None:
        """Note that deliveries have been deleted in their portal."""
        ...


class Overview(Protocol):
    """What people have sent, for looking back."""

    async def list_sent(self, identity: Identity, limit: int) -> Sequence[Sent]:
        """List the last notifications that a person has asked for, those that wait first.

        Of both the latest command first; those of one command in the order of its recipients.
        """
        ...

    async def count_waiting(self, identity: Identity) -> int:
        """Count the notifications that a person has asked for and that wait, or are under way."""
        ...


class OwnPages(Protocol):
    """What people see of themselves where a chat gives the bridge a page."""

    async def show(self, identity: Identity, words: Words) -> Page:
        """Write somebody's page in their language: their link, what they have sent, their groups.

        Raises:
            StorageError: it cannot be read.
        """
        ...
