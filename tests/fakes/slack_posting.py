"""Requests to an app over HTTP, signed as Slack signs them.

Source: https://docs.slack.dev/authentication/verifying-requests-from-slack/
"""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import aiohttp

Json = dict[str, Any]


@dataclass(frozen=True)
class Posted:
    """A request as it was sent, so that it can be sent once more, and what it was answered."""

    body: bytes
    headers: dict[str, str]
    status: int = 0
    text: str = ""

    @property
    def payload(self) -> Json:
        """The answer as Socket Mode would have it; plain words are a message."""
        if self.text.startswith("{"):
            payload: Json = json.loads(self.text)
            return payload
        return {"text": self.text} if self.text else {}


@dataclass
class Poster:
    """Posts to one address.

    Attributes:
        url: where the app listens.
        secret: what requests are signed with.
        posted: all requests, in order.
    """

    url: str
    secret: str
    posted: list[Posted] = field(default_factory=list)

    async def post(self, kind: str, payload: Json, headers: dict[str, str] | None = None) -> Posted:
        """Post a payload as Slack does for its kind."""
        match kind:
            case "events_api":
                body, content = json.dumps(payload), "application/json"
            case "interactive":
                body, content = urlencode({"payload": json.dumps(payload)}), _FORM
            case _:
                body, content = urlencode(payload), _FORM
        return await self.send(
            Posted(body.encode(), self.sign(body) | {"content-type": content} | (headers or {}))
        )

    async def send(self, request: Posted) -> Posted:
        """Send a request just as it is."""
        async with (
            aiohttp.ClientSession() as session,
            session.post(self.url, data=request.body, headers=request.headers) as response,
        ):
            text = await response.text()
            posted = Posted(request.body, request.headers, response.status, text)
        self.posted.append(posted)
        return posted

    def sign(self, body: str, at: float | None = None) -> dict[str, str]:
        """Sign a body, now or as if it were another time."""
        stamp = str(int(time.time() if at is None else at))
        digest = hmac.new(self.secret.encode(), f"v0:{stamp}:{body}".encode(), hashlib.sha256)
        return {
            "x-slack-request-timestamp": stamp,
            "x-slack-signature": f"v0={digest.hexdigest()}",
        }


_FORM = "application/x-www-form-urlencoded"
