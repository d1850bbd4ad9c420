"""HTTP requests that platforms send to the bridge, without any web framework."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import msgspec
from msgspec import Struct


class HookAnswer(Struct, frozen=True):
    """What a platform is answered: a status, a body, and its headers."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = msgspec.field(default_factory=dict)


class Hook(Protocol):
    """Takes the requests that a platform posts to one path."""

    @property
    def path(self) -> str:
        """Where on our public address it is, as in ``/slack/events``."""
        ...

    async def receive(self, headers: Mapping[str, str], body: bytes) -> HookAnswer:
        """Take a request; what it brings is committed before this returns.

        Never raises: whatever is wrong is an answer, too.

        Args:
            headers: by their names in small letters.
            body: at most a megabyte.
        """
        ...
