"""What the server and, before it parses, the messenger do with the text of a message."""

from __future__ import annotations

import re
from html.entities import html5

_TRIMMED = "\t\n\v\f\r \xa0\u1680\u2028\u2029\u202f\u205f\u3000\ufeff" + "".join(
    map(chr, range(0x2000, 0x200B))
)
_LINE_END = re.compile(r"\r\n?|#BR#", re.IGNORECASE)
_HTML_TAG = re.compile(r"<(/?)(b|i|u|s|a|br|hr|font|span|div)\b([^<>]*)>", re.IGNORECASE)
_HREF = re.compile(r"""\bhref\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.IGNORECASE)
_ENTITY = re.compile(
    r"&(?:#(?P<decimal>[0-9]{1,7})|#[xX](?P<hex>[0-9a-fA-F]{1,6})|(?P<name>[A-Za-z][A-Za-z0-9]{1,31}));"
)
_LAST_CHARACTER = 0x10FFFF
_SURROGATES = range(0xD800, 0xE000)


def prepare(message: str) -> str:
    """Return a message as it is when BB codes are looked for.

    HTML has become BB codes, entities are decoded twice (by the server and by the messenger), line
    ends are line feeds, and the ends are trimmed. NUL, which no page can show, has become U+FFFD.
    """
    text = _LINE_END.sub("\n", message.replace("\0", "\ufffd"))
    text = _HTML_TAG.sub(_as_bb, text)
    text = _ENTITY.sub(_decode, _ENTITY.sub(_decode, text))
    return _LINE_END.sub("\n", text).replace("\0", "\ufffd").strip(_TRIMMED)


def _as_bb(tag: re.Match[str]) -> str:
    slash, name, attributes = tag[1], tag[2].casefold(), tag[3]
    if name in {"b", "i", "u", "s"}:
        return f"[{slash}{name}]"
    if name == "a":
        return "[/url]" if slash else _as_url(tag[0], attributes)
    return "\n" if name in {"br", "hr"} else ""


def _as_url(tag: str, attributes: str) -> str:
    href = _HREF.search(attributes)
    return f"[url={href[1] or href[2] or href[3] or ''}]" if href else tag


def _decode(entity: re.Match[str]) -> str:
    if entity["name"]:
        return html5.get(f"{entity['name']};", entity[0])
    code = int(entity["decimal"]) if entity["decimal"] else int(entity["hex"], 16)
    is_character = code <= _LAST_CHARACTER and code not in _SURROGATES
    return chr(code) if is_character else entity[0]
