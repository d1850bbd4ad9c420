"""What Slack writes between ``<`` and ``>``: people, channels, dates, links, special words.

Source: https://docs.slack.dev/messaging/formatting-message-text/#advanced
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from msgspec import Struct

from adapters.slack.emoji import show_emoji
from adapters.slack.moments import show_moment
from bridge.markup.nodes import Link, Mention, Text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bridge.markup.nodes import Inline

_EVERYBODY = frozenset({"here", "channel", "everyone", "group"})
_PEOPLE = ("U", "W")
_BOT = "B"


class BareUrl(Struct, frozen=True):
    """An address that Slack found in the text, without a label."""

    href: str


class Words(Struct, frozen=True):
    """Words that Slack shows as they are: there is no typed Markdown in them."""

    text: str


Reference: TypeAlias = Mention | Words | Link | BareUrl


def decode(text: str) -> str:
    """Turn the three entities Slack escapes with into characters, once."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def read_reference(content: str) -> Reference | None:
    """Read what stood between ``<`` and ``>``; None if it is no reference of Slack's."""
    target, _, label = (decode(part) for part in content.partition("|"))
    if target.startswith("@"):
        return _read_person(target[1:], label)
    if target.startswith("#"):
        name = label.removeprefix("#") or target[1:]
        return Words(f"#{name}") if _is_id(target[1:]) else None
    if target.startswith("!"):
        return _read_special(target[1:], label)
    if not _is_url(target):
        return None
    if not label:
        return BareUrl(target)
    return Link(target, (Text(label if label in target else show_emoji(label)),))


def split_references(text: str) -> Iterator[str | Reference]:
    """Split text, still encoded, into references and the decoded text between them; linear."""
    at = 0
    while (end := text.find(">", at)) >= 0:
        start = text.rfind("<", at, end)
        reference = read_reference(text[start + 1 : end]) if start >= 0 else None
        if reference is None:
            yield decode(text[at : end + 1])
        else:
            yield decode(text[at:start])
            yield reference
        at = end + 1
    yield decode(text[at:])


def read_literally(text: str) -> str:
    """Read text in which nothing is formatted, as people see it: references by their names."""
    return "".join(
        part if isinstance(part, str) else _show(part) for part in split_references(text)
    )


def as_inline(reference: Reference) -> Inline:
    """Make a node of a reference that stands where no Markdown is read."""
    match reference:
        case BareUrl(href=href):
            return Link(href, (Text(href),))
        case Words(text=text):
            return Text(text)
    return reference


def _show(reference: Reference) -> str:
    match reference:
        case Mention(label=label):
            return f"@{label}"
        case Link(children=(Text(text=label),)) | Words(text=label) | BareUrl(href=label):
            return label
        case Link(href=href):
            return href


def _read_person(external_id: str, label: str) -> Mention | Words | None:
    name = label.removeprefix("@") or external_id
    if not _is_id(external_id):
        return None
    if external_id.startswith(_PEOPLE):
        return Mention(name, external_id)
    return Words(f"@{name}") if external_id.startswith(_BOT) else None


def _read_special(name: str, label: str) -> Mention | Words | Link | None:
    kind, _, rest = name.partition("^")
    if kind == "date":
        return _read_date(rest, label)
    if kind in _EVERYBODY:
        return Words(f"@{kind}")
    if kind == "subteam" and _is_id(rest):
        return Mention(label.removeprefix("@") or rest, rest, is_group=True)
    return Words(label) if label else None


def _read_date(rest: str, fallback: str) -> Words | Link | None:
    timestamp, _, rest = rest.partition("^")
    _format, _, href = rest.partition("^")
    words = fallback or show_moment(timestamp)
    if not words:
        return None
    return Link(href, (Text(words),)) if _is_url(href) else Words(words)


def _is_id(text: str) -> bool:
    return text.isascii() and text.isalnum()


def _is_url(text: str) -> bool:
    scheme, colon, rest = text.partition(":")
    is_scheme = scheme[:1].isalpha() and scheme.isascii() and not set(scheme) & set("@/?#[]<>")
    return bool(colon and rest and is_scheme) and not any(char.isspace() for char in text)
