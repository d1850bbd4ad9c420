"""What those who watch over the bridge are told."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Protocol

from msgspec import Struct


class Status(StrEnum):
    """Whether the bridge does its work."""

    READY = "ready"
    DEGRADED = "degraded"
    """Commands are accepted, but not from every chat, or not for every portal at once."""
    NOT_READY = "not ready"
    STOPPING = "stopping"

    @property
    def accepts(self) -> bool:
        """Whether commands may be sent here."""
        return self in {Status.READY, Status.DEGRADED}


class Readiness(Struct, frozen=True, kw_only=True):
    """How the bridge is, part by part; never with a secret.

    Attributes:
        status: of the whole.
        database: ``ok``, or what is wrong with it.
        portals: the same for each portal, by its host.
        chats: the same for each chat, by its platform.
    """

    status: Status
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
