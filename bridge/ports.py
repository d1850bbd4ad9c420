"""What the core needs from outside, as small protocols.

``storage`` keeps ``Inbox``, ``Answers``, ``Outbox``, ``Past``, ``Overview``, ``People``,
``Colleagues``, ``Portals``, ``Credentials`` and ``Connections``; adapters are ``Portal``
(bitrix24), ``Chat`` and ``Members`` (telegram, slack, sandbox) and ``Worker`` (workers);
``OwnPages`` is the core's own, for chats. Every method is safe to cancel at an ``await``: it has
then either done its work or nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Collection, Sequence
    from datetime import datetime

    from bridge.commands.decided import Decided
    from bridge.credential import PortalKind, StoredCredential
    from bridge.delivery.hold_news import HoldNews
    from bridge.delivery.notification import Delivery, Notification, Outcome, PortalStatus, Verdict
    from bridge.delivery.overview import Sent
    from bridge.delivery.retraction import Retractable
    from bridge.incoming import ClosedCommand, Incoming, StoredCommand
    from bridge.markup.nodes import Document
    from bridge.people.groups import Group
    from bridge.people.identity import (
        BitrixUserId,
        Identity,
        Link,
        Located,
        Platform,
        PortalId,
        Recipient,
        Sender,
    )
    from bridge.people.linking import OpenedCode, Proof, SentCode, Tried
    from bridge.people.member import Member
    from bridge.people.permissions import Rule
    from bridge.replies.button import Button
    from bridge.replies.page import Page
    from bridge.replies.untold import Untold
    from bridge.replies.words import Words


class Clock(Protocol):
    """The time, so that tests can tell it."""

    def now(self) -> datetime:
        """Return the current time, aware, in UTC."""
        ...


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
    ) -> Sequence[Untold]:
        """List commands of these platforms that can be told something new, oldest first.

        That is: it is open and slow; or it is closed, and nothing was to be delivered; or every
        delivery is final; or the command was closed before ``waiting_since`` and the person has not
        been told yet that it takes time, or an attempt has failed for the first time since. Left
        out are those postponed beyond ``now``.
        """
        ...

    async def mark_told(self, command_id: int, *, is_final: bool, answer_id: str = "") -> None:
        """Note that the person knows; ``answer_id`` is where it was said, if that can be edited."""
        ...

    async def postpone(self, command_id: int, until: datetime) -> None:
        """Leave telling for later."""
        ...


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
        waits: order is kept. Committed before it returns.
        """
        ...

    async def put_back(self, delivery_ids: Collection[int]) -> None:
        """Queue again what was taken and not sent, as if it had not been taken.

        A delivery that is not SENDING any more stays as it is.
        """
        ...

    async def record(self, verdicts: Sequence[Verdict]) -> None:
        """Write down what became of taken deliveries, in one transaction.

        A delivery that is not SENDING any more stays as it is.
        """
        ...

    async def next_due(self, portal: PortalId) -> datetime | None:
        """Tell when ``take_due`` will next find something; None when nothing is queued."""
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
        """List the last notifications that a person has asked for.

        The latest command first; those of one command in the order of its recipients.
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


class People(Protocol):
    """The mapping store: which identity is which Bitrix24 person."""

    async def note_seen(self, sender: Sender) -> None:
        """Remember a sender's handle and name; a handle that changed hands moves with them.

        Without a handle on the platform the sender keeps the one an administrator gave. A sender
        who is not linked takes no handle away from somebody who is, and is left without one.
        """
        ...

    async def find_link(self, identity: Identity) -> Link | None:
        """Find the link of an identity; None if it has none."""
        ...

    async def find_by_handle(
        self, platform: Platform, workspace: str, handle: str
    ) -> Link | Identity | None:
        """Find who has a handle, whatever its case.

        Returns the link; the identity alone if it is known but not linked; None if nobody has it.
        """
        ...

    async def find_links(
        self,
        platform: Platform,
        workspace: str,
        *,
        handles: Collection[str],
        external_ids: Collection[str],
    ) -> Sequence[Link]:
        """Find the links of all who have one of the handles, whatever its case, or one of the ids.

        However many there are; nobody twice, in no order.
        """
        ...

    async def list_handles(
        self, platform: Platform, workspace: str, portal: PortalId
    ) -> Sequence[str]:
        """List the handles of those linked to a portal, for suggestions to others there."""
        ...

    async def note_refusal(
        self, identity: Identity, now: datetime, *, unless_since: datetime
    ) -> bool:
        """Note that somebody who was seen is refused now; False if they were since a time."""
        ...


class OwnPages(Protocol):
    """What people see of themselves where a chat gives the bridge a page."""

    async def show(self, identity: Identity, words: Words) -> Page:
        """Write somebody's page in their language: their link, what they have sent, their groups.

        Raises:
            StorageError: it cannot be read.
        """
        ...


class Colleagues(Protocol):
    """Who can be chosen, where people choose instead of typing."""

    async def search(self, asker: Identity, typed: str, limit: int) -> Sequence[Link]:
        """List people in the asker's workspace who are linked, in the order of their names.

        Args:
            asker: who chooses; nobody is told of to somebody who is not linked.
            typed: what the name or the handle has in it, whatever its case; empty for everybody.
            limit: how many at most.
        """
        ...


class Groups(Protocol):
    """Names for several recipients at once; each belongs to a portal."""

    async def find(self, portal: PortalId, names: Collection[str]) -> Sequence[Group]:
        """Find the groups with these names, whatever their case, in no order."""
        ...

    async def list_all(self, portal: PortalId) -> Sequence[Group]:
        """List all groups of a portal, in the order of the alphabet."""
        ...

    async def is_handle(self, portal: PortalId, name: str) -> bool:
        """Tell whether somebody linked to a portal has this handle, on any platform."""
        ...

    async def create(self, group: Group) -> bool:
        """Keep a new group; False if there is one of that name, whatever its case."""
        ...

    async def change(
        self,
        portal: PortalId,
        name: str,
        *,
        add: Collection[Located] = (),
        remove: Collection[Located] = (),
    ) -> Group | None:
        """Add people to a group and take others out; nobody is in it twice.

        Returns the group as it is now; None if there is no such group.
        """
        ...

    async def delete(self, portal: PortalId, name: str) -> bool:
        """Delete a group; False if there is none."""
        ...


class AccessRules(Protocol):
    """What administrators have allowed, besides the settings."""

    async def list_rules(self) -> Sequence[Rule]:
        """List all rules, in no order."""
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


class Links(Protocol):
    """Which identity is which Bitrix24 person, as people change it; every change is history."""

    async def link(
        self,
        identity: Identity,
        person: Located,
        *,
        proof: Proof,
        changed_by: str,
        handle: str = "",
    ) -> None:
        """Link an identity, seen before or not, to a Bitrix24 person; an older link ends.

        Args:
            identity: who on the platform.
            person: who in Bitrix24.
            proof: how that is known.
            changed_by: through whom it happens, as ``str(Identity)``.
            handle: the name others call them by; empty leaves the one they have.

        Raises:
            StorageError: nothing was changed; also when there is no such portal.
        """
        ...

    async def unlink(self, identity: Identity, *, changed_by: str) -> bool:
        """End an identity's link; False if it had none."""
        ...

    async def was_ever_linked(self, identity: Identity) -> bool:
        """Tell whether an identity has a link, or ever had one."""
        ...


