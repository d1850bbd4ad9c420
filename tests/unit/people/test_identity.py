"""Identities are written and read in one way."""

from __future__ import annotations

import pytest

from bridge.people.identity import BitrixUserId, Identity, Platform, Recipient


@pytest.mark.parametrize(
    ("text", "identity"),
    [
        ("telegram:4242", Identity(Platform.TELEGRAM, "", "4242")),
        ("slack:T012/U345", Identity(Platform.SLACK, "T012", "U345")),
        (" sandbox:demo/5 ", Identity(Platform.SANDBOX, "demo", "5")),
    ],
)
def test_what_is_written_is_read_again(text: str, identity: Identity) -> None:
    assert Identity.parse(text) == identity
    assert str(identity) == text.strip()


@pytest.mark.parametrize(
    "text",
    ["", "anna", "telegram:", "telegram:anna", "telegram:@anna", "telegram:1/2", "slack:U345"],
)
def test_what_is_no_identity_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="telegram:4242"):
        Identity.parse(text)


def test_a_recipient_without_a_name_is_called_by_number() -> None:
    assert Recipient(BitrixUserId(5), "Anna").label == "Anna"
    assert Recipient(BitrixUserId(5)).label == "#5"
