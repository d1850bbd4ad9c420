"""The real time."""

from __future__ import annotations

from datetime import UTC, datetime


class SystemClock:
    """Implements ``bridge.ports.Clock``."""

    def now(self) -> datetime:
        """Return the current time, aware, in UTC."""
        return datetime.now(UTC)
