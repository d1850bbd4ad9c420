"""What Slack and Telegram post when somebody has typed a command."""

from __future__ import annotations

import asyncio
import json
import time
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import httpx
from msgspec import Struct
from slack_sdk.signature import SignatureVerifier

from tests.benchmarks.stage.surroundings import (
    CHATS,
    CROWD,
    FIRST_CHAT,
    FIRST_ID,
    PUBLIC_URL,
    SIGNING_SECRET,
    TEAM,
    Surroundings,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    Commands = Callable[[int], tuple[bytes, dict[str, str]]]


class Door(Struct, frozen=True):
    """Where commands are posted, what makes the one with a number, and who takes them.

    Attributes:
        pid: the number of the process; 0 where nobody asks.
    """

    url: str
    make: Commands
    pid: int = 0


def slack_door(url: str, around: Surroundings, people: int = 10**9) -> Door:
    """Post slash commands, signed as Slack signs them, of so many people to as many colleagues."""
    verifier = SignatureVerifier(SIGNING_SECRET)

    def make(number: int) -> tuple[bytes, dict[str, str]]:
        fields = {
            "command": "/b24notify",
            "text": f"#{_recipient(number, people)} Deploy {number} is *done*",
            "team_id": TEAM,
            "user_id": f"U{number % people}",
            "user_name": f"person{number % people}",
            "channel_id": "C1",
            "trigger_id": f"trigger-{number}",
            "response_url": f"{around.api}/response",
        }
        body, now = urlencode(fields), str(int(time.time()))
        signature = verifier.generate_signature(timestamp=now, body=body)
        assert signature
        return body.encode(), {
            "Content-Type": "application/x-www-form-urlencoded",
            "X-Slack-Request-Timestamp": now,
            "X-Slack-Signature": signature,
        }

    return Door(url, make)


def telegram_door(url: str, secret: str, people: int = 10**9) -> Door:
    """Post updates of some groups, of so many people to as many colleagues."""

    def make(number: int) -> tuple[bytes, dict[str, str]]:
        command = {"type": "bot_command", "offset": 0, "length": len("/b24notify")}
        sender = 1 + number % people
        message = {
            "message_id": number,
            "date": 1,
            "chat": {"id": FIRST_CHAT + number % CHATS, "type": "supergroup", "title": "A group"},
            "from": {"id": sender, "is_bot": False, "first_name": f"Person {sender}"},
            "text": f"/b24notify #{_recipient(number, people)} Deploy {number} is **done**",
            "entities": [command],
        }
        body = json.dumps({"update_id": number, "message": message})
        return body.encode(), {
            "Content-Type": "application/json",
            "X-Telegram-Bot-Api-Secret-Token": secret,
        }

    return Door(url, make)


async def find_hook(around: Surroundings) -> tuple[str, str]:
    """Wait until a bridge has told Telegram where to post; returns the path and the secret."""
    async with httpx.AsyncClient() as client:
        while not (hooks := (await client.get(f"{around.api}/hook")).json()):
            await asyncio.sleep(0.05)
    return hooks[0]["url"].removeprefix(PUBLIC_URL), hooks[0]["secret_token"]


def _recipient(number: int, people: int) -> int:
    return FIRST_ID + number % min(people, CROWD)
