"""Texts as every database can hold them, and commands as earlier versions have stored them."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from sqlalchemy.dialects.sqlite import dialect

from storage.columns import IncomingJson, PlainText
from tests.fakes.incoming import make_incoming

READ_BY_MANY = """
import sys, threading
from sqlalchemy.dialects.sqlite import dialect
from storage.columns import IncomingJson

def read():
    ready.wait()
    IncomingJson().process_result_value(sys.argv[1], dialect())

sys.setswitchinterval(1e-6)
threads = [threading.Thread(target=read) for _ in range(16)]
ready = threading.Barrier(len(threads))
for thread in threads:
    thread.start()
"""


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


def test_many_threads_may_read_the_first_command_at_the_same_moment() -> None:
    stored = IncomingJson().process_bind_param(make_incoming("/b24help"), dialect())
    for _ in range(5):  # when it went wrong, it did in one of three
        subprocess.run([sys.executable, "-c", READ_BY_MANY, stored or ""], check=True)
