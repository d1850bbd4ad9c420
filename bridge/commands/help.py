"""``/b24help``: what one can type."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridge.commands.decided import Decided
from bridge.commands.grammar import COMMANDS, HELP, NOTIFY, CommandSpec, Takes, find_command
from bridge.errors import UnknownCommand
from bridge.markup.nodes import Document
from bridge.replies.suggestions import nearest
from bridge.replies.texts import Say, say

if TYPE_CHECKING:
    from bridge.commands.handler import Request
    from bridge.replies.reply import Reply
    from bridge.replies.words import Words


async def show_help(request: Request, /) -> Decided:
    """Answer with the list of commands, or all about one; see ``Handler``."""
    if not request.command.words:
        return Decided(reply=_overview(request.words))
    word = request.command.words[0]
    spec = find_command(word) or find_command(f"b24{word.removeprefix('/')}")
    if spec is None:
        names = [spec.name for spec in COMMANDS]
        near = nearest(word.removeprefix("/"), names)
        raise UnknownCommand(
            say(Say.UNKNOWN_COMMAND_NEAR, near=f"/{near}") if near else say(Say.UNKNOWN_COMMAND)
        )
    return Decided(reply=_about(spec, request.words))


def _overview(words: Words) -> Document:
    lines = [_line(spec, words) for spec in COMMANDS]
    return Document(
        (
            *words.write(say(Say.HELP_INTRO)).children,
            words.write_lines(*lines),
            *words.write(
                say(Say.HELP_RECIPIENTS), say(Say.HELP_MORE, help=f"/{HELP.name} {NOTIFY.name}")
            ).children,
        )
    )


def _about(spec: CommandSpec, words: Words) -> Document:
    options = [
        say(Say.HELP_OPTION, option=option.usage, summary=words.spell(say(option.summary)))
        for option in spec.options
    ]
    examples = [say(Say.EXAMPLE, example=example) for example in spec.examples]
    takes_recipients = spec.takes in {Takes.MESSAGE, Takes.RECIPIENT}
    return Document(
        (
            words.write_lines(_line(spec, words), *options),
            *(words.write(say(Say.HELP_RECIPIENTS)).children if takes_recipients else ()),
            *([words.write_lines(say(Say.HELP_EXAMPLES), *examples)] if examples else []),
        )
    )


def _line(spec: CommandSpec, words: Words) -> Reply:
    return say(Say.HELP_COMMAND, usage=spec.usage, summary=words.spell(say(spec.summary)))
