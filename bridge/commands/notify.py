"""``/b24notify``: ring somebody's bell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from uuid import uuid4

from bridge.commands.decided import Decided
from bridge.commands.draft import write_drafts
from bridge.commands.preview import write_preview
from bridge.delivery.lane import Lane
from bridge.delivery.notification import OWN_TAG, Notification
from bridge.errors import RecipientAmbiguous, RecipientUnknown, TooLong, UsageError
from bridge.markup.nodes import Document
from bridge.replies.texts import Say, say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bridge.commands.handler import Request
    from bridge.markup.compose import Composed
    from bridge.people.directory import Directory
    from bridge.people.identity import BitrixUserId, Recipient
    from bridge.people.resolved import Resolved

TAG_LENGTH: Final = 226
"""The longest tag a person may give: the portal keeps 246 characters, of which a separator and the
recipient's number, at most 19 digits, are ours."""
MAIL_LENGTH: Final = 20_000
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
        resolved = await self._resolve(request)
        recipients = resolved.people
        drafts = await write_drafts(request, recipients, self._directory)
        if not all(draft.composed.message.strip() for draft in drafts):
            raise UsageError(say(Say.NO_TEXT, usage=command.spec.usage))
        notes = list(resolved.left_out)
        if "--dry-run" in command.options:
            preview = write_preview(drafts, command.options, request.words)
            said = request.words.write(*notes).children
            return Decided(reply=Document((*preview.children, *said)))
        lane = Lane.BULK if len(recipients) > MOST_TYPED else Lane.NORMAL
        if any(draft.composed.is_shortened for draft in drafts):
            notes.append(say(Say.SHORTENED))
        return Decided(
            reply=request.words.write(*notes) if notes else None,
            notifications={
                draft.portal: [
                    _notification(recipient, draft.composed, command.options, lane)
                    for recipient in draft.recipients
                ]
                for draft in drafts
            },
        )

    async def _resolve(self, request: Request) -> Resolved:
        refs = request.command.recipients
        try:
            return await self._directory.resolve_all(refs, request.sender, request.link)
        except (RecipientUnknown, RecipientAmbiguous) as error:
            if len(set(refs)) > 1:
                error.replies = (*error.replies, say(Say.NOBODY_NOTIFIED))
            raise


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
    return f"{given}|{user_id}" if given else f"{OWN_TAG}{uuid4().hex}"


def _check_options(options: Mapping[str, str]) -> None:
    for name, limit in (("--tag", TAG_LENGTH), ("--sub-tag", TAG_LENGTH), ("--mail", MAIL_LENGTH)):
        if len(options.get(name, "")) > limit:
            raise TooLong(say(Say.OPTION_TOO_LONG, option=name, limit=f"{limit:,}"))
    if options.get("--sub-tag") == "0":
        raise UsageError(say(Say.TAG_EMPTY, option="--sub-tag", value="0"))
