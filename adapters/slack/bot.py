"""Who we are in a workspace."""

from __future__ import annotations

from msgspec import Struct


class Bot(Struct, frozen=True):
    """Who we are in a workspace.

    Attributes:
        user_id: what people mention.
        address: the workspace's own.
    """

    user_id: str
    address: str
