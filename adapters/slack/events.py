"""Messages to the bot, read into commands: mentions in channels and threads, and direct messages.

Sources: https://docs.slack.dev/reference/events/app_mention/ (and ``message.im``)
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from adapters.slack.fields import get_object, get_text
from adapters.slack.message import read_message
from adapters.slack.shared import permalink
from bridge.commands.grammar import HELP, find_command
from bridge.incoming import Incoming
from bridge.markup.nodes import Mention, Text
from bridge.people.identity import Identity, Platform, Sender

if TYPE_CHECKING:
    from datetime import datetime

    from adapters.slack.bot import Bot
    from adapters.slack.fields import Object
    from bridge.markup.nodes import Typed

_WORD: Final = re.compile(r"\s*/?(?P<word>[\w-]+)", re.ASCII)
_PREFIX: Final = "b24"
_SPOKEN: Final = frozenset({"", "file_share", "thread_broadcast"})
"""The subtypes of messages that a person has written just now."""


def read_event(body: Object, bot: Bot, now: datetime) -> Incoming | None:
    """Read a message; None if it is no command of a person in the own workspace.

    Edited messages are none, nor are those of programs, notes such as that somebody has joined, and
    messages of other organisations in a shared channel. A message is known by where it stands, so
    that it is one command however many events tell of it, and however often.

    Args:
        body: what Slack sent, the event in it.
        bot: who is mentioned.
        now: the time.
    """
    event = get_object(body, "event")
    team, user, channel, ts = (
        get_text(body, "team_id"),
        *(get_text(event, name) for name in ("user", "channel", "ts")),
    )
    if not (team and user and channel and ts) or not _is_spoken(event, team):
        return None
    is_direct = get_text(event, "channel_type") == "im"
    thread_ts = get_text(event, "thread_ts")
    typed = _read_typed(read_message(event), bot.user_id, is_direct=is_direct)
    if typed is None:
        return None
    return Incoming(
        platform=Platform.SLACK,
        workspace=team,
        event_id=f"{channel}:{ts}",
        sender=Sender(Identity(Platform.SLACK, team, user)),
        typed=typed,
        answer_to={
            "direct" if is_direct else "channel": channel,
            "thread_ts": thread_ts,
            "user": user,
        },
        received_at=now,
        permalink="" if is_direct else permalink(bot.address, channel, ts, thread_ts),
        is_private=is_direct,
    )


def _is_spoken(event: Object, team: str) -> bool:
    """Tell whether a person of the own workspace has written it, and just now."""
    is_direct = event.get("type") == "message" and event.get("channel_type") == "im"
    is_to_us = is_direct or event.get("type") == "app_mention"
    teams = {get_text(event, name) or team for name in ("team", "user_team", "source_team")}
    return (
        is_to_us
        and get_text(event, "subtype") in _SPOKEN
        and teams == {team}
        and not any(event.get(name) for name in ("bot_id", "bot_profile", "edited", "hidden"))
    )


def _read_typed(message: Typed, bot: str, *, is_direct: bool) -> Typed | None:
    """Read what is typed behind the mention of the bot, or all of a direct message.

    Where the bot is mentioned in the midst of a sentence, only a command that follows is meant for
    it.
    """
    at = next((at for at, node in enumerate(message) if _names(node, bot)), None)
    if at is None:
        return _as_command(message)[0] if is_direct else None
    typed, is_command = _as_command(message[at + 1 :])
    return typed if is_command or _is_blank(message[:at]) else None


def _as_command(typed: Typed) -> tuple[Typed, bool]:
    """Write the command as slash commands are, and tell whether it is one; help without a word."""
    if _is_blank(typed):
        return (Text(f"/{HELP.name}"),), False
    first = typed[0]
    match = _WORD.match(first.text) if isinstance(first, Text) else None
    spec = match and (find_command(match["word"]) or find_command(f"{_PREFIX}{match['word']}"))
    if not (match and spec and isinstance(first, Text)):
        return typed, False
    return (Text(f"/{spec.name}{first.text[match.end() :]}"), *typed[1:]), True


def _names(node: object, bot: str) -> bool:
    return isinstance(node, Mention) and node.external_id == bot


def _is_blank(typed: Typed) -> bool:
    return all(isinstance(node, Text) and not node.text.strip() for node in typed)
