"""``/b24notify``: ring somebody's bell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from uuid import uuid4

from bridge.commands.handler import Decided
from bridge.delivery.lane import Lane
from bridge.delivery.notification import Notification
from bridge.errors import RecipientAmbiguous, RecipientUnknown, TooLong, UsageError
from bridge.markup import markdown
from bridge.markup.compose import compose
from bridge.people.mentions import resolve_mentions
from bridge.replies.texts import Say, say, write, write_lines

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bridge.commands.handler import Request
    from bridge.commands.parser import Command
    from bridge.markup.nodes import Inline
    from bridge.people.identity import BitrixUserId, Recipient, Sender
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
        command, sender = request.command, request.sender
        _check_options(command.options)
        recipients = await self._recipients(command, sender)
        document = await resolve_mentions(markdown.parse(command.text), sender, self._directory)
        composed = compose(document, _tell_where(request.permalink))
        if not composed.message.strip():
            raise UsageError(say(Say.NO_TEXT, usage=command.spec.usage))
        return Decided(
            reply=write(say(Say.SHORTENED)) if composed.is_shortened else None,
            notifications=tuple(
                Notification(
                    recipient=recipient,
                    message=composed.message,
                    message_out=command.options.get("--mail") or composed.message_out,
                    tag=_tag(command.options.get("--tag"), recipient.user_id),
                    sub_tag=command.options.get("--sub-tag", ""),
                    lane=Lane.BULK if len(recipients) > MOST_TYPED else Lane.NORMAL,
                    attach=composed.attach,
                )
                for recipient in recipients
            ),
        )

    async def _recipients(self, command: Command, sender: Sender) -> list[Recipient]:
        refs = dict.fromkeys(command.recipients)
        if len(refs) > MOST_RECIPIENTS:
            raise TooLong(say(Say.TOO_MANY_RECIPIENTS, limit=str(MOST_RECIPIENTS)))
        by_user_id: dict[BitrixUserId, Recipient] = {}
        refusals: list[Reply] = []
        for ref in refs:
            try:
                recipient = await self._directory.resolve(ref, sender)
            except (RecipientUnknown, RecipientAmbiguous) as error:
                refusals += error.replies
            else:
                by_user_id.setdefault(recipient.user_id, recipient)
        if refusals:
            nobody = [say(Say.NOBODY_NOTIFIED)] if len(refs) > 1 else []
            raise RecipientUnknown(*refusals, *nobody)
        return list(by_user_id.values())


def _tell_where(permalink: str) -> tuple[Inline, ...]:
    return write_lines(say(Say.WHOLE_TEXT, address=permalink)).children if permalink else ()


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
