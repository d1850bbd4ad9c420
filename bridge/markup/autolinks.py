"""Addresses that people just write: ``https://…``, ``www.…`` and e-mail become links.

The rules are those of GFM for what belongs to an address and what to the sentence around it, but
for four: a closing quotation mark of any language and a bracket without its opening one belong to
the sentence, too, and a square bracket without one, a closing tag (``[/img]``) or punctuation as in
Chinese and Japanese, which write no spaces, ends an address wherever it stands.

Source: https://github.github.com/gfm/#autolinks-extension-
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bridge.markup.nodes import Link, Text

if TYPE_CHECKING:
    from bridge.markup.nodes import Inline

HINT = re.compile(r"://|@(?<=[\w.+-]@)\w|\.(?<=[Ww]{3}\.)\w")
"""Found in every text that has an address, and seldom in others."""
_IN_ADDRESS = r"[^\s<\u3001\u3002\u3008-\u3011\uff01\uff08\uff09\uff0c\uff1a\uff1b\uff1f]"
# Every part either consumes what it looks at or starts at a fixed text: the search stays linear.
_ADDRESS = re.compile(
    rf"""
    (?P<url>(?<![A-Za-z0-9])(?:https?|ftp)://(?=\w){_IN_ADDRESS}+)
  | (?P<www>(?<![\w/.@:-])www\.(?=\w){_IN_ADDRESS}+)
  | (?P<email>(?<![\w.+-])(?:mailto:)?+[\w.+-]++@[\w-]++(?:\.[\w-]++)+)
    """,
    re.IGNORECASE | re.VERBOSE,
)
_HOST = re.compile(r"(?:[a-z]+://)?(?P<host>[\w.-]+)", re.IGNORECASE)
_SENTENCE = "?!.,:;*_~'\"…»”’“"
_BRACKETS = {")": "(", "]": "[", "}": "{"}
_CLOSING_TAG = re.compile(r"\[/[a-z]", re.IGNORECASE)
_ENTITY = re.compile(r"&[A-Za-z0-9]+;\Z")


def find_links(text: str) -> list[Inline]:
    """Split a text into what is literal and what is a link; linear, keeps every character."""
    found: list[Inline] = []
    position = 0
    for match in _ADDRESS.finditer(text):
        address = match[0] if match.lastgroup == "email" else _trim(match[0])
        if href := _href(address, match.lastgroup):
            if position < match.start():
                found.append(Text(text[position : match.start()]))
            found.append(Link(href, (Text(address),)))
            position = match.start() + len(address)
    if position < len(text):
        found.append(Text(text[position:]))
    return found


def _href(address: str, kind: str | None) -> str | None:
    if kind == "email":
        return None if address[-1] in "-_" else f"mailto:{address.rpartition(':')[2]}"
    host = _HOST.match(address)
    if host is None or ("_" in host[0] and "_" in "".join(host["host"].split(".")[-2:])):
        return None
    return address if kind == "url" else f"http://{address}"


def _trim(address: str) -> str:
    """Leave to the sentence what stands at the address's end and is not part of it."""
    if "]" in address:
        address = _CLOSING_TAG.split(address, maxsplit=1)[0]
        before, _, _ = address.partition("]")
        address = address if "[" in before else before
    surplus: dict[str, int] = {}
    end = len(address)
    while end:
        last = address[end - 1]
        if last in _BRACKETS and last not in surplus:
            surplus[last] = address.count(last) - address.count(_BRACKETS[last])
        if last == ";" and (entity := _ENTITY.search(address, max(0, end - 32), end)):
            end = entity.start()
        elif last in _SENTENCE:
            end -= 1
        elif surplus.get(last, 0) > 0:
            surplus[last] -= 1
            end -= 1
        else:
            break
    return address[:end]
