"""Bells on a terminal: what a recipient sees, without a browser."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.console import Console
from rich.text import Text

from adapters.cli.terminal import visible
from adapters.sandbox.people import PEOPLE
from adapters.sandbox.reader import read

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from adapters.sandbox.portal import StoredNotification
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


def print_bells(notifications: Sequence[StoredNotification]) -> None:
    """Print what each bell shows, with its formatting where there is a terminal, and as BB code."""
    names = {person.id: person.full_name for person in PEOPLE}
    console = Console(highlight=False, soft_wrap=True)
    for notification in notifications:
        reading = read(notification.message)
        console.print(Text(f"\n{names[notification.user_id]}'s bell shows:"))
        for line in _render(reading).split("\n"):
            console.print(Text("  ") + line)
        for link in _list_links(reading):
            console.print(Text(f"    {link}"))
        console.print(Text("as BB code:"))
        console.print(Text(indent(visible(notification.message, keep_lines=True))))


def indent(text: str) -> str:
    """Put every line a little to the right."""
    return "\n".join(f"  {line}".rstrip() for line in text.split("\n"))


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
