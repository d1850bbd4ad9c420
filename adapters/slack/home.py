"""The app's home page: one's own link, notifications and groups.

Source: https://docs.slack.dev/surfaces/app-home/
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Any, Final

from adapters.slack.fields import get_text
from adapters.slack.outbound import render
from bridge.people.identity import Identity, Platform, Sender

if TYPE_CHECKING:
    from slack_bolt.app.async_app import AsyncApp

    from adapters.slack.tools import Tools
    from bridge.ports import OwnPages

_MOST_OPENED: Final = 1_000


class HomeTab:
    """Publishes the home pages of those who open them, and again when something has been told them.

    Args:
        tools: what listeners need.
        pages: what people see.
    """

    def __init__(self, tools: Tools, pages: OwnPages) -> None:
        self._tools = tools
        self._pages = pages
        self._opened: OrderedDict[str, Identity] = OrderedDict()

    def attach(self, app: AsyncApp) -> None:
        """Have an app call it."""
        app.event("app_home_opened")(self._open)

    def refresh(self, user: str) -> None:
        """Publish the page of somebody once more, if they have opened it lately."""
        if identity := self._opened.get(user):
            self._tools.aside.do(self._publish(identity), "home page")

    async def _open(self, body: dict[str, Any], event: dict[str, Any]) -> None:
        user, team = get_text(event, "user"), get_text(body, "team_id")
        if get_text(event, "tab") != "home" or not (user and team):
            return
        self._opened[user] = Identity(Platform.SLACK, team, user)
        self._opened.move_to_end(user)
        if len(self._opened) > _MOST_OPENED:
            self._opened.popitem(last=False)
        self.refresh(user)

    async def _publish(self, identity: Identity) -> None:
        words = await self._tools.find_words(Sender(identity))
        page = await self._pages.show(identity, words)
        await self._tools.client.views_publish(
            user_id=identity.external_id,
            view={"type": "home", "blocks": render(page.document, page.buttons).blocks},
        )
