"""Column types that give back what was put in, on SQLite and on PostgreSQL alike.

Times need no type here: SQLModel keeps aware datetimes and returns them in UTC.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, TypeVar

import msgspec
from sqlalchemy import Enum, Text, TypeDecorator

from bridge.incoming import Incoming
from bridge.markup.characters import mend
from bridge.markup.nodes import Document
from bridge.replies.button import Button

if TYPE_CHECKING:
    from enum import StrEnum

    from sqlalchemy.engine.interfaces import Dialect

S = TypeVar("S", bound=msgspec.Struct)


class PlainText(TypeDecorator[str]):
    """Any text, mended: half a surrogate pair has no UTF-8, and PostgreSQL refuses NUL."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Mend a value, in what is written and in what is searched for."""
        return None if value is None else mend(value)


class _StructJson(TypeDecorator[S]):
    """A msgspec struct as JSON in a text column; NUL survives in it as an escape."""

    impl = Text
    cache_ok = True
    # Made here and not when something is read first: if two threads did so at the same moment,
    # msgspec would end the process.
    reader: msgspec.json.Decoder[S]

    def process_bind_param(self, value: S | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Write the struct."""
        if value is None:
            return None
        try:
            return msgspec.json.encode(value).decode()
        except UnicodeEncodeError:
            return mend(json.dumps(msgspec.to_builtins(value), ensure_ascii=False))

    def process_result_value(self, value: str | None, dialect: Dialect) -> S | None:  # noqa: ARG002
        """Read it back."""
        return None if value is None else self.reader.decode(value)


class IncomingJson(_StructJson[Incoming]):
    """What a person typed."""

    cache_ok = True
    reader = msgspec.json.Decoder(Incoming)


class DocumentJson(_StructJson[Document]):
    """A message tree."""

    cache_ok = True
    reader = msgspec.json.Decoder(Document)


class ButtonsJson(TypeDecorator[tuple[Button, ...]]):
    """Buttons under an answer, as JSON in a text column."""

    impl = PlainText
    cache_ok = True
    reader = msgspec.json.Decoder(tuple[Button, ...])

    def process_bind_param(self, value: tuple[Button, ...] | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Write them."""
        return None if value is None else msgspec.json.encode(value).decode(errors="replace")

    def process_result_value(self, value: str | None, dialect: Dialect) -> tuple[Button, ...]:  # noqa: ARG002
        """Read them back."""
        return self.reader.decode(value) if value else ()


def words(enum: type[StrEnum]) -> Enum:
    """Make the type of a column that holds the values of an enum as plain words.

    Without a type of the database's own, so that a new word needs no migration.
    """
    return Enum(
        enum,
        native_enum=False,
        length=16,
        values_callable=lambda members: [member.value for member in members],
    )
