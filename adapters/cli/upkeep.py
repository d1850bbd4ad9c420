"""What is done from time to time while a bridge runs."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Final

from bridge.errors import StorageError
from bridge.people.identity import Identity
from bridge.people.permissions import Role
from bridge.replies.tell_holds import HoldTeller
from bridge.replies.words import Words

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from adapters.cli.stores import Stores
    from bridge.people.identity import Platform
    from bridge.people.leavers import Leavers
    from bridge.ports import DirectChat
    from bridge.settings import Settings

log = logging.getLogger(__name__)

_HOLDS_SECONDS: Final = 2.0
_RETENTION_SECONDS: Final = 3600.0
_LEAVERS_SECONDS: Final = 3600.0
_FIRST_LEAVERS_SECONDS: Final = 60.0


async def keep_up(stores: Stores, settings: Settings, chats: Mapping[Platform, DirectChat]) -> None:
    """Tell administrators of holds and remove what is over, until cancelled.

    Args:
        stores: where both are found.
        settings: who administers, and how long what is kept.
        chats: where administrators can be written to.
    """
    clock = stores.clock
    words = Words(settings.language)
    list_administrators = partial(_list_administrators, stores, settings)
    teller = HoldTeller(stores.holds, chats, list_administrators, clock, words)
    keep_texts_days = settings.keep_texts_days
    if keep_texts_days is None:
        keep_texts_days = settings.keep_days

    async def remove() -> None:
        now = clock.now()
        removed = await stores.retention.remove(
            before=now - timedelta(days=settings.keep_days),
            texts_before=now - timedelta(days=keep_texts_days),
        )
        if removed:
            log.info("Removed %s rows that had been kept long enough", removed)

    async with asyncio.TaskGroup() as group:
        group.create_task(_repeat(teller.tell, _HOLDS_SECONDS))
        group.create_task(_repeat(remove, _RETENTION_SECONDS))


async def _list_administrators(stores: Stores, settings: Settings) -> set[Identity]:
    """List the people who administer by name: by the settings, and by rules that may change."""
    by_settings = {Identity.parse(identity) for identity in settings.administrators}
    by_rules = {
        Identity(rule.platform, rule.workspace, rule.external_id)
        for rule in await stores.access.list_rules()
        if rule.role is Role.ADMINISTRATOR
    }
    return by_settings | by_rules


async def look_for_leavers(leavers: Leavers) -> None:
    """Ask the portals every hour who has left, until cancelled; not in the bustle of a start."""
    await asyncio.sleep(_FIRST_LEAVERS_SECONDS)
    await _repeat(leavers.look, _LEAVERS_SECONDS)


async def _repeat(work: Callable[[], Awaitable[None]], seconds: float) -> None:
    while True:
        try:
            await work()
        except StorageError as error:
            log.debug("Something was left for the next time: %s", error)
        except Exception:
            log.exception("Something was left for the next time")
        await asyncio.sleep(seconds)
