"""The inside of a block, taken apart: text, tags, links, smileys and signs."""

from __future__ import annotations

import re
import sys
from enum import Enum, auto
from typing import TYPE_CHECKING

from msgspec import Struct

from adapters.sandbox.reading.blocks import CODE_MARK
from adapters.sandbox.reading.canvas import Look, styled
from adapters.sandbox.reading.links import ADDRESS, SCHEMES, link
from adapters.sandbox.reading.tags import look_of_pair, sign_of_single

if TYPE_CHECKING:
    from collections.abc import Iterator

_SCHEMES_ALONE = "file|tel|callto|mailto|skype|viber"
# By sign and by name. Beside white space, quotation marks and tags they stand free, too.
_SMILEY = r"""
    :[\w!?+-]+:
  | :['~-]?(?:\{\}|[()|*/\\@$?!{}\[\]DdPpOoXxSs])
  | [;=]['~-]?[()|DdPp]
  | 8-?[()|]
"""
_TOKEN = re.compile(
    rf"""
      (?P<code>\x00)
    | (?P<line_end>\n)
    | (?P<tag>\[(?P<slash>/?)(?P<name>[A-Za-z\u017f\u212a]+)(?P<parameter>[=\ ][^\[\]\n\x00]*)?\])
    | (?P<address>(?:(?:{SCHEMES})://|(?:{_SCHEMES_ALONE}):|www\.(?=\w))(?=[^\s<>"\x00]))
    | (?P<emoji>:(?:[0-9A-Fa-f]{{2}}){{2,}}:)
    | (?P<smiley>(?<![^\s">\]])(?>{_SMILEY})++(?=[\s"<>\ufeff\x00]|\[/?[A-Za-z]|\Z))
    | (?P<sign>\((?ai:c|tm|r)\))
    """,
    re.VERBOSE,
)
# A bare address takes everything up to white space, closing tags included.
_BARE_ADDRESS = re.compile(r'[^\s<>"\x00]+')
_ADDRESS_ENDS = ".,;:!?"
_USER = re.compile(r"=([0-9]{1,18})")
_URL_CONTENT = re.compile(rf"({ADDRESS})\[/(?ai:url)\]")
_IMAGE_SIZE = re.compile(r" (?ai:size)=(?ai:small|medium|large)")
_IMAGE_CONTENT = re.compile(r"[ ]?(https?://[^\s\[\]()<>\"']+) ?\[/(?ai:img)\]")
_SIGNS = {"(c)": "©", "(tm)": "™", "(r)": "®"}


class Role(Enum):
    """What a piece is for."""

    TEXT = auto()
    LINE_END = auto()
    CODE = auto()
    OPEN = auto()
    CLOSE = auto()
    LEAF = auto()


class Piece(Struct, frozen=True):
    """A token.

    Attributes:
        source: as it was written.
        name: of a tag, in lower case.
        look: of a leaf, or of what an opening tag begins.
        shown: what a leaf shows.
    """

    role: Role
    source: str
    name: str = ""
    look: Look = Look("")
    shown: str = ""


