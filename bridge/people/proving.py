"""Has people prove which Bitrix24 account is theirs, by a code that only its owner can read."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from bridge.delivery.notification import Notification
from bridge.errors import OutcomeUnknown, PortalError, PortalOnHold, Rejected, TryLater
from bridge.markup.compose import compose
from bridge.people.identity import Link, Sender
from bridge.people.linking import LIFETIME, hash_code, is_code, make_code
from bridge.people.recipients import Email, Number
from bridge.replies.texts import Say, say
from bridge.replies.words import Words

if TYPE_CHECKING:
    from datetime import timedelta

    from bridge.delivery.served import Served
    from bridge.people.accounts import Accounts
    from bridge.people.identity import Identity, Located, PortalId
    from bridge.people.linking import Tried
    from bridge.ports import Clock, LinkCodes, Portals

MINUTES: Final = str(int(LIFETIME.total_seconds() // 60))


class Claim(Struct, frozen=True):
    """Somebody says that an account is theirs.

    Attributes:
        sender: who.
        account: what they say.
        link: the link they have already, if they have one.
        words: the language that they are told in.
    """

    sender: Sender
    account: Number | Email
    link: Link | None
    words: Words


class Prover:
    """Sends codes, and takes them back.

    A code is not queued: nothing that could be read later holds it in clear.

    Args:
        served: the portals.
        portals: what is known of their health.
        accounts: finds who is meant.
        codes: where their hashes are kept.
        clock: the time.
    """

    def __init__(
        self,
        served: Served,
        portals: Portals,
        accounts: Accounts,
        codes: LinkCodes,
        clock: Clock,
    ) -> None:
        self._served = served
        self._portals = portals
        self._accounts = accounts
        self._codes = codes
        self._clock = clock

    async def send_code(self, claim: Claim) -> timedelta | None:
        """Send a code to the account, if there is such an account and it may get one.

        Whether it was sent nobody is told: a stranger must not learn who works here.

        Returns how long to wait for the next one, if there were too many; else None.

        Raises:
            PortalError: the portal could not be asked, or certainly did not take the code.
        """
        if error := await self._explain_silence(self._served.home(claim.link)):
            raise error
        # A portal answers few requests a second: strangers must not take them from everybody else.
        if again_at := await self._codes.next_at(claim.sender.identity):
            return again_at - self._clock.now()
        person = await self._accounts.find(claim.account, claim.link)
        if person and await self._explain_silence(person.portal):
            person = None  # to refuse it now would tell that there is such an account
        code = make_code()
        code_hash = await asyncio.to_thread(hash_code, code)
        opened = await self._codes.open(claim.sender.identity, person, code_hash)
        if person and opened.may_be_sent:
            try:
                await self._send(person, _write(claim, person, code))
            except PortalError:
                await self._codes.withdraw(opened.id)
                raise
        return opened.again_at - self._clock.now() if opened.again_at else None

    async def try_code(self, identity: Identity, code: str) -> Tried | None:
        """Try a code; a right one links the identity. None if no code is waiting for it."""
        sent = await self._codes.find_open(identity)
        if sent is None:
            return None
        is_right = await asyncio.to_thread(is_code, code, sent.code_hash)
        return await self._codes.use(sent.id, is_right=is_right)

    async def _explain_silence(self, portal: PortalId) -> PortalError | None:
        """Tell why nothing is sent to a portal now; None if it takes notifications."""
        status = await self._portals.status(portal)
        now = self._clock.now()
        if status.hold_code:
            return PortalOnHold(status.hold_code, "nothing is sent to a portal on hold")
        if status.resume_at and status.resume_at > now:
            seconds = (status.resume_at - now).total_seconds()
            return TryLater("PAUSED", "the portal wants a pause", retry_after_seconds=seconds)
        return None

    async def _send(self, person: Located, notification: Notification) -> None:
        portal = self._served[person.portal]
        await portal.turn()
        (outcome,) = await portal.send([notification])
        match outcome:
            case OutcomeUnknown() | Rejected():
                return  # it may have come, or never will: what to do then is told in any case
            case PortalError():
                raise outcome


def _write(claim: Claim, person: Located, code: str) -> Notification:
    sender = claim.sender
    told = claim.words.write(
        say(
            Say.CODE,
            code=code,
            who=f"@{sender.handle}" if sender.handle else str(sender.identity),
            platform=sender.identity.platform.capitalize(),
            command=f"/b24link {code}",
            minutes=MINUTES,
        ),
        say(Say.CODE_WARNING),
    )
    composed = compose(told)
    return Notification(
        recipient=person.recipient,
        message=composed.message,
        message_out=composed.message_out,
        # With an earlier one it would be unclear which of the two counts. The tags of what people
        # send end in the recipient's number: none of theirs is this one.
        tag=f"b24bridge|link|{person.recipient.user_id}|{sender.identity}",
        is_system=True,
    )
