"""What may be written for a recipient."""

from __future__ import annotations

import pytest

from bridge.people.identity import BitrixUserId
from bridge.people.recipients import Email, Handle, Number, RecipientRef, read_recipient


@pytest.mark.parametrize(
    ("text", "recipient"),
    [
        ("@anna", Handle("anna")),
        ("@Анна_П", Handle("Анна_П")),
        ("@anna.petrova", Handle("anna.petrova")),
        ("@a-b", Handle("a-b")),
        ("#5", Number(BitrixUserId(5))),
        ("#007", Number(BitrixUserId(7))),
        ("anna@corp.example", Email("anna@corp.example")),
        ("anna+x@mail.corp.example", Email("anna+x@mail.corp.example")),
    ],
)
def test_handles_numbers_and_addresses_are_recipients(text: str, recipient: RecipientRef) -> None:
    assert read_recipient(text) == recipient


@pytest.mark.parametrize(
    "text",
    ["", "@", "#", "anna", "5", "#x", "#5x", "@anna!", "a@b", "a@.b", "a@b.", "#" + "9" * 19],
)
def test_everything_else_is_text(text: str) -> None:
    assert read_recipient(text) is None


def test_a_recipient_is_shown_as_it_was_written() -> None:
    for text in ("@anna", "#5", "anna@corp.example"):
        assert str(read_recipient(text)) == text


def test_an_address_takes_in_nothing_that_is_no_text() -> None:
    assert read_recipient("a@b.c\ufffcd") is None
