"""What ``b24bridge convert`` does, without the command line: messages in, text out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from bridge.markup import attach, plain
from bridge.markup.dialects import Target
from bridge.markup.fit import fit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from bridge.markup.nodes import Document


class _Converted(msgspec.Struct):
    bb: str
    plain: str
    attach: msgspec.Raw | None


class _Refused(msgspec.Struct):
    error: str


def convert(document: Document, target: Target) -> str:
    """Write one message: BB codes and plain text are all of it, shortened to what the portal keeps.

    ``ATTACH`` is what stands better there than in the text, in JSON; ``null`` when nothing does.
    The tree is JSON, in full.
    """
    match target:
        case Target.BB:
            return fit(document).text
        case Target.PLAIN:
            return fit(document, render=plain.render).text
        case Target.ATTACH:
            return _indented(_attach(document) or b"null")
        case Target.TREE:
            return _indented(msgspec.json.encode(document))


def convert_lines(lines: Iterable[bytes], read: Callable[[bytes], Document]) -> Iterator[bytes]:
    r"""Convert messages that come one a line, to ``{"bb": …, "plain": …, "attach": …}`` each.

    ``bb`` and ``plain`` are each the whole message; ``attach`` is as of ``convert``.

    Args:
        lines: the messages, each in JSON.
        read: reads a line; a ValueError of it tells why the line is none.

    Yields one line for each, without its ``\n``, as soon as it is read. A line that cannot be read
    gives ``{"error": …}``, which says what is wrong and where but repeats nothing of it.
    """
    encode = msgspec.json.Encoder().encode
    for line in lines:
        try:
            document = read(line)
        except (ValueError, RecursionError) as error:
            yield encode(_Refused(tell_reason(error)))
        else:
            blocks = _attach(document)
            yield encode(
                _Converted(
                    fit(document).text,
                    fit(document, render=plain.render).text,
                    msgspec.Raw(blocks) if blocks else None,
                )
            )


def tell_reason(error: ValueError | RecursionError) -> str:
    """Say why a message could not be read, without repeating any of it."""
    if isinstance(error, UnicodeError):
        return "it is not UTF-8"
    return "it is nested too deeply" if isinstance(error, RecursionError) else str(error)


def _attach(document: Document) -> bytes | None:
    attached = attach.render(document)
    return attached.json.encode() if attached else None


def _indented(json: bytes) -> str:
    return msgspec.json.format(json, indent=2).decode()
