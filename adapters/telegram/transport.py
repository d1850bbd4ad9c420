"""How the bridge reads what a Bot API server answers: strictly, and without telling the log.

python-telegram-bot logs a whole answer that it cannot read, and one update that it cannot read
costs all that came with it. Here the log is told the number of such an update and nothing else.

Source: https://core.telegram.org/bots/api#making-requests
"""

from __future__ import annotations

import json
import logging
from typing import Any

import httpx
import msgspec
from telegram import Update
from telegram.error import TelegramError, TimedOut
from telegram.request import HTTPXRequest

logger = logging.getLogger(__name__)


class _Parameters(msgspec.Struct, omit_defaults=True):
    migrate_to_chat_id: int = 0
    retry_after: float = 0


class _Answer(msgspec.Struct):
    ok: bool
    result: Any = None
    description: str = ""
    parameters: _Parameters = msgspec.field(default_factory=_Parameters)


class _Numbered(msgspec.Struct):
    update_id: int


class BotApiRequest(HTTPXRequest):
    """Calls methods of the Bot API."""

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        """Read an answer.

        Raises:
            TelegramError: it is not what the Bot API promises.
        """
        try:
            answer = msgspec.convert(json.loads(payload.decode(errors="replace")), _Answer)
        except (ValueError, RecursionError):
            raise TelegramError("Invalid server response") from None
        if answer.ok and answer.result is None:
            raise TelegramError("Invalid server response")
        return {
            "ok": answer.ok,
            "result": answer.result,
            "description": answer.description,
            "parameters": msgspec.to_builtins(answer.parameters),
        }


class PollRequest(BotApiRequest):
    """Calls ``getUpdates``; an update that cannot be read is passed on empty, with its number.

    One call is made at a time. One that was broken off may keep its connection for ever, and no
    other would ever be made: then it is given up, and the call after that has a new one.
    """

    async def do_request(self, *args: Any, **options: Any) -> tuple[int, bytes]:  # noqa: ANN401
        """Make a call: see ``BaseRequest``.

        Raises:
            TelegramError: it could not be made, or was not answered.
        """
        try:
            return await super().do_request(*args, **options)
        except TimedOut as error:
            if isinstance(error.__cause__, httpx.PoolTimeout):
                await self.shutdown()
                await self.initialize()
            raise

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        """Read an answer and prove each update in it.

        Raises:
            TelegramError: it is no answer, or holds an update without a number.
        """
        answer = BotApiRequest.parse_json_payload(payload)
        if answer["ok"]:
            try:
                numbered = msgspec.convert(answer["result"], list[_Numbered])
            except msgspec.ValidationError:
                raise TelegramError("Invalid server response") from None
            answer["result"] = [
                update if _read(update, number.update_id) else msgspec.to_builtins(number)
                for update, number in zip(answer["result"], numbered, strict=True)
            ]
        return answer


def read_posted(body: bytes) -> Update:
    """Read an update that Telegram sends; one that cannot be read is passed on empty.

    Raises:
        ValueError: it is no update.
    """
    try:
        update = json.loads(body.decode(errors="replace"))
        number = msgspec.convert(update, _Numbered)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    return _read(update, number.update_id) or Update(number.update_id)


def _read(update: dict[str, Any], update_id: int) -> Update | None:
    try:
        # Half a surrogate pair is valid JSON, but no database takes it.
        json.dumps(update, ensure_ascii=False).encode()
        return Update.de_json(update)
    except Exception as error:  # noqa: BLE001
        # Whatever is wrong with one update, those behind it must get through. The error's own text
        # may quote the message, so that only its kind is told.
        logger.warning("Update %d cannot be read (%s)", update_id, type(error).__name__)
        return None
