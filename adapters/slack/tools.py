"""What everybody needs who reads what Slack sends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack.aside import Aside
from adapters.slack.naming import Namer
from adapters.slack.notices import Notices
from bridge.ports import Clock
from bridge.replies.words import Languages, Words

if TYPE_CHECKING:
    from bridge.people.identity import Sender


class Tools(Struct, frozen=True):
    """What listeners need.

    Attributes:
        client: the Web API, with the bot's token.
        clock: the time.
        namer: names people.
        notices: tells the administrator.
        languages: finds the words for each person.
        aside: does what nobody waits for.
    """

    client: AsyncWebClient
    clock: Clock
    namer: Namer
    notices: Notices
    languages: Languages
    aside: Aside

    async def find_words(self, sender: Sender | None) -> Words:
        """Find the words for a person; the default ones if Slack does not tell their language."""
        member = await self.namer.find(sender.identity) if sender else None
        return self.languages.words(member.language if member else "")