class Acquaintances(Protocol):
    """Whom the bridge knows in Bitrix24."""

    async def list_user_ids(self, portal: PortalId) -> Sequence[BitrixUserId]:
        """List all who are linked or in a group, each once."""
        ...


class LinkCodes(Protocol):
    """Codes that prove whom an identity belongs to; see ``bridge.people.linking``."""

    async def next_at(self, identity: Identity) -> datetime | None:
        """Tell when an identity may ask for another code; None if it may now."""
        ...

    async def open(self, identity: Identity, person: Located | None, code_hash: str) -> OpenedCode:
        """Keep a code for an identity, unless there were too many; it ends the one before.

        Args:
            identity: who asks for it, and alone can use it.
            person: to whom it will be sent; None if there is nobody, so that it can only be
                mistyped, and those who ask cannot tell.
            code_hash: of the code.
        """
        ...

    async def withdraw(self, code_id: int) -> None:
        """Forget a code that could not be sent, as if it had never been asked for."""
        ...

    async def find_open(self, identity: Identity) -> SentCode | None:
        """Find the code that an identity can type now; None if there is none."""
        ...

    async def use(self, code_id: int, *, is_right: bool) -> Tried:
        """Count a try; a right one links the identity in the same transaction.

        What was not open any more, or had no tries left, links nobody even if it is right.
        """
        ...


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


class Claims(Protocol):
    """Who does what, among the machines that share a database.

    Whoever dies, freezes or loses the database loses all claims within seconds.
    """

    async def claim(self, names: Collection[str], limit: int = 1) -> frozenset[str]:
        """Claim up to ``limit`` of these, in their order; returns those that are ours from now on.

        What anybody has claimed already, this process included, is left out.
        """
        ...

    async def release(self, names: Collection[str]) -> None:
        """Leave these to others; what is not ours stays as it is."""
        ...

    def holds(self, name: str) -> bool:
        """Tell whether it is certain that nobody else has claimed this."""
        ...


class News(Protocol):
    """What the other machines that share a database have put into it."""

    async def listen(self, hear: Callable[[str], None]) -> None:
        """Hand over what is told, until cancelled; some of it may be missed.

        That is ``inbox``, ``answers``, ``portal`` and a number, or nothing: it may be any of these.
        """
        ...


class Worker(Protocol):
    """Decides when and where work runs; every method returns at once."""

    def wake(self, portal: PortalId, at: datetime | None = None) -> None:
        """Have a portal drained, now or at a time."""
        ...

    def wake_inbox(self) -> None:
        """Have open commands carried out."""
        ...

    def wake_answers(self) -> None:
        """Have people told."""
        ...
