"""Moments as Slack writes them: seconds since 1970, as a number or in digits (``1521611847.0001``).

Source: https://docs.slack.dev/messaging/formatting-message-text/#date-formatting
"""

from __future__ import annotations

from datetime import UTC, datetime


def read_moment(timestamp: object) -> datetime | None:
    """Read a moment, to the second; None if it is none, or not one of a calendar."""
    if isinstance(timestamp, bool) or not isinstance(timestamp, int | float | str):
        return None
    try:
        return datetime.fromtimestamp(int(float(timestamp)), UTC)
    except (ValueError, OverflowError, OSError):
        return None


def show_moment(timestamp: object) -> str:
    """Write a moment in UTC: its readers may be anywhere; empty if it is none."""
    moment = read_moment(timestamp)
    return f"{moment:%Y-%m-%d %H:%M} UTC" if moment else ""
