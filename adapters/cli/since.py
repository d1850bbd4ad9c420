"""Times as administrators type them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final

from bridge.errors import BridgeError

_AGO: Final = re.compile(r"(\d{1,6})([mhd])")
_UNITS: Final = {"m": "minutes", "h": "hours", "d": "days"}


def read_since(typed: str) -> datetime:
    """Read how long ago (``30m``, ``2h``, ``7d``) or a date, a time of this machine if need be.

    Raises:
        BridgeError: it is neither.
    """
    try:
        if ago := _AGO.fullmatch(typed):
            return datetime.now(UTC) - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
        return datetime.fromisoformat(typed).astimezone(UTC)
    except (ValueError, OverflowError):
        raise BridgeError(
            f"{typed} is no time; one looks like 30m, 2h, 7d or 2026-03-01T22:00."
        ) from None
