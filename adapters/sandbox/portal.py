"""The state of a Bitrix24 portal on one's own machine."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

from msgspec import Struct

from adapters.sandbox.bells import Bells
from adapters.sandbox.errors import TOO_MANY
from adapters.sandbox.faults import Faults
from adapters.sandbox.notifications import StoredNotification
from adapters.sandbox.oauth import Application, OAuthServer
from adapters.sandbox.operating import OperatingTime
from adapters.sandbox.people import OWNER_ID, PEOPLE, Person
from adapters.sandbox.reader import read
from bridge.clock import SystemClock

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Sequence
    from contextlib import AbstractContextManager

    from adapters.sandbox.bucket import LeakyBucket
    from adapters.sandbox.errors import RestError
    from adapters.sandbox.notifications import Draft, Event
    from bridge.ports import Clock

MESSAGE_CHARACTERS = 20_000
_CUT_MARK = " (...)"
_TAG_CHARACTERS = 246
_TRIMMED = " \t\n\r\0\v"


class Counters:
    """What the portal was asked.

    Attributes:
        requests: how many requests there were, refused ones included.
        refused: how many of them, or of their calls, were refused as too many.
        by_method: how often each method was called, also within batches and in vain.
    """

    def __init__(self) -> None:
        self.requests = 0
        self.refused = 0
        self.by_method: Counter[str] = Counter()

    def note(self, error: RestError) -> None:
        """Count an answer that is an error."""
        self.refused += error.code == TOO_MANY


class Renaming(Struct):
    """The portal has another address now, and says so to whoever calls the old one.

    Attributes:
        address: the new one, without a slash at its end.
        calls: how many more requests are answered so; 0: all, for ever.
    """

    address: str
    calls: int = 0


class SandboxPortal:
    """A portal: its people, their bells, and what it was asked to do.

    It behaves as documented at
    https://apidocs.bitrix24.com/api-reference/chats/notifications/im-notify-personal-add.html

    Args:
        people: who works here.
        bucket: the limit on calls; None for no limit.
        clock: what the portal takes for the time.
        webhook_code: the secret in the address of the owner's webhook.
        tags: ``documented``: a notification removes all others of its application with its tag,
            and with a webhook the ``CLIENT_ID`` stands for the application. ``coded``, as the
            published code does it: it removes those of the same recipient alone, and with a
            webhook there are no tags.

    Attributes:
        faults: what will go wrong with the next calls.
        scope: what the webhook may do.
        switched_off: whoever does not want to be notified.
        request_seconds: how long each request takes, besides its calls.
        call_seconds: how long each call takes, alone or in a batch.
        operating: how long the methods were at work, and how long they may be.
        counters: what was asked.
        bells: all notifications.
        address: where the portal is served, without a slash at its end; empty while it is not.
        member_id: what names the portal even after a renaming.
        oauth: the authorization server.
        application: a local application that is installed.
        renaming: None while the portal has its first name.
    """

    def __init__(
        self,
        people: Sequence[Person] = PEOPLE,
        bucket: LeakyBucket | None = None,
        clock: Clock | None = None,
        webhook_code: str = "sandbox-secret",
        *,
        tags: Literal["documented", "coded"] = "documented",
    ) -> None:
        self.people = tuple(people)
        self.bucket = bucket
        self.clock = clock or SystemClock()
        self.webhook_code = webhook_code
        self.tags = tags
        self.owner_id = OWNER_ID
        self.scope = frozenset({"im", "user"})
        self.faults = Faults()
        self.switched_off: set[int] = set()
        self.request_seconds = 0.0
        self.call_seconds = 0.0
        self.operating = OperatingTime()
        self.counters = Counters()
        self.bells = Bells()
        self.address = ""
        self.member_id = "5a4db0c5a4db0c5a4db0c5a4db0c5a4d"
        self.oauth = OAuthServer(self.clock)
        self.application = Application()
        self.oauth.applications[self.application.client_id] = self.application
        self.renaming: Renaming | None = None

    @property
    def domain(self) -> str:
        """The host, with its port unless that is the usual one."""
        return urlsplit(self.address).netloc

    @property
    def notifications(self) -> list[StoredNotification]:
        """What is in the bells now, oldest first."""
        return self.bells.ringing

    @property
    def ledger(self) -> list[StoredNotification]:
        """Everything accepted, replaced notifications included, oldest first."""
        return self.bells.ledger

    def find_person(self, user_id: int) -> Person | None:
        """Find somebody by ``USER_ID``, dismissed or not."""
        return next((p for p in self.people if p.id == user_id), None)

    def times_accepted(self, user_id: int, message: str) -> int:
        """Count how often a message was accepted for a recipient, replaced or not."""
        return self.bells.times_accepted(user_id, message)

    def subscribe(self) -> AbstractContextManager[asyncio.Queue[Event]]:
        """Listen to the bells from now on; see ``Bells.subscribe``."""
        return self.bells.subscribe()

    def find_new_address(self, host: str) -> str:
        """Return where a request to a host should have gone; empty if it is right here."""
        renaming = self.renaming
        if renaming is None or urlsplit(renaming.address).netloc == host:
            return ""
        if renaming.calls:
            renaming.calls -= 1
            self.renaming = renaming if renaming.calls else None
        return renaming.address

    def add(self, draft: Draft) -> int | None:
        """Ring a bell and return the id of the notification; None where the portal says ``false``.

        It does when the recipient is missing or dismissed, or when a tag is too long to be kept.
        For somebody who has switched notifications off nothing is kept, and the id is the time.
        """
        recipient = self.find_person(draft.user_id)
        tag = _effective_tag(draft.tag, draft.application)
        sub_tag = _effective_tag(draft.sub_tag, draft.application)
        is_too_long = max(len(tag), len(sub_tag)) > _TAG_CHARACTERS
        if recipient is None or not recipient.active or is_too_long:
            return None
        if recipient.id in self.switched_off:
            return int(self.clock.now().timestamp())
        message = _keep(draft.message)
        notification = StoredNotification(
            id=len(self.ledger) + 1,
            user_id=draft.user_id,
            author_id=draft.author_id,
            message=message,
            message_out=draft.message_out,
            application=draft.application,
            tag=tag,
            sub_tag=sub_tag,
            attach=draft.attach,
            created_at=self.clock.now(),
            html=read(message).html + draft.attach_html,
        )
        self._replace_same_tag(notification)
        self.bells.add(notification)
        return notification.id

    def _replace_same_tag(self, newer: StoredNotification) -> None:
        if not newer.tag:
            return
        for older in self.bells.with_tag(newer.application, newer.tag):
            if self.tags == "documented" or older.user_id == newer.user_id:
                self.bells.remove(older, "replaced")


def trim(message: str) -> str:
    """Remove white space from both ends, as PHP does."""
    return message.strip(_TRIMMED)


def _keep(message: str) -> str:
    trimmed = trim(message)
    if len(trimmed) <= MESSAGE_CHARACTERS + len(_CUT_MARK):
        return trimmed
    # Even through the middle of a tag: the portal looks at characters alone.
    return trimmed[:MESSAGE_CHARACTERS] + _CUT_MARK


def _effective_tag(tag: str, application: str) -> str:
    # PHP takes "0" for empty.
    return tag if application and tag != "0" else ""
