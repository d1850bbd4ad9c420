"""What Slack posts to us, where there is no Socket Mode.

Source: https://docs.slack.dev/authentication/verifying-requests-from-slack/
"""

from __future__ import annotations

import asyncio
import logging
import time
from math import inf
from typing import TYPE_CHECKING, Final

from slack_bolt.request.async_request import AsyncBoltRequest
from slack_sdk.signature import Clock, SignatureVerifier

from bridge.hooks import HookAnswer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from slack_bolt.app.async_app import AsyncApp

logger = logging.getLogger(__name__)

PATH: Final = "/slack/events"
_NOT_OURS: Final = HookAnswer(401)
_NOT_YET: Final = HookAnswer(503)
_FAILED: Final = HookAnswer(500)
_COMPLAIN_EVERY_SECONDS: Final = 60.0


class _RealTime(Clock):
    def __init__(self, read: Callable[[], float]) -> None:
        self._read = read

    def now(self) -> float:
        return self._read()


class SlackHook:
    """``bridge.hooks.Hook`` for everything that Slack posts: events, commands, presses, forms.

    A request counts if it is signed, and not older than five minutes. What is posted once more
    within them is known by its id.

    Args:
        signing_secret: what Slack signs with.
        read_time: tells the real time, in seconds since 1970.

    Attributes:
        path: where it listens.
        app: what takes the requests; None while nothing can be stored, and Slack posts again.
    """

    path = PATH

    def __init__(self, signing_secret: str, read_time: Callable[[], float] = time.time) -> None:
        self._verifier = SignatureVerifier(signing_secret, _RealTime(read_time))
        self.app: AsyncApp | None = None
        self._complained_at = -inf

    async def receive(self, headers: Mapping[str, str], body: bytes) -> HookAnswer:
        """Take a request; a command in it is committed before this returns. Never raises."""
        if not self._is_signed(headers, body):
            self._complain()
            return _NOT_OURS
        if self.app is None:
            return _NOT_YET
        try:
            request = AsyncBoltRequest(body=body.decode(), headers=dict(headers))
            response = await self.app.async_dispatch(request)
        except Exception as error:  # noqa: BLE001 - whatever is wrong with it, Slack is answered
            # Without the error: it may repeat what a person typed.
            logger.error("A request of Slack's was not understood (%s)", type(error).__name__)  # noqa: TRY400
            return _FAILED
        return HookAnswer(
            response.status,
            response.body.encode(),
            {name: values[0] for name, values in response.headers.items() if values},
        )

    def _complain(self) -> None:
        # Anybody can have this written down, but not fill the disk with it.
        now = asyncio.get_running_loop().time()
        if now - self._complained_at >= _COMPLAIN_EVERY_SECONDS:
            logger.warning(
                "A request to %s was not signed by Slack, or is too old; is the clock right?", PATH
            )
            self._complained_at = now

    def _is_signed(self, headers: Mapping[str, str], body: bytes) -> bool:
        try:
            return self._verifier.is_valid_request(body, headers)
        except (ValueError, TypeError):
            return False  # Neither a time nor text, or a signature that none could be.
