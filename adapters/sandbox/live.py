"""What happens in the chat and in the bells, as server-sent events.

A connection begins with ``state``, all there is; ``message``, ``notification`` and ``removed``
follow as they happen. Whoever connects again gets ``state`` again, so nothing is numbered.
"""

from __future__ import annotations

import json
from asyncio import TaskGroup
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import msgspec
from aiohttp_sse import EventSourceResponse, sse_response

from adapters.sandbox.notifications import Added, Missed, Removed

if TYPE_CHECKING:
    from asyncio import Queue

    from aiohttp import web

    from adapters.sandbox.chat import ChatMessage, SandboxChat
    from adapters.sandbox.notifications import Event, StoredNotification
    from adapters.sandbox.people import Person
    from adapters.sandbox.portal import SandboxPortal

SHOWN_NOTIFICATIONS = 500
_PING_INTERVAL_SECONDS = 10.0


class LiveEvents:
    """The open event streams of the page.

    Args:
        portal: whose bells are shown.
        chat: None when the sandbox runs alone.
    """

    def __init__(self, portal: SandboxPortal, chat: SandboxChat | None) -> None:
        self._portal = portal
        self._chat = chat
        self._streams: set[EventSourceResponse] = set()

    async def stream(self, request: web.Request) -> EventSourceResponse:
        """Answer ``GET /sandbox/events`` until the browser leaves or the server stops."""
        async with sse_response(request, ping_interval=_PING_INTERVAL_SECONDS) as stream:
            self._streams.add(stream)
            try:
                await self._feed(stream)
            # The browser is gone, or has not read for minutes: it will come back by itself.
            except* (ConnectionResetError, TimeoutError):
                pass
            finally:
                self._streams.discard(stream)
        return stream

    async def close(self, _app: web.Application) -> None:
        """End all streams, so that the server can stop; an ``on_shutdown`` signal."""
        for stream in self._streams:
            stream.stop_streaming()

    async def _feed(self, stream: EventSourceResponse) -> None:
        messages = self._chat.subscribe() if self._chat else nullcontext()
        with self._portal.subscribe() as bells, messages as said:
            async with TaskGroup() as feeding:
                await _send(stream, "state", self._state())
                tasks = [feeding.create_task(self._feed_bells(stream, bells))]
                if said is not None:
                    tasks.append(feeding.create_task(_feed_messages(stream, said)))
                await stream.wait()
                for task in tasks:
                    task.cancel()

    async def _feed_bells(self, stream: EventSourceResponse, bells: Queue[Event]) -> None:
        while True:
            match await bells.get():
                case Added(notification):
                    await _send(stream, "notification", self._show(notification))
                case Removed() as removed:
                    await _send(stream, "removed", {"id": removed.id, "user_id": removed.user_id})
                case Missed():
                    await _send(stream, "state", self._state())

    def _state(self) -> dict[str, Any]:
        newest = self._portal.notifications[-SHOWN_NOTIFICATIONS:]
        return {
            "people": [_show_person(person) for person in self._portal.people if person.active],
            "notifications": [self._show(notification) for notification in newest],
            "messages": list(self._chat.messages) if self._chat else [],
            "chat": _show_chat(self._chat) if self._chat else None,
        }

    def _show(self, notification: StoredNotification) -> dict[str, Any]:
        author = self._portal.find_person(notification.author_id)
        return {
            "id": notification.id,
            "user_id": notification.user_id,
            "author": author.full_name if author else "",
            "html": notification.html,
            "bb": notification.message,
            "plain": notification.message_out,
            "tag": notification.tag,
            "sub_tag": notification.sub_tag,
            "attach": notification.attach,
            "at": notification.created_at,
        }


def _show_person(person: Person) -> dict[str, Any]:
    return {
        "id": person.id,
        "name": person.full_name,
        "email": person.email,
        "position": person.work_position,
        "handle": person.handle,
    }


def _show_chat(chat: SandboxChat) -> dict[str, Any]:
    personas = chat.personas.values()
    return {
        "personas": [{"handle": p.handle, "name": p.display_name or p.handle} for p in personas],
        "commands": chat.commands,
        "people": chat.people,
    }


async def _feed_messages(stream: EventSourceResponse, messages: Queue[ChatMessage]) -> None:
    while True:
        await _send(stream, "message", await messages.get())


async def _send(stream: EventSourceResponse, event: str, value: object) -> None:
    # json escapes lone surrogates, which a portal may hold and which UTF-8 cannot.
    await stream.send(json.dumps(msgspec.to_builtins(value)), event=event)
