r"""A person's text as Bitrix24 shows it: literally, whatever it says.

The server turns HTML into BB codes and decodes entities; the client decodes them again and draws
smileys, quotes, links and BB codes. U+2060 in the right place stops each of these and is never
seen; backslashes, entities and doubled brackets do not work there. A text is escaped as a whole, a
``MARK`` in it where markup of ours goes: neighbouring leaves cannot become active together.

``$result[…]`` is not broken up here: it is harmless outside a batch, and the portal's client sends
such a message outside of one, unchanged.

Source: https://apidocs.bitrix24.com/api-reference/chats/messages/index.html, and what the web
messenger was seen to do.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bridge.markup.characters import WORD_JOINER, mend

if TYPE_CHECKING:
    from re import Match

MARK = "\0"
"""Stands in a text for markup of ours; nobody can see or send this character."""

# Case folding makes two more characters ASCII letters: the long s and the Kelvin sign.
_LETTER = "A-Za-z\u017f\u212a"

# An IPv6 address must stay one when it is copied: few of its parts are UTF-8 in hexadecimal digits,
# and none is a smiley's name.
_HEX_EMOJI = "(?:[0-9A-Fa-f]{6,}|[CDcd][0-9A-Fa-f][89ABab][0-9A-Fa-f])"

# Each alternative starts with a plain character: only then does the search skip ordinary text at
# full speed. The joiner goes after what is matched, or before it where the alternative ends in an
# empty group.
_EVERYWHERE = rf"""
    <(?=[/!?{_LETTER}])
  | &(?=\#|[A-Za-z][A-Za-z0-9]*;)
  | \#(?=[Bb][Rr]\#)
  | \#\#\#\#(?=(?i:REPLACEMENT_))
  | :(?={_HEX_EMOJI}:)
  | =(?<=(?i:PHPSESSID)=)()
  | --{{52}}(?=-)
"""
# A smiley is drawn when white space, a quotation mark, the end or another smiley follows, and one
# of these precedes; what precedes is not looked at, as it may be a smiley of the portal's own.
_SMILEY_ENDS = r"(?=[\s\ufeff\"<>:;=8\0]|$)"
_IN_TEXT = re.compile(
    rf"""{_EVERYWHERE}
  | \[(?=/?[{_LETTER}])
  | \((?=(?i:C|R|TM)\))
  | :(?=//)()
  | :(?=\S)(?:(?i:(?<=file:)|(?<=tel:)|(?<=callto:)|(?<=mailto:)|(?<=skype:)|(?<=viber:)))()
  | \.(?=\w)(?<=(?i:www)\.)()
  | :(?=['~-]?(?:[)(|*/\\@$?!{{}}\[\]DdPpOoXxSs]|\{{\}}){_SMILEY_ENDS})
  | :(?!(?<=[0-9A-Fa-f]:)[0-9A-Fa-f]{{1,4}}:)(?=[\w!?+-]+:{_SMILEY_ENDS})
  | ;(?=['~-]?[)(|DdPp]{_SMILEY_ENDS})
  | =(?=['~-]?[)(|DdPp]{_SMILEY_ENDS})
  | 8(?<!\w8)(?=-?[)(|]{_SMILEY_ENDS})
    """,
    re.VERBOSE,
)
_IN_CODE = re.compile(
    rf"""{_EVERYWHERE}
  | \[(?=/?(?i:code|put|send|cut)\b)
  | \$(?=[$&'"<>`])
    """,
    re.VERBOSE,
)
# JavaScript trims U+FEFF, too: nothing must come to stand first or last by trimming.
_TRIMMED = (
    "\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006"
    "\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
)
_QUOTE = re.compile(r"^(?:[^\S\n]|[\ufeff\0])*>(?=>)", re.MULTILINE)
_QUOTE_IN_CODE = re.compile(r"^[^\S\n]*>(?=>)", re.MULTILINE)
_SLASH_COMMAND = re.compile(r"/(?=me|loud)", re.IGNORECASE)
_PHP_NAME = re.compile(r"[\w\\:]+", re.ASCII)

_ADDRESS = re.compile(
    r"\s*(?:(https?|ftp)(?=://[^\s/?#])|(mailto|tel|skype|viber|callto)(?=:\S))", re.IGNORECASE
)
_NEVER_IN_ADDRESS = r"""\s\x00-\x20\x7f\ufeff\[\]()<>"'\\`"""
# What it may begin with stands first, so that the search skips all other characters at full speed.
_UNSAFE_IN_ADDRESS = re.compile(
    rf"""
    [{_NEVER_IN_ADDRESS}BbRrPp:&-]
    (?: (?<=[{_NEVER_IN_ADDRESS}])
      | (?<=\#[Bb])(?=[Rr]\#)
      | (?<=\#\#\#\#[Rr])(?=(?i:EPLACEMENT_))
      | (?<=[Pp])(?=(?i:HPSESSID=))
      | (?<=:)(?={_HEX_EMOJI}:)
      | (?<=-{{54}})
      | (?<=&)\#?[A-Za-z0-9]+;
    )
    """,
    re.VERBOSE,
)


def escape(text: str) -> str:
    """Make what is to be seen literal; it has lines, and a ``MARK`` wherever markup goes."""
    if ">>" in text:
        text = _QUOTE.sub(_break_up, text)
    return _IN_TEXT.sub(_break_up, text)


def escape_code(text: str) -> str:
    """Make lines literal that stand between ``[code]`` and ``[/code]``.

    BB codes are not read there, but HTML is, the web client puts code back with a replacement
    pattern (hence ``$``), and the mobile one looks for quotes before it looks for code.
    """
    if ">>" in text:
        text = _QUOTE_IN_CODE.sub(_break_up, text)
    return _IN_CODE.sub(_break_up, text)


def escape_address(href: str) -> str | None:
    """Write an address as ``[url=…]`` takes it, with all that could end or upset it encoded.

    Returns None when it is no link: its scheme is not allowed, it is relative, or it is empty.
    """
    scheme = _ADDRESS.match(href)
    if scheme is None:
        return None
    rest = href[scheme.end() + 1 :].rstrip()
    address = _UNSAFE_IN_ADDRESS.sub(_percent_encode, mend(rest))
    return f"{scheme[0].strip().lower()}:{address}"


def finish(message: str) -> str:
    """Guard a message as a whole: what counts at its start, at its end, and of it alone."""
    message = mend(message).strip(_TRIMMED)
    if _SLASH_COMMAND.match(message):
        message = _joined(message, 1)
    if _PHP_NAME.fullmatch(message):
        message += WORD_JOINER
    return message


def _joined(text: str, index: int) -> str:
    return text[:index] + WORD_JOINER + text[index:]


def _break_up(match: Match[str]) -> str:
    return match[0] + WORD_JOINER if match.lastindex is None else WORD_JOINER + match[0]


def _percent_encode(match: Match[str]) -> str:
    found = match[0]
    kept = found[:-1] if found.startswith("&") else ""
    return kept + "".join(f"%{byte:02X}" for byte in found[len(kept) :].encode())
