"""Links as CSV: read as spreadsheets write it, written so that they execute nothing.

Sources: https://www.rfc-editor.org/rfc/rfc4180 and
https://owasp.org/www-community/attacks/CSV_Injection
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from bridge.errors import BridgeError
from bridge.people.identity import BitrixUserId, Identity, Platform
from bridge.replies.suggestions import nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

COLUMNS: Final = ("platform", "workspace", "external_id", "handle", "portal", "user_id")
_NEEDED: Final = frozenset({"platform", "external_id", "user_id"})
_NUMBER: Final = re.compile(r"#?([0-9]{1,18})")
_SEPARATOR_LINE: Final = re.compile(r"sep=(.)", re.IGNORECASE)
# A spreadsheet takes for a formula what begins so, behind whichever character it takes for the
# separator. An apostrophe before it makes it a text.
_ACTIVE: Final = r"[=+\-@＝＋－＠\t\r]"
_FORMULA: Final = re.compile(rf"((?:^|[,;|\t\r\n])\s*'*)({_ACTIVE})")
_GUARDED: Final = re.compile(rf"((?:^|[,;|\t\r\n])\s*'*)'({_ACTIVE})")


class Row(Struct, frozen=True, kw_only=True):
    """A row that says who somebody is.

    Attributes:
        line: where it begins in the file, from 1.
        handle: empty if there is none.
        portal: as it was written; empty for the default one.
    """

    line: int
    identity: Identity
    handle: str
    portal: str
    user_id: BitrixUserId


class BadRow(Struct, frozen=True):
    """A row that cannot be used, and why."""

    line: int
    problem: str


def read_rows(content: bytes) -> Iterator[Row | BadRow]:
    """Read the rows of a file, with commas, semicolons or tabs between the cells.

    Raises:
        BridgeError: it is no such file.
    """
    lines = io.StringIO(_decode(content), newline=None)
    numbered = ((number, line) for number, line in enumerate(lines, 1) if line.strip())
    first, header = next(numbered, (0, ""))
    if match := _SEPARATOR_LINE.fullmatch(header.strip()):
        first, header = next(numbered, (0, ""))
    separator = match[1] if match else max(",;\t", key=header.count)
    names = [name.strip().lower() for name in next(csv.reader([header], delimiter=separator), [])]
    _check_columns(names)
    for line, cells in _read_cells(lines, first, separator):
        yield cells if isinstance(cells, BadRow) else _read_row(line, names, cells)


def write_rows(rows: Iterable[Sequence[str]]) -> str:
    """Write rows as a file, with its header."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows([_FORMULA.sub(r"\1'\2", cell) for cell in row] for row in rows)
    return text.getvalue()


def _decode(content: bytes) -> str:
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return content.decode("utf-16", "replace")
    # What is no UTF-8 makes its own row a bad one.
    return content.removeprefix(codecs.BOM_UTF8).decode(errors="surrogateescape")


def _check_columns(names: Sequence[str]) -> None:
    missing = [column for column in COLUMNS if column not in names]
    if lacking := [column for column in missing if column in _NEEDED]:
        raise BridgeError(
            f"The first line must name the columns {', '.join(COLUMNS)}; "
            f"there is no {' and no '.join(lacking)}."
        )
    for name in names:
        if name not in COLUMNS and (near := nearest(name, missing)):
            raise BridgeError(f"There is no column {name}; did you mean {near}?")


def _read_cells(
    lines: Iterable[str], first: int, separator: str
) -> Iterator[tuple[int, list[str] | BadRow]]:
    reader = csv.reader(lines, delimiter=separator, strict=True)
    while True:
        line = first + reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield line, BadRow(line, "its quotation marks are not those of CSV")
            continue
        if any(cell.strip() for cell in cells):
            yield line, cells


def _read_row(line: int, names: Sequence[str], cells: Sequence[str]) -> Row | BadRow:
    try:
        "".join(cells).encode()
    except UnicodeEncodeError:
        return BadRow(line, "it is not in UTF-8: save the file as “CSV UTF-8”")
    if any(cell.strip() for cell in cells[len(names) :]):
        return BadRow(line, f"it has {len(cells)} cells, but there are {len(names)} columns")
    named = dict.fromkeys(COLUMNS, "")
    named |= {
        name: _GUARDED.sub(r"\1\2", cell).strip() for name, cell in zip(names, cells, strict=False)
    }
    try:
        identity = _read_identity(named)
    except ValueError as error:
        return BadRow(line, str(error))
    number = _NUMBER.fullmatch(named["user_id"])
    if number is None or not int(number[1]):
        return BadRow(line, "its user_id is no number")
    return Row(
        line=line,
        identity=identity,
        handle=named["handle"].removeprefix("@"),
        portal=named["portal"],
        user_id=BitrixUserId(int(number[1])),
    )


def _read_identity(named: Mapping[str, str]) -> Identity:
    platform = named["platform"].lower()
    if platform not in list(Platform) or platform == Platform.CONSOLE:
        raise ValueError("its platform must be slack or telegram")
    return Identity.parse(
        str(Identity(Platform(platform), named["workspace"], named["external_id"]))
    )
