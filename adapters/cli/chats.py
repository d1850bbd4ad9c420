"""The chats of the settings; each one's library is imported only if it is configured."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from adapters.workers.alone import RunAlone, run_at_once
from bridge.people.identity import Platform
from bridge.ports import Chat, Colleagues, DirectChat, Members, OwnPages, Rooms
from bridge.replies.words import Languages

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Awaitable, Callable, Sequence
    from contextlib import AbstractAsyncContextManager

    from bridge.clock import SteadyClock
    from bridge.hooks import Hook
    from bridge.incoming import Incoming
    from bridge.settings import Settings


class LiveChat(Chat, DirectChat, Protocol):
    """A chat that also listens.

    Attributes:
        ready: set when commands can come.
        hooks: take what the platform sends over HTTP; may be none.
        members: what the platform tells of its people; None if it tells nothing.
        rooms: what it tells of who is in its chats; None if it tells nothing.
    """

    ready: asyncio.Event
    hooks: Sequence[Hook]
    members: Members | None
    rooms: Rooms | None

    def open(self) -> AbstractAsyncContextManager[None]:
        """Keep what answers go out by, for longer than ``run``: what is finished later is told."""
        ...

    async def run(self, accept: Callable[[Incoming], Awaitable[object]]) -> None:
        """Hand over what is typed, until cancelled: from then on the platform keeps it."""
        ...


def make_chats(
    settings: Settings,
    clock: SteadyClock,
    *,
    colleagues: Colleagues | None = None,
    pages: OwnPages | None = None,
    alone: Callable[[str], RunAlone] = lambda _: run_at_once,
) -> dict[Platform, LiveChat]:
    """Make the chats that have their tokens set.

    Args:
        settings: the tokens, and what goes with them.
        clock: the time.
        colleagues: tells who is linked, for chats in which people choose.
        pages: what people see of themselves, for chats that show them.
        alone: makes what runs something, by its name, on one machine at a time.
    """
    chats: dict[Platform, LiveChat] = {}
    if settings.telegram_token:
        from adapters.telegram.chat import TelegramChat

        chats[Platform.TELEGRAM] = TelegramChat(
            settings.telegram_token.get_secret_value(),
            settings.telegram_api_url,
            clock,
            public_url=settings.public_url or "",
            languages=Languages(settings.language),
            alone=alone("telegram"),
        )
    if settings.slack_bot_token:
        from adapters.slack.chat import SlackChat

        app_token, secret = settings.slack_app_token, settings.slack_signing_secret
        chats[Platform.SLACK] = SlackChat(
            settings.slack_bot_token.get_secret_value(),
            app_token.get_secret_value() if app_token else "",
            settings.slack_api_url,
            clock,
            signing_secret=secret.get_secret_value() if secret else "",
            read_time=clock.read_real,
            languages=Languages(settings.language),
            colleagues=colleagues,
            pages=pages,
        )
    return chats
