"""Identities on the command line: those that are typed, and that of whoever types."""

from __future__ import annotations

import getpass

from bridge.errors import BridgeError
from bridge.people.identity import Identity, Platform


def ourselves() -> Identity:
    """Tell who types here."""
    return Identity(Platform.CONSOLE, "", getpass.getuser())


def parse_identity(text: str) -> Identity:
    """Read an identity.

    Raises:
        BridgeError: it is none.
    """
    try:
        return Identity.parse(text)
    except ValueError as error:
        raise BridgeError(f"{text}: {error}.") from None
