"""How a portal is reached, and what proves to it who we are."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct


class PortalKind(StrEnum):
    """Where the credential of a portal comes from."""

    SETTINGS = "settings"
    """An incoming webhook that stands in the settings."""
    WEBHOOK = "webhook"
    """An incoming webhook that an administrator has added."""
    OAUTH = "oauth"
    """An application that was installed in the portal."""


class StoredCredential(Struct, frozen=True):
    """The credential of a portal as it is kept.

    Attributes:
        secret: what the portal's adapter wrote and alone can read.
        version: grows with each replacement.
    """

    secret: str
    version: int

    def __repr__(self) -> str:
        return f"StoredCredential(version={self.version})"
