"""What became of a person's notifications, in a line each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bridge.delivery.history import CANCELLED
from bridge.delivery.state import State
from bridge.markup.nodes import Document
from bridge.replies.reasons import why_failed, why_waiting
from bridge.replies.texts import Say, say
from bridge.replies.times import write_ago, write_until

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from bridge.delivery.overview import Sent
    from bridge.replies.reply import Reply
    from bridge.replies.words import Words

_TEXTS: Final = {
    State.SENDING: Say.SENT_UNDER_WAY,
    State.DELIVERED: Say.SENT_DELIVERED,
    State.FAILED: Say.SENT_FAILED,
    State.DEAD: Say.SENT_GIVEN_UP,
    State.CANCELLED: Say.SENT_TAKEN_BACK,
}


def write_sent(sent: Sequence[Sent], words: Words, now: datetime, more: int) -> Document:
    """Write what became of notifications; says how to send one where there are none.

    Args:
        sent: what is told in a line each.
        words: in which it is written.
        now: the time.
        more: how many wait that are not among these.
    """
    if not sent:
        return words.write(say(Say.SENT_NOTHING))
    rest = [say(Say.SENT_MORE, number=str(more))] if more else []
    lines = words.write_lines(*(describe(one, words, now) for one in sent), *rest)
    return Document((*words.write(say(Say.SENT_INTRO)).children, lines))


def describe(sent: Sent, words: Words, now: datetime) -> Reply:
    """Say in a few words what became of one notification."""
    text = _find_text(sent)
    code = sent.hold_code if text is Say.SENT_ON_HOLD else sent.code
    why = why_failed if sent.state is State.FAILED else why_waiting
    return say(
        text,
        name=sent.recipient.label,
        reason=words.spell(say(why(code).short)),
        when=_write_when(sent, words, now),
        code=code,
        note=words.spell(say(Say.MAYBE_TWICE)) if sent.is_possibly_doubled else "",
        since=write_ago(sent.held_at or now, now, words),
        next=_write_next_try(sent, words, now),
    )


def _find_text(sent: Sent) -> Say:
    if sent.state is State.CANCELLED and sent.code == CANCELLED:
        return Say.SENT_CANCELLED
    if sent.state is not State.QUEUED:
        return _TEXTS[sent.state]
    if sent.hold_code:
        return Say.SENT_ON_HOLD
    return Say.SENT_WAITING if sent.code else Say.SENT_NOT_TRIED


def _write_next_try(sent: Sent, words: Words, now: datetime) -> str:
    if sent.next_try_at is None:
        return ""
    return words.spell(say(Say.NEXT_TRY, when=write_until(sent.next_try_at, now, words)))


def _write_when(sent: Sent, words: Words, now: datetime) -> str:
    if sent.finished_at:
        return write_ago(sent.finished_at, now, words)
    return write_until(sent.next_try_at or now, now, words)
