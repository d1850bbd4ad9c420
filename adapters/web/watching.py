"""What those who watch over the bridge are told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from msgspec import Struct


class Readiness(Struct, frozen=True, kw_only=True):
    """Whether the bridge does its work, part by part; never with a secret.

    Attributes:
        is_ready: whether commands can be accepted.
        database: ``ok``, or what is wrong with it.
        portals: the same for each portal, by its host.
        chats: the same for each chat, by its platform.
    """

    is_ready: bool
    database: str
    portals: Mapping[str, str]
    chats: Mapping[str, str]


class Watch(Protocol):
    """Looks how the bridge is."""

    async def tell_readiness(self) -> Readiness:
        """Look at all parts; never raises because one of them does not work."""
        ...

    async def write_metrics(self) -> tuple[str, bytes]:
        """Write all metrics in Prometheus' format; returns its content type, too.

        Raises:
            StorageError: the database cannot be read.
        """
        ...
