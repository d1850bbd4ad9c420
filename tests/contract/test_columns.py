"""Texts as every database can hold them."""

from __future__ import annotations

import pytest
from sqlalchemy.dialects.sqlite import dialect

from storage.columns import PlainText


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("Anna", "Anna"),
        ("жирный 👩‍🚀\n\t\x01", "жирный 👩‍🚀\n\t\x01"),
        ("nul \0 end", "nul � end"),
        ("high \ud83d end", "high � end"),
        ("low \udc00 end", "low � end"),
        ("last \ud83d", "last �"),
        ("a pair \ud83d\ude00 end", "a pair 😀 end"),
        ("", ""),
    ],
)
def test_only_what_no_database_holds_is_replaced(text: str, stored: str) -> None:
    column = PlainText()
    assert column.process_bind_param(text, dialect()) == stored
    assert column.process_bind_param(stored, dialect()) == stored
