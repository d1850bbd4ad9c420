"""A message that is passed on, for where there is nothing better than a quote."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridge.markup.nodes import Link, Paragraph, Quote, Shared, Strong, Text

if TYPE_CHECKING:
    from bridge.markup.nodes import Inline


def as_quote(shared: Shared) -> Quote:
    """Make a quote of it, whose first line says who wrote it and when, and leads to it."""
    head: list[Inline] = [Strong((Text(shared.author),))] if shared.author else []
    source = show_source(shared)
    if head and source:
        head.append(Text(", "))
    head += source
    return Quote((Paragraph(tuple(head)), *shared.children) if head else shared.children)


def show_source(shared: Shared) -> tuple[Inline, ...]:
    """Write when it was sent, leading to where it stands; nothing if neither is known."""
    when = show_time(shared)
    if shared.href:
        return (Link(shared.href, (Text(when or shared.href),)),)
    return (Text(when),) if when else ()


def show_time(shared: Shared) -> str:
    """Write when it was sent, in UTC: its readers may be anywhere; empty if it is not known."""
    return f"{shared.sent_at:%Y-%m-%d %H:%M} UTC" if shared.sent_at else ""
