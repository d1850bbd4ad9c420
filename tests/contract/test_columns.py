"""Texts as every database can hold them, and commands as earlier versions have stored them."""

from __future__ import annotations

import json

import pytest
from sqlalchemy.dialects.sqlite import dialect

from storage.columns import IncomingJson, PlainText
from tests.fakes.incoming import make_incoming


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


def test_a_command_stored_without_its_address_is_still_read() -> None:
    incoming = make_incoming("/b24help")
    stored = IncomingJson().process_bind_param(incoming, dialect())
    fields = json.loads(stored or "")
    del fields["permalink"]
    assert IncomingJson().process_result_value(json.dumps(fields), dialect()) == incoming
