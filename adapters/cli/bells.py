"""Bells on a terminal: what a recipient sees, without a browser."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.console import Console
from rich.text import Text

from adapters.cli.terminal import visible
from adapters.sandbox.attach import Block, Image, Link, User, check_attach
from adapters.sandbox.people import PEOPLE
from adapters.sandbox.reader import read

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from adapters.sandbox.notifications import StoredNotification
    from adapters.sandbox.reader import Reading

_STYLES: Final = {
    "b": "bold",
    "i": "italic",
    "u": "underline",
    "s": "strike",
    "url": "underline cyan",
    "user": "cyan",
    "code": "dim",
}

_RULE: Final = "─" * 20


def print_bells(notifications: Sequence[StoredNotification]) -> None:
    """Print what each bell shows, with its formatting where there is a terminal, and as BB code."""
    names = {person.id: person.full_name for person in PEOPLE}
    console = Console(highlight=False, soft_wrap=True)
    for notification in notifications:
        console.print(Text(f"\n{names[notification.user_id]}'s bell shows:"))
        for text in (notification.message, *_list_attached(notification.attach)):
            _print_shown(console, read(text))
        console.print(Text("as BB code:"))
        console.print(Text(indent(visible(notification.message, keep_lines=True))))
        if notification.attach:
            console.print(Text("as ATTACH:"))
            console.print(Text(indent(visible(notification.attach))))


def indent(text: str) -> str:
    """Put every line a little to the right."""
    return "\n".join(f"  {line}".rstrip() for line in text.split("\n"))


def _list_attached(attach: str) -> Iterator[str]:
    """Yield what the blocks of an attachment show, as BB codes."""
    for block in check_attach(attach).attach.blocks if attach else ():
        match block:
            case Block(message=str(message)):
                yield message
            case Block(grid=list(cells)):
                yield "\n".join(
                    " | ".join(filter(None, map(str, (c.name, c.value)))) for c in cells
                )
            case Block(user=User(name)):
                yield str(name)
            case Block(link=Link(link, name)) | Block(image=Image(link, name)):
                yield f"[url={link}]{name or link}[/url]"
            case _:
                yield _RULE


def _print_shown(console: Console, reading: Reading) -> None:
    for line in _render(reading).split("\n"):
        console.print(Text("  ") + line)
    for link in _list_links(reading):
        console.print(Text(f"    {link}"))


def _render(reading: Reading) -> Text:
    text = Text(visible(reading.text, keep_lines=True))
    for span in reading.spans:
        if style := _STYLES.get(span.kind):
            text.stylize(style, span.start, span.end)
    return text


def _list_links(reading: Reading) -> Iterator[str]:
    for span in reading.spans:
        if span.kind == "url":
            yield visible(f"{reading.text[span.start : span.end]} → {span.value}")