class Tokens:
    """The pieces of a block's text, from left to right.

    Attributes:
        dangers: what has been met that breaks the real messenger.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._label_end = 0
        self._line_end = _Next(r"\n", text)
        self._number = _Next(r"[0-9]", text)
        self._dollar = _Next(r"\$[$&`'\"<>]", text)
        self._close = {
            name: _Next(rf"\[/(?ai:{name})\]", text)
            for name in ("url", "user", "put", "call", "cut")
        }
        self.dangers: set[str] = set()

    def __iter__(self) -> Iterator[Piece]:
        """Take the text apart; what is no token is text."""
        shown = position = 0
        while match := _TOKEN.search(self._text, position):
            found = self._read(match)
            if found is None:
                position = match.start() + 1
                continue
            if match.start() > shown:
                yield Piece(Role.TEXT, self._text[shown : match.start()])
            yield found
            shown = position = match.start() + len(found.source)
        if shown < len(self._text):
            yield Piece(Role.TEXT, self._text[shown:])

    def _read(self, match: re.Match[str]) -> Piece | None:
        source = match[0]
        kind = match.lastgroup
        if kind == "tag":
            return self._read_tag(match)
        if kind == "address":
            return self._read_address(match.start())
        if kind == "emoji":
            return _read_emoji(source)
        if kind == "sign":
            return Piece(Role.LEAF, source, look=styled("sign"), shown=_SIGNS[source.lower()])
        if kind == "smiley":
            return Piece(Role.LEAF, source, look=styled("smiley"), shown=source)
        return Piece(Role.CODE if kind == "code" else Role.LINE_END, source)

    def _read_address(self, start: int) -> Piece | None:
        match = _BARE_ADDRESS.match(self._text, start)
        if match is None or start < self._label_end:
            return None
        if self._text.startswith(CODE_MARK, match.end()):
            self.dangers.add("address-before-code")
        address = match[0].rstrip(_ADDRESS_ENDS)
        href = f"http://{address}" if address.startswith("www.") else address
        return Piece(Role.LEAF, address, look=link(href), shown=address)

    def _read_tag(self, match: re.Match[str]) -> Piece | None:
        name = match["name"].casefold()
        parameter = match["parameter"] or ""
        if match["slash"]:
            return None if parameter else Piece(Role.CLOSE, match[0], name)
        if name == "br" and not parameter:
            return Piece(Role.LINE_END, match[0])
        self._watch(name, parameter, match.end())
        return self._read_whole(name, parameter, match) or self._read_opening(
            name, parameter, match
        )

    def _read_opening(self, name: str, parameter: str, match: re.Match[str]) -> Piece | None:
        if single := sign_of_single(name, parameter):
            return Piece(Role.LEAF, match[0], name, *single)
        look = look_of_pair(name, parameter)
        if look is None:
            return None
        label_end = self._close["url"].after(match.end())
        if name == "url" and label_end < sys.maxsize:
            self._label_end = label_end
        return Piece(Role.OPEN, match[0], name, look)

    def _read_whole(self, name: str, parameter: str, match: re.Match[str]) -> Piece | None:
        """Read a tag together with its content, in which nothing is active."""
        if name == "user":
            return self._read_user(parameter, match)
        content = None
        if name == "url" and not parameter and match.start() >= self._label_end:
            content = _URL_CONTENT.match(self._text, match.end())
        elif name == "img" and (not parameter or _IMAGE_SIZE.fullmatch(parameter)):
            content = _IMAGE_CONTENT.match(self._text, match.end())
        if content is None:
            return None
        return Piece(Role.LEAF, match[0] + content[0], name, link(content[1], name), content[1])

    def _read_user(self, parameter: str, match: re.Match[str]) -> Piece | None:
        user = _USER.fullmatch(parameter)
        end = self._close["user"].after(match.end())
        if user is None or end > self._line_end.after(match.end()) or end == sys.maxsize:
            return None
        source = self._text[match.start() : end + len("[/user]")]
        name = " ".join(self._text[match.end() : end].split())
        look = Look("user", '<span class="mention">', "</span>", user[1])
        return Piece(Role.LEAF, source, "user", look, name)

    def _watch(self, name: str, parameter: str, start: int) -> None:
        """Note a pair that breaks the messenger."""
        if name not in {"put", "call", "cut"}:
            return
        end = self._close[name].after(start)
        is_danger = {
            "put": self._dollar.after(start) < end,
            "call": not parameter and self._number.after(start) > end,
            "cut": True,
        }
        if end < sys.maxsize and is_danger[name]:
            self.dangers.add(name)


class _Next:
    """Finds where a pattern comes next, for rising positions, in linear time."""

    def __init__(self, pattern: str, text: str) -> None:
        self._pattern = re.compile(pattern)
        self._text = text
        self._found = -1

    def after(self, position: int) -> int:
        """Return the first place from a position on; ``sys.maxsize`` if there is none."""
        if self._found < position:
            match = self._pattern.search(self._text, position)
            self._found = match.start() if match else sys.maxsize
        return self._found


def _read_emoji(source: str) -> Piece | None:
    try:
        shown = bytes.fromhex(source.strip(":")).decode()
    except UnicodeDecodeError:
        return None
    if any(map(str.isascii, shown)):
        return None  # digits in text, as in a time
    return Piece(Role.LEAF, source, look=styled("emoji"), shown=shown)
