"""What Slack writes between ``<`` and ``>``: people, channels, links, special words.

Source: https://docs.slack.dev/messaging/formatting-message-text/#advanced
"""

from __future__ import annotations

from msgspec import Struct

from bridge.markup.nodes import Link, Mention, Text

_EVERYBODY = frozenset({"here", "channel", "everyone"})
_PEOPLE = ("U", "W")


class BareUrl(Struct, frozen=True):
    """An address that Slack found in the text, without a label."""

    href: str


Reference = Mention | Text | Link | BareUrl


def decode(text: str) -> str:
    """Turn the three entities Slack escapes with into characters, once."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def read_reference(content: str) -> Reference | None:
    """Read what stood between ``<`` and ``>``; None if it is no reference of Slack's."""
    target, _, label = (decode(part) for part in content.partition("|"))
    if target.startswith("@"):
        return _read_person(target[1:], label)
    if target.startswith("#"):
        return Text(f"#{label or target[1:]}") if _is_id(target[1:]) else None
    if target.startswith("!"):
        return _read_special(target[1:], label)
    if not _is_url(target):
        return None
    return Link(target, (Text(label),)) if label else BareUrl(target)


def read_literally(text: str) -> str:
    """Read text in which nothing is formatted, as people see it: references by their names."""
    seen: list[str] = []
    at = 0
    while (end := text.find(">", at)) >= 0:
        start = text.rfind("<", at, end)
        reference = read_reference(text[start + 1 : end]) if start >= 0 else None
        if reference is None:
            seen.append(decode(text[at : end + 1]))
        else:
            seen += decode(text[at:start]), _words(reference)
        at = end + 1
    return "".join(seen) + decode(text[at:])


def _words(reference: Reference) -> str:
    match reference:
        case Mention(label=label):
            return f"@{label}"
        case Link(children=(Text(text=label),)) | Text(text=label) | BareUrl(href=label):
            return label
        case Link(href=href):
            return href


def _read_person(external_id: str, label: str) -> Mention | None:
    if not (external_id.startswith(_PEOPLE) and _is_id(external_id)):
        return None
    return Mention(label.removeprefix("@") or external_id, external_id)


def _read_special(name: str, label: str) -> Text | None:
    if name in _EVERYBODY:
        return Text(f"@{name}")
    if label:
        return Text(label)
    kind, _, group = name.partition("^")
    return Text(f"@{group}") if kind == "subteam" and _is_id(group) else None


def _is_id(text: str) -> bool:
    return text.isascii() and text.isalnum()


def _is_url(text: str) -> bool:
    scheme, colon, rest = text.partition(":")
    is_scheme = scheme[:1].isalpha() and scheme.isascii() and not set(scheme) & set("@/?#[]<>")
    return bool(colon and rest and is_scheme) and not any(char.isspace() for char in text)
