"""What ``b24bridge convert`` does, without the command line: text in, text out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from bridge.markup import bbcode, plain
from bridge.markup.dialects import Source, Target
from bridge.markup.fit import fit
from bridge.markup.markdown import parse

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class _Line(msgspec.Struct):
    text: str


class _Converted(msgspec.Struct):
    bb: str
    plain: str


class _Refused(msgspec.Struct):
    error: str


def convert(text: str, target: Target, source: Source = Source.MARKDOWN) -> str:
    """Convert one message, shortened to what the portal keeps; the tree is JSON, in full."""
    document = _PARSERS[source](text)
    match target:
        case Target.BB:
            return bbcode.render(fit(document))
        case Target.PLAIN:
            return plain.render(document)
        case Target.TREE:
            return msgspec.json.format(msgspec.json.encode(document), indent=2).decode()


def convert_lines(
    lines: Iterable[str | bytes], source: Source = Source.MARKDOWN
) -> Iterator[bytes]:
    r"""Convert messages that come one a line, as JSON: ``{"text": …}`` → ``{"bb": …, "plain": …}``.

    Yields one line for each, without its ``\n``, as soon as it is read. A line that is no such JSON
    gives ``{"error": …}``, which says what is wrong and where but repeats nothing of it.
    """
    parse_text = _PARSERS[source]
    decode = msgspec.json.Decoder(_Line).decode
    encode = msgspec.json.Encoder().encode
    for line in lines:
        try:
            document = parse_text(decode(line).text)
        except (msgspec.MsgspecError, UnicodeError) as error:
            yield encode(_Refused(_reason(error)))
        else:
            yield encode(_Converted(bbcode.render(fit(document)), plain.render(document)))


def _reason(error: Exception) -> str:
    return "the line is not UTF-8" if isinstance(error, UnicodeError) else str(error)


_PARSERS = {Source.MARKDOWN: parse}
