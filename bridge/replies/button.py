"""Buttons under an answer."""

from __future__ import annotations

from msgspec import Struct


class Button(Struct, frozen=True):
    """Something to press under an answer; it types a command for the person.

    Attributes:
        label: what stands on it.
        command: what is typed when it is pressed, at most 64 bytes of UTF-8: Telegram takes no
            more. Whoever presses it gives the command, so that it must check them as any other.
    """

    label: str
    command: str
