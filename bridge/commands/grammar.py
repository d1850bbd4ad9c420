"""The commands, their options and their help, as data.

The parser, the help, the suggestions, the chats' command menus and the demo's completions all read
this one table. Its summaries are texts of ``bridge.replies.texts``; as plain text in somebody's
language they are ``words.spell(say(spec.summary))``.
"""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from bridge.people.permissions import Act
from bridge.replies.texts import Say


class Takes(StrEnum):
    """What stands behind a command's name."""

    MESSAGE = "message"
    """Recipients, options, and a text."""
    RECIPIENT = "recipient"
    """One recipient."""
    WORD = "word"
    """At most one word."""
    PEOPLE = "people"
    """Words and recipients, mixed, up to the end."""
    NOTHING = "nothing"
    """Nothing; what is there is ignored."""


class Option(Struct, frozen=True):
    """An option of a command: ``--name VALUE``, or ``--name`` alone when ``value`` is empty."""

    name: str
    value: str
    summary: Say

    @property
    def usage(self) -> str:
        """How it is typed: ``--tag T``."""
        return f"{self.name} {self.value}".rstrip()


class CommandSpec(Struct, frozen=True, kw_only=True):
    """A command as people type it.

    Attributes:
        name: without the slash.
        arguments: what the usage line shows behind the name.
        summary: one line for lists and menus.
        takes: what the parser reads behind the name.
        options: before or behind the recipients, in any order.
        examples: whole commands to learn from.
        aliases: other names that chats send by themselves.
        act: what one must be allowed to do to give it.
    """

    name: str
    arguments: str
    summary: Say
    takes: Takes
    options: tuple[Option, ...] = ()
    examples: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    act: Act = Act.SEND

    @property
    def usage(self) -> str:
        """The usage line: ``/b24who RECIPIENT``."""
        return f"/{self.name} {self.arguments}".rstrip()


NOTIFY = CommandSpec(
    name="b24notify",
    arguments="RECIPIENT… [--tag T] [--sub-tag S] [--mail TEXT] [--system] [--dry-run] TEXT",
    summary=Say.ABOUT_NOTIFY,
    takes=Takes.MESSAGE,
    options=(
        Option("--tag", "T", Say.ABOUT_TAG),
        Option("--sub-tag", "S", Say.ABOUT_SUB_TAG),
        Option("--mail", "TEXT", Say.ABOUT_MAIL),
        Option("--system", "", Say.ABOUT_SYSTEM),
        Option("--dry-run", "", Say.ABOUT_DRY_RUN),
    ),
    examples=(
        "/b24notify @anna **api** is [down](https://status.example/1)",
        "/b24notify @anna, #2 --tag deploy Version 1.4 is out",
        "/b24notify boris@corp.example -- @anna is on duty tonight",
    ),
)
WHO = CommandSpec(
    name="b24who",
    arguments="RECIPIENT",
    summary=Say.ABOUT_WHO,
    takes=Takes.RECIPIENT,
    examples=("/b24who @anna", "/b24who #5", "/b24who anna@corp.example"),
)
LINK = CommandSpec(
    name="b24link",
    arguments="[RECIPIENT | CODE]",
    summary=Say.ABOUT_LINK,
    takes=Takes.PEOPLE,
    examples=("/b24link anna@corp.example", "/b24link #5", "/b24link 123456"),
    act=Act.LINK,
)
UNLINK = CommandSpec(
    name="b24unlink",
    arguments="",
    summary=Say.ABOUT_UNLINK,
    takes=Takes.NOTHING,
)
GROUP = CommandSpec(
    name="b24group",
    arguments="create|add|remove|show|list|delete [NAME] [RECIPIENT…]",
    summary=Say.ABOUT_GROUP,
    takes=Takes.PEOPLE,
    examples=(
        "/b24group create oncall @anna @boris",
        "/b24group show oncall",
        "/b24notify @oncall The **api** is down",
    ),
)
STATUS = CommandSpec(
    name="b24status",
    arguments="",
    summary=Say.ABOUT_STATUS,
    takes=Takes.NOTHING,
)
UNDO = CommandSpec(
    name="b24undo",
    arguments="NUMBER",
    summary=Say.ABOUT_UNDO,
    takes=Takes.PEOPLE,
)
CHOOSE = CommandSpec(
    name="b24choose",
    arguments="NUMBER PLACE RECIPIENT",
    summary=Say.ABOUT_CHOOSE,
    takes=Takes.PEOPLE,
)
HELP = CommandSpec(
    name="b24help",
    arguments="[COMMAND]",
    summary=Say.ABOUT_HELP,
    takes=Takes.WORD,
    examples=("/b24help b24notify",),
    aliases=("help",),
)
START = CommandSpec(
    name="start",
    arguments="[PAYLOAD]",
    summary=Say.ABOUT_HELP,
    takes=Takes.WORD,
    act=Act.LINK,
)

COMMANDS = (NOTIFY, WHO, LINK, UNLINK, GROUP, STATUS, HELP)
"""What people type."""
_BY_PROGRAMS = (UNDO, CHOOSE, START)
"""What buttons and chats type."""


def find_command(word: str) -> CommandSpec | None:
    """Find a command by what was typed, with or without slash, whatever its case."""
    name = word.removeprefix("/").casefold()
    return next(
        (spec for spec in (*COMMANDS, *_BY_PROGRAMS) if name == spec.name or name in spec.aliases),
        None,
    )
