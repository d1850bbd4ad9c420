"""Carries out commands: from the inbox to the outbox, or straight to an answer."""

from __future__ import annotations

import logging
import random
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from bridge.commands.decided import Decided
from bridge.commands.grammar import HELP, LINK, NOTIFY, UNLINK, WHO
from bridge.commands.handler import Request
from bridge.commands.help import show_help
from bridge.commands.link import ShowLink, Unlink
from bridge.commands.notify import Notify
from bridge.commands.parser import parse
from bridge.commands.who import Who
from bridge.delivery.policy import Policy
from bridge.errors import (
    CommandError,
    NotAllowed,
    PortalError,
    PortalOnHold,
    StorageError,
    TryLater,
)
from bridge.people.identity import Platform
from bridge.replies.texts import Say, say
from bridge.replies.words import Languages

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from bridge.commands.handler import Handler
    from bridge.incoming import StoredCommand
    from bridge.people.identity import Identity
    from bridge.people.permissions import Access
    from bridge.people.recipients import Directory
    from bridge.ports import Clock, Inbox, Links, Members, People
    from bridge.replies.reply import Reply
    from bridge.replies.words import Words

log = logging.getLogger(__name__)

NOBODY: Final[Mapping[Platform, Members]] = MappingProxyType({})
_TRIES: Final = 5


def make_handlers(directory: Directory, links: Links) -> dict[str, Handler]:
    """Make the handler of each command, under its name."""
    return {
        NOTIFY.name: Notify(directory),
        WHO.name: Who(directory),
        LINK.name: ShowLink(directory),
        UNLINK.name: Unlink(links),
        HELP.name: show_help,
    }


class Desk:
    """Where commands are carried out, in the order their senders typed them.

    Args:
        inbox: where they wait.
        people: the mapping store.
        directory: finds the senders' own links.
        handlers: from ``make_handlers``.
        access: who may give commands.
        clock: the time.
        languages: finds the words for each person.
        members: what platforms tell of their people.
        policy: how long to wait for a portal that cannot be asked.
        chance: gives random numbers from 0 to 1.
    """

    def __init__(  # noqa: PLR0913
        self,
        *,
        inbox: Inbox,
        people: People,
        directory: Directory,
        handlers: Mapping[str, Handler],
        access: Access,
        clock: Clock,
        languages: Languages = Languages(),  # noqa: B008 - never changes
        members: Mapping[Platform, Members] = NOBODY,
        policy: Policy | None = None,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._inbox = inbox
        self._people = people
        self._directory = directory
        self._handlers = handlers
        self._access = access
        self._clock = clock
        self._languages = languages
        self._members = members
        self._policy = policy or Policy()
        self._chance = chance

    async def list_open(
        self, limit: int, *, without: Collection[Identity] = ()
    ) -> Sequence[StoredCommand]:
        """List commands that can be carried out now, at most one a sender."""
        return await self._inbox.list_open(self._clock.now(), limit, without=without)

    async def carry_out(self, stored: StoredCommand) -> None:
        """Carry out one command and close it, or postpone it if the portal cannot be asked.

        Raises:
            StorageError: nothing was changed; the command stays open.
        """
        language = stored.incoming.language
        words = self._languages.words(language)
        try:
            decided = await self._decide(stored, words)
        except CommandError as error:
            decided = _refuse(words, *error.replies)
        except PortalError as error:
            if await self._postpone(stored, error):
                return
            is_refused = isinstance(error, PortalOnHold)
            decided = _refuse(words, say(Say.PORTAL_REFUSES if is_refused else Say.CANNOT_ASK))
        except StorageError:
            raise
        except Exception:
            # A fault of ours must neither stop the bridge nor leave the person without an answer.
            log.exception("Command %s could not be carried out", stored.id)
            decided = _refuse(words, say(Say.FAULT))
        await self._inbox.close(stored.id, replace(decided, language=language))

    async def _decide(self, stored: StoredCommand, words: Words) -> Decided:
        incoming = stored.incoming
        sender = incoming.sender
        if incoming.platform is not Platform.CONSOLE:  # nobody can be named there
            await self._people.note_seen(sender)
        link = await self._directory.find_link(sender.identity)
        if not self._access.may_send(incoming, link):
            raise NotAllowed(say(Say.STRANGER, identity=str(sender.identity)))
        command = parse(incoming.typed, may_lack_text=incoming.shared is not None)
        request = Request(id=stored.id, command=command, incoming=incoming, link=link, words=words)
        return await self._handlers[command.spec.name](request)

    async def _postpone(self, stored: StoredCommand, error: PortalError) -> bool:
        log.warning("Command %s: the portal could not be asked: %s", stored.id, error)
        attempt = stored.attempts + 1
        if attempt >= _TRIES or not isinstance(error, TryLater):
            return False
        until = self._policy.retry_at(
            attempt, error.retry_after_seconds, self._clock.now(), self._chance()
        )
        await self._inbox.postpone(stored.id, until)
        return True


def _refuse(words: Words, *replies: Reply) -> Decided:
    return Decided(reply=words.write(*replies), is_refused=True)
