"""What a person typed, read as a command.

The parser walks over the nodes an adapter made, so that formatting and mentions survive: it takes
the command's name, recipients and options from the front and hands on what is left, untouched.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from bridge.commands.cursor import Cursor
from bridge.commands.grammar import COMMANDS, CommandSpec, Takes, find_command
from bridge.errors import UnknownCommand, UsageError
from bridge.markup.nodes import Link, Mention, Typed
from bridge.people.recipients import (
    RECIPIENT,
    Mentioned,
    MentionedGroup,
    RecipientRef,
    read_recipient,
    recipient_of,
)
from bridge.replies.suggestions import nearest
from bridge.replies.texts import Say, say

if TYPE_CHECKING:
    from bridge.replies.reply import Reply

_SPACE: Final = re.compile(r"\s*")
_WORD: Final = re.compile(r"\S+")
_SEPARATOR: Final = re.compile(r"[\s,]*")
# Phones turn two hyphens into a dash, straight quotes into curled ones.
_END_OF_HEAD: Final = re.compile(r"(?:--|—|–)(?=\s|$)|:(?=\s|$)")
_OPTION: Final = re.compile(r"(?P<dashes>--|[—–]-?)(?P<name>[A-Za-z][A-Za-z-]*)(?=[\s=]|$)")
_GIVEN: Final = "yes"
_EQUALS: Final = re.compile(r"\s*=\s*|\s+")
_VALUE: Final = re.compile(
    r"""
    (?: "(?P<straight>[^"]*)"
      | '(?P<single>[^']*)'
      | [“”„«](?P<curled>[^“”»]*)[“”»]
      | [‘’‚](?P<curled_single>[^‘’]*)[‘’]
    )(?=\s|$)
    | (?P<word>\S+)
    """,
    re.VERBOSE,
)
# The text begins behind a comma or on the next line; what indents its first line belongs to it.
_BEFORE_TEXT: Final = re.compile(r"[^\S\n]*(?:,[^\S\n]*)?(?:\n(?:[^\S\n]*\n)*)?")


class Command(Struct, frozen=True, kw_only=True):
    """A command with everything that was typed for it.

    Attributes:
        spec: which command.
        recipients: in the order typed.
        options: by their name with dashes, ``{"--tag": "deploy"}``; those without a value are not
            empty if they are given.
        text: what is left, for ``markdown.parse``; empty when nothing is.
        words: what else was typed, in order.
    """

    spec: CommandSpec
    recipients: tuple[RecipientRef, ...] = ()
    options: dict[str, str] = {}
    text: Typed = ()
    words: tuple[str, ...] = ()


def parse(typed: Typed, *, may_lack_text: bool = False) -> Command:
    """Read a command.

    Args:
        typed: all of it.
        may_lack_text: whether a message comes with it that can be sent alone.

    Raises:
        UnknownCommand: it begins with no command of ours.
        UsageError: it is not typed as its usage line says.
    """
    cursor = Cursor(typed)
    spec = _read_name(cursor)
    cursor.skip(_SPACE)
    match spec.takes:
        case Takes.MESSAGE:
            return _read_message(spec, cursor, may_lack_text)
        case Takes.RECIPIENT:
            return Command(spec=spec, recipients=(_read_recipient(spec, cursor),))
        case Takes.WORD:
            word = cursor.take_text(_WORD)
            return Command(spec=spec, words=(word,) if word else ())
        case Takes.PEOPLE:
            return _read_people(spec, cursor)
        case Takes.NOTHING:
            return Command(spec=spec)


def tell_command(typed: Typed) -> CommandSpec | None:
    """Tell which command it is, whether or not it is typed as it must be; None if it is none."""
    return _find_name(_take_name(Cursor(typed)))


def _take_name(cursor: Cursor) -> str:
    cursor.skip(_SPACE)
    return cursor.take_text(_WORD)


def _find_name(word: str) -> CommandSpec | None:
    return find_command(word) if word.startswith("/") else None


def _read_name(cursor: Cursor) -> CommandSpec:
    word = _take_name(cursor)
    spec = _find_name(word)
    if spec is None:
        near = nearest(word, [f"/{spec.name}" for spec in COMMANDS])
        raise UnknownCommand(
            say(Say.UNKNOWN_COMMAND_NEAR, near=near) if near else say(Say.UNKNOWN_COMMAND)
        )
    return spec


def _read_message(spec: CommandSpec, cursor: Cursor, may_lack_text: bool) -> Command:
    early_options = _take_options(spec, cursor)
    recipients = [_read_recipient(spec, cursor)]
    options: dict[str, str] = {}
    while True:
        mark = cursor.at
        cursor.skip(_SEPARATOR)
        if cursor.skip(_END_OF_HEAD):
            break
        if option := _take_option(spec, cursor):
            options.update([option])
        elif not options and (recipient := _take_recipient(cursor)):
            recipients.append(recipient)
        else:
            cursor.at = mark
            break
    cursor.skip(_BEFORE_TEXT)
    if cursor.is_blank() and not may_lack_text:
        raise UsageError(say(Say.NO_TEXT, usage=spec.usage))
    return Command(
        spec=spec,
        recipients=tuple(recipients),
        options=early_options | options,
        text=cursor.take_rest(),
    )


def _read_people(spec: CommandSpec, cursor: Cursor) -> Command:
    words: list[str] = []
    recipients: list[RecipientRef] = []
    while not cursor.is_blank():
        cursor.skip(_SEPARATOR)
        if recipient := _take_recipient(cursor):
            recipients.append(recipient)
        elif word := cursor.take_text(_WORD):
            words.append(word)
    return Command(spec=spec, recipients=tuple(recipients), words=tuple(words))


def _read_recipient(spec: CommandSpec, cursor: Cursor) -> RecipientRef:
    recipient = _take_recipient(cursor)
    if recipient is None:
        raise UsageError(_no_recipient(spec, cursor.take_text(_WORD)))
    return recipient


def _no_recipient(spec: CommandSpec, word: str) -> Reply:
    if not word:
        return say(Say.NO_RECIPIENT, usage=spec.usage)
    near = f"#{word}" if word.isdecimal() else f"@{word}"
    if read_recipient(near):
        return say(Say.NO_RECIPIENT_NEAR, word=word, near=near, usage=spec.usage)
    return say(Say.NO_RECIPIENT_READ, word=word, usage=spec.usage)


def _take_recipient(cursor: Cursor) -> RecipientRef | None:
    node = cursor.node
    if isinstance(node, Mention) and node.external_id:
        cursor.at += 1
        kind = MentionedGroup if node.is_group else Mentioned
        return kind(node.external_id, node.label)
    if isinstance(node, Link) and node.href.startswith("mailto:"):
        recipient = read_recipient(node.href.removeprefix("mailto:"))
        cursor.at += recipient is not None
        return recipient
    match = cursor.take(RECIPIENT)
    return recipient_of(match) if match else None


def _take_options(spec: CommandSpec, cursor: Cursor) -> dict[str, str]:
    options: dict[str, str] = {}
    while option := _take_option(spec, cursor):
        options.update([option])
        cursor.skip(_SEPARATOR)
    return options


def _take_option(spec: CommandSpec, cursor: Cursor) -> tuple[str, str] | None:
    mark = cursor.at
    match = cursor.take(_OPTION)
    if match is None:
        return None
    name = f"--{match['name'].casefold()}"
    known = {option.name: option for option in spec.options}
    if name not in known:
        if match["dashes"] != "--":
            cursor.at = mark  # a dash that belongs to the text
            return None
        raise UsageError(_unknown_option(spec, name, nearest(name, known)))
    if not known[name].value:
        return name, _GIVEN
    cursor.skip(_EQUALS)
    value = cursor.take_text(_VALUE)
    if not value:
        raise UsageError(say(Say.NO_OPTION_VALUE, option=name, usage=spec.usage))
    return name, value


def _unknown_option(spec: CommandSpec, name: str, near: str | None) -> Reply:
    if near:
        return say(Say.UNKNOWN_OPTION_NEAR, option=name, near=near)
    return say(Say.UNKNOWN_OPTION, option=name, usage=spec.usage)
