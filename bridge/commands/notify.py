"""``/b24notify``: ring somebody's bell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from uuid import uuid4

from bridge.commands.decided import Decided
from bridge.commands.draft import write_drafts
from bridge.commands.preview import write_preview
from bridge.delivery.lane import Lane
from bridge.delivery.notification import Notification
from bridge.errors import RecipientAmbiguous, RecipientUnknown, TooLong, UsageError
from bridge.replies.texts import Say, say

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bridge.commands.handler import Request
    from bridge.markup.compose import Composed
    from bridge.people.identity import BitrixUserId, Located, PortalId, Recipient
    from bridge.people.recipients import Directory
    from bridge.replies.reply import Reply

TAG_LENGTH: Final = 226
"""The longest tag a person may give: the portal keeps 246 characters, of which a separator and the
recipient's number, at most 19 digits, are ours."""
MAIL_LENGTH: Final = 20_000
MOST_RECIPIENTS: Final = 40
"""Numbers and e-mail addresses cost the portal a look-up each, and it takes 50 at once."""


MOST_TYPED: Final = 20
"""What goes to more people at once lets the messages of others pass."""


class Notify:
    """Turns a text into a notification for each recipient."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    async def __call__(self, request: Request, /) -> Decided:
        """Decide on the notifications; see ``Handler``."""
        command = request.command
        _check_options(command.options)
        recipients = await self._recipients(request)
        drafts = await write_drafts(request, recipients, self._directory)
        if not all(draft.composed.message.strip() for draft in drafts):
            raise UsageError(say(Say.NO_TEXT, usage=command.spec.usage))
        if "--dry-run" in command.options:
            return Decided(reply=write_preview(drafts, command.options, request.words))
        lane = Lane.BULK if len(recipients) > MOST_TYPED else Lane.NORMAL
        is_shortened = any(draft.composed.is_shortened for draft in drafts)
        return Decided(
            reply=request.words.write(say(Say.SHORTENED)) if is_shortened else None,
            notifications={
                draft.portal: [
                    _notification(recipient, draft.composed, command.options, lane)
                    for recipient in draft.recipients
                ]
                for draft in drafts
            },
        )

    async def _recipients(self, request: Request) -> list[Located]:
        refs = dict.fromkeys(request.command.recipients)
        if len(refs) > MOST_RECIPIENTS:
            raise TooLong(say(Say.TOO_MANY_RECIPIENTS, limit=str(MOST_RECIPIENTS)))
        found: dict[tuple[PortalId, BitrixUserId], Located] = {}
        errors: list[RecipientUnknown | RecipientAmbiguous] = []
        for ref in refs:
            try:
                one = await self._directory.resolve(ref, request.sender, request.link)
            except (RecipientUnknown, RecipientAmbiguous) as error:
                errors.append(error)
            else:
                found.setdefault((one.portal, one.recipient.user_id), one)
        if errors:
            raise _join(errors, [say(Say.NOBODY_NOTIFIED)] if len(refs) > 1 else [])
        return list(found.values())


def _join(
    errors: Sequence[RecipientUnknown | RecipientAmbiguous], end: Sequence[Reply]
) -> RecipientUnknown | RecipientAmbiguous:
    """Tell of all; a choice is offered only where choosing is all there is to mend."""
    replies = [*(reply for error in errors for reply in error.replies), *end]
    ambiguous = [error for error in errors if isinstance(error, RecipientAmbiguous)]
    if len(ambiguous) < len(errors):
        return RecipientUnknown(*replies)
    first = ambiguous[0]
    return RecipientAmbiguous(*replies, ref=first.ref, candidates=first.candidates)


def _notification(
    recipient: Recipient, message: Composed, options: Mapping[str, str], lane: Lane
) -> Notification:
    return Notification(
        recipient=recipient,
        message=message.message,
        message_out=options.get("--mail") or message.message_out,
        tag=_tag(options.get("--tag"), recipient.user_id),
        sub_tag=options.get("--sub-tag", ""),
        is_system="--system" in options,
        lane=lane,
        attach=message.attach,
    )


def _tag(given: str | None, user_id: BitrixUserId) -> str:
    # Documented is that a tag replaces the application's other notifications, so one that several
    # recipients shared could take the bell of the first away when the second's rings.
    return f"{given}|{user_id}" if given else f"b24bridge|{uuid4().hex}"


def _check_options(options: Mapping[str, str]) -> None:
    for name, limit in (("--tag", TAG_LENGTH), ("--sub-tag", TAG_LENGTH), ("--mail", MAIL_LENGTH)):
        if len(options.get(name, "")) > limit:
            raise TooLong(say(Say.OPTION_TOO_LONG, option=name, limit=f"{limit:,}"))
    if options.get("--sub-tag") == "0":
        raise UsageError(say(Say.TAG_EMPTY, option="--sub-tag", value="0"))
