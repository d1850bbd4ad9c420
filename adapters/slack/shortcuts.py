"""The shortcuts "Notify in Bitrix24": about a message, and about nothing yet.

Source: https://docs.slack.dev/interactivity/implementing-shortcuts/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import replace

from adapters.slack.fields import get_text
from adapters.slack.presses import read_presser
from adapters.slack.shared import find_author, read_shared
from adapters.slack.submissions import FormError, read_submission
from adapters.slack.views import FORM, MOST_OPTIONS, SEARCH, build_form, build_options

if TYPE_CHECKING:
    from collections.abc import Sequence

    from slack_bolt.app.async_app import AsyncApp
    from slack_bolt.context.ack.async_ack import AsyncAck

    from adapters.slack.app import Accept
    from adapters.slack.tools import Tools
    from bridge.people.identity import Link
    from bridge.ports import Colleagues

ABOUT_A_MESSAGE: Final = "b24notify_message"
ABOUT_NOTHING: Final = "b24notify"
"""The shortcuts' names, as in the manifest."""


class Shortcuts:
    """Shows the form, helps to fill it in, and takes it as a command.

    Args:
        tools: what listeners need.
        accept: stores a command and returns when that is committed.
        address: the workspace's own.
        colleagues: tells who is linked; None if nobody can tell.
    """

    def __init__(
        self, tools: Tools, accept: Accept, address: str, colleagues: Colleagues | None
    ) -> None:
        self._tools = tools
        self._accept = accept
        self._address = address
        self._colleagues = colleagues

    def attach(self, app: AsyncApp) -> None:
        """Have an app call it."""
        for callback_id in (ABOUT_A_MESSAGE, ABOUT_NOTHING):
            app.shortcut(callback_id)(self._open)
        app.options(SEARCH)(self._suggest)
        app.view(FORM)(self._take)

    async def _open(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack()
        self._tools.aside.do(self._show(body), "form")

    async def _show(self, body: dict[str, Any]) -> None:
        sender = read_presser(body)
        if sender is None:
            return
        writer, name = find_author(body)
        member = await self._tools.namer.find(replace(sender.identity, external_id=writer))
        author = (member and (member.display_name or member.handle)) or name or writer
        view = build_form(
            await self._tools.find_words(sender),
            read_shared(body, author, self._address),
            can_search=self._colleagues is not None,
        )
        await self._tools.client.views_open(trigger_id=get_text(body, "trigger_id"), view=view)

    async def _suggest(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        sender = read_presser(body)
        links: Sequence[Link] = ()
        if sender and self._colleagues:
            typed = get_text(body, "value")
            links = await self._colleagues.search(sender.identity, typed, MOST_OPTIONS)
        await ack(options=build_options(links))

    async def _take(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        try:
            incoming = read_submission(body, self._tools.clock.now())
        except FormError as error:
            words = await self._tools.find_words(read_presser(body))
            await ack(response_action="errors", errors={error.block: words.spell(error.reply)})
            return
        if incoming is not None:
            await self._accept(await self._tools.namer.complete(incoming))
        await ack()
