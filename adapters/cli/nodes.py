"""What each of several machines does; they share a PostgreSQL."""

from __future__ import annotations

from enum import StrEnum


class NodeRole(StrEnum):
    """What ``b24bridge run`` does on this machine."""

    ALL = "all"
    INTAKE = "intake"
    WORKER = "worker"

    @property
    def listens(self) -> bool:
        """Whether it takes what people type."""
        return self is not NodeRole.WORKER

    @property
    def works(self) -> bool:
        """Whether it carries out, delivers and tells."""
        return self is not NodeRole.INTAKE
