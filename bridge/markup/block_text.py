r"""The strings of an ATTACH.

They are escaped as a message is, names too, though no BB codes are read there: what is added cannot
be seen. Besides, the portal takes a written ``\n`` and ``\t`` for what they mean.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bridge.markup import bbcode
from bridge.markup.characters import WORD_JOINER
from bridge.markup.nodes import Document, Paragraph, Text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bridge.markup.nodes import Block

_BACKSLASH = re.compile(r"\\(?=[nt])")


def write_text(blocks: Iterable[Block]) -> str:
    """Write blocks as BB codes; empty when nothing is to be seen."""
    return _BACKSLASH.sub(rf"\\{WORD_JOINER}", bbcode.render(Document(tuple(blocks))))


def write_name(text: str) -> str:
    """Write a text on one line where BB codes are not read."""
    return write_text((Paragraph((Text(" ".join(text.split())),)),))
