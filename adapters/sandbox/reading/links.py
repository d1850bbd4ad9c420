"""Which addresses are links."""

from __future__ import annotations

import re

from adapters.sandbox.reading.canvas import Look, escape_text

SCHEMES = "https?|ftp|file|tel|callto|mailto|skype|viber"
"""Lower case only; nothing else is a link."""

ADDRESS = rf"(?:{SCHEMES}):[^\s\[\]()<>\"'\x00]+"
"""A pattern of what may be followed: nothing is left that had to be encoded."""

_ADDRESS = re.compile(ADDRESS)


def is_link(address: str) -> bool:
    """Tell whether an address may be followed."""
    return _ADDRESS.fullmatch(address) is not None


def link(address: str, kind: str = "url") -> Look:
    """Return the look of a link to an address whose scheme is known."""
    href = escape_text(address)
    opening = f'<a class="{kind}" href="{href}" rel="noopener noreferrer" target="_blank">'
    return Look(kind, opening, "</a>", address)
