"""Work that nobody waits for: an acknowledgement does not wait for what Slack shows."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final

from adapters.slack.errors import FOREIGN_ERRORS, read_error

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from adapters.slack.notices import Notices

logger = logging.getLogger(__name__)

_MOST: Final = 100


class Aside:
    """Does things on the side; what fails is noted in the log, and not tried again.

    Args:
        notices: tells the administrator if the app itself is the trouble.
    """

    def __init__(self, notices: Notices) -> None:
        self._notices = notices
        self._under_way: set[asyncio.Task[None]] = set()

    def do(self, work: Coroutine[object, object, object], what: str) -> None:
        """Begin something.

        Args:
            work: what to do; left out if there is too much under way.
            what: what the log calls it.
        """
        if len(self._under_way) >= _MOST:
            work.close()
            logger.warning("There is too much to do for Slack: no %s", what)
            return
        task = asyncio.create_task(self._do(work, what))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def close(self) -> None:
        """Give up what is under way."""
        for task in self._under_way:
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)

    async def _do(self, work: Coroutine[object, object, object], what: str) -> None:
        try:
            await work
        except FOREIGN_ERRORS as error:
            trouble = read_error(error)
            self._notices.note(trouble)
            logger.warning("Slack took no %s (%s)", what, trouble.code)
        except Exception as error:  # noqa: BLE001 - nothing on the side may stop the chat
            # Without the error: it may repeat what a person typed.
            logger.error("There is no %s (%s)", what, type(error).__name__)  # noqa: TRY400
