"""Bitrix24 accounts: what they do, and what is known of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from bridge.credential import PortalKind, StoredCredential
    from bridge.delivery.hold_news import HoldNews
    from bridge.delivery.notification import Notification, Outcome, PortalStatus
    from bridge.people.identity import (
        BitrixUserId,
        PortalId,
        Recipient,
    )


class Portal(Protocol):
    """A Bitrix24 account that notifications are sent to."""

    @property
    def request_size(self) -> int:
        """The most notifications that one request carries."""
        ...

    def travels_alone(self, notification: Notification) -> bool:
        """Tell whether a notification must be a request of its own."""
        ...

    async def turn(self) -> None:
        """Wait until a request may leave, and keep its place for the next ``send``.

        What is to be sent is chosen after that, so that it is the most urgent at that moment.

        Raises:
            TryLater: that would take longer than a few seconds.
        """
        ...

    def skip_turn(self) -> None:
        """Give a place back: there was nothing to send."""
        ...

    async def send(self, notifications: Sequence[Notification]) -> Sequence[Outcome]:
        """Try to deliver each notification once, in order, with one request, whose turn it is.

        Returns one outcome for each, in the same order. Never raises ``PortalError``: an error is
        an outcome. Takes as long as the portal does, up to the adapter's timeout for a request.
        """
        ...

    async def find_by_id(self, user_id: BitrixUserId) -> Recipient | None:
        """Find a person by ``USER_ID``, dismissed ones too; None if there is none.

        Raises:
            PortalError: the portal could not be asked.
        """
        ...

    async def find_by_email(self, email: str) -> Sequence[Recipient]:
        """Find all persons whose e-mail address, as the portal returns it, equals this one.

        Case does not matter. Dismissed persons are returned too.

        Raises:
            PortalError: the portal could not be asked.
        """
        ...

    async def find_people(
        self, user_ids: Collection[BitrixUserId], emails: Collection[str]
    ) -> Sequence[Recipient]:
        """Find all who have one of these numbers or addresses, with few requests, in no order.

        Case does not matter in addresses. Dismissed persons are returned too.

        Raises:
            PortalError: the portal could not be asked.
        """
        ...

    async def delete_by_tags(self, tags: Sequence[str]) -> None:
        """Delete the notifications with tags of ours; that there are none is no failure.

        Args:
            tags: at most ``request_size``, so that one request is enough.

        Raises:
            PortalError: the portal could not be asked about all; it can be asked again.
        """
        ...

    async def check(self) -> None:
        """Prove that the credential works.

        Raises:
            PortalError: it does not, or the portal could not be asked.
        """
        ...


class Portals(Protocol):
    """What is known of each portal's health."""

    async def status(self, portal: PortalId) -> PortalStatus:
        """Tell whether a portal takes notifications."""
        ...

    async def pause(self, portal: PortalId, until: datetime, hold_code: str = "") -> None:
        """Send nothing before ``until``; with a ``hold_code`` the portal is on hold."""
        ...

    async def end_pause(self, portal: PortalId) -> None:
        """End a pause whose time is over; one that lasts, or a hold, stays."""
        ...

    async def release(self, portal: PortalId) -> None:
        """End a pause or a hold; what was put off by a hold is due within seconds."""
        ...

    async def read_level(self, portal: PortalId) -> tuple[float, datetime] | None:
        """Tell how full the portal's bucket was, in requests, and when; None if unknown."""
        ...

    async def save_level(self, portal: PortalId, level: float, at: datetime) -> None:
        """Remember how full the portal's bucket was at a time."""
        ...


class Holds(Protocol):
    """What administrators have been told of portals on hold."""

    async def list_news(self, *, reminded_before: datetime) -> Sequence[HoldNews]:
        """List what they have not been told yet: holds that have begun, and that have ended.

        Also those that began before ``reminded_before``, once.
        """
        ...

    async def mark_told(self, news: HoldNews) -> bool:
        """Note that they are told; False if another process has noted the same."""
        ...


class Credentials(Protocol):
    """The credentials by which portals are reached; several processes may work with one."""

    async def read(self, portal: PortalId) -> StoredCredential | None:
        """Read a portal's credential as it is now; None if there is none."""
        ...

    async def replace(self, portal: PortalId, version: int, secret: str) -> bool:
        """Put a new version in place of ``version`` and end its claim; False if that is gone.

        Committed before it returns.
        """
        ...

    async def claim(self, portal: PortalId, version: int, until: datetime) -> bool:
        """Claim the renewal of a version; False if somebody else has, or it is not the newest.

        A claim ends with ``replace``, with ``abandon``, or at the time ``until``.
        """
        ...

    async def abandon(self, portal: PortalId, version: int) -> None:
        """End the claim on a version that could not be renewed."""
        ...


class Connections(Protocol):
    """Portals that come and go while the bridge runs."""

    async def find(self, key: str) -> PortalId | None:
        """Find the portal with a key, whether it is connected or not."""
        ...

    async def connect(self, key: str, name: str, kind: PortalKind, secret: str) -> PortalId:
        """Keep the credential of a portal, new or known, and end its hold.

        Args:
            key: what names the portal for good.
            name: its host.
            kind: how it is reached.
            secret: the credential, as its adapter writes it.
        """
        ...

    async def disconnect(self, portal: PortalId, hold_code: str) -> None:
        """Forget a portal's credential; what is queued for it is held, with a code that says why.

        It is not the default any more.
        """
        ...
