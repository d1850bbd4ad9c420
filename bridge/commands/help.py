"""``/b24help``: what one can type."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridge.commands.grammar import COMMANDS, HELP, NOTIFY, CommandSpec, Takes, find_command
from bridge.commands.handler import Decided
from bridge.errors import UnknownCommand
from bridge.markup.nodes import Document
from bridge.replies.suggestions import nearest
from bridge.replies.texts import Say, say, write, write_lines

if TYPE_CHECKING:
    from bridge.commands.handler import Request


async def show_help(request: Request, /) -> Decided:
    """Answer with the list of commands, or all about one; see ``Handler``."""
    word = request.command.word
    if not word:
        return Decided(reply=_overview())
    spec = find_command(word) or find_command(f"b24{word.removeprefix('/')}")
    if spec is None:
        names = [spec.name for spec in COMMANDS]
        near = nearest(word.removeprefix("/"), names)
        raise UnknownCommand(
            say(Say.UNKNOWN_COMMAND_NEAR, near=f"/{near}") if near else say(Say.UNKNOWN_COMMAND)
        )
    return Decided(reply=_about(spec))


def _overview() -> Document:
    lines = [say(Say.HELP_COMMAND, usage=spec.usage, summary=spec.summary) for spec in COMMANDS]
    return Document(
        (
            *write(say(Say.HELP_INTRO)).children,
            write_lines(*lines),
            *write(
                say(Say.HELP_RECIPIENTS), say(Say.HELP_MORE, help=f"/{HELP.name} {NOTIFY.name}")
            ).children,
        )
    )


def _about(spec: CommandSpec) -> Document:
    options = [
        say(Say.HELP_OPTION, option=option.usage, summary=option.summary) for option in spec.options
    ]
    head = say(Say.HELP_COMMAND, usage=spec.usage, summary=spec.summary)
    examples = [say(Say.EXAMPLE, example=example) for example in spec.examples]
    takes_recipients = spec.takes in {Takes.MESSAGE, Takes.RECIPIENT}
    return Document(
        (
            write_lines(head, *options),
            *(write(say(Say.HELP_RECIPIENTS)).children if takes_recipients else ()),
            *([write_lines(say(Say.HELP_EXAMPLES), *examples)] if examples else []),
        )
    )
