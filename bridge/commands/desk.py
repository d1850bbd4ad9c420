"""Carries out commands: from the inbox to the outbox, or straight to an answer."""

from __future__ import annotations

import logging
import random
from functools import partial
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from bridge.commands.choose import decide
from bridge.commands.decided import Decided
from bridge.commands.grammar import GROUP, HELP, NOTIFY, WHO
from bridge.commands.groups import ChangeGroups
from bridge.commands.handler import Request
from bridge.commands.help import show_help
from bridge.commands.notify import Notify
from bridge.commands.parser import parse, tell_command
from bridge.commands.slowness import noting_slowness
from bridge.commands.who import Who
from bridge.delivery.policy import Policy
from bridge.errors import (
    ChatError,
    CommandError,
    PortalError,
    PortalOnHold,
    StorageError,
    TryLater,
)
from bridge.markup.nodes import Document
from bridge.people.permissions import Act
from bridge.replies.tell import PATIENCE
from bridge.replies.texts import Say, say
from bridge.replies.words import Languages
from bridge.trace import following, trace_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from bridge.commands.handler import Handler
    from bridge.commands.reception import Admitted, Reception
    from bridge.incoming import StoredCommand
    from bridge.people.directory import Directory
    from bridge.people.identity import Identity, Platform, PortalId
    from bridge.people.member import Member
    from bridge.ports import Clock, Groups, Inbox
    from bridge.replies.reply import Reply
    from bridge.replies.words import Words

log = logging.getLogger(__name__)

_TRIES: Final = 5
_LONGEST_SECONDS: Final = 60.0
"""How long a command waits for those it has to ask, in all: what is typed behind it waits, too."""


def make_handlers(directory: Directory, groups: Groups) -> dict[str, Handler]:
    """Make the handlers of the commands that need nothing but people, under their names."""
    return {
        NOTIFY.name: Notify(directory),
        WHO.name: Who(directory),
        GROUP.name: ChangeGroups(directory, groups),
        HELP.name: show_help,
    }


class Desk:
    """Where commands are carried out, in the order their senders typed them.

    Args:
        inbox: where they wait.
        reception: lets in who may give them.
        handlers: from ``make_handlers``, ``make_link_handlers`` and ``make_past_handlers``.
        clock: the time.
        languages: finds the words for each person.
        policy: how long to wait for a portal that cannot be asked.
        chance: gives random numbers from 0 to 1.
        patience_seconds: how long a person waits before being told that it takes time.
    """

    def __init__(  # noqa: PLR0913
        self,
        *,
        inbox: Inbox,
        reception: Reception,
        handlers: Mapping[str, Handler],
        clock: Clock,
        languages: Languages = Languages(),  # noqa: B008 - never changes
        policy: Policy | None = None,
        chance: Callable[[], float] = random.random,
        patience_seconds: float = PATIENCE.total_seconds(),
    ) -> None:
        self._inbox = inbox
        self._reception = reception
        self._handlers = handlers
        self._clock = clock
        self._languages = languages
        self._policy = policy or Policy()
        self._chance = chance
        self._patience_seconds = patience_seconds

    async def list_open(
        self, limit: int, *, without: Collection[Identity] = ()
    ) -> Sequence[StoredCommand]:
        """List commands that can be carried out now, at most one a sender."""
        return await self._inbox.list_open(self._clock.now(), limit, without=without)

    async def carry_out(self, stored: StoredCommand) -> Collection[PortalId]:
        """Carry out one command and close it, or postpone it if the portal cannot be asked.

        Returns the portals for which something is queued now.

        Raises:
            StorageError: nothing was changed; the command stays open.
        """
        with following(trace_of(stored.incoming)):
            decided = await self._carry_out(stored)
            if decided:
                await self._inbox.close(stored.id, decided)
                log.info("Command %s %s", stored.id, _sum_up(decided))
            return decided.notifications.keys() if decided else ()

    async def _carry_out(self, stored: StoredCommand) -> Decided | None:
        """Decide what a command leads to; None if it is postponed."""
        language = stored.incoming.language
        try:
            member = await self._reception.find_member(stored.incoming.sender.identity)
            language = language or (member.language if member else "")
            decided = await self._decide(stored, member, language)
        except CommandError as error:
            decided = self._refuse(language, *error.replies)
        except (PortalError, ChatError) as error:
            if await self._postpone(stored, error, language):
                return None
            decided = self._refuse(language, _explain(error, stored.incoming.platform))
        except StorageError:
            raise
        except Exception:
            # A fault of ours must neither stop the bridge nor leave the person without an answer.
            log.exception("Command %s could not be carried out", stored.id)
            decided = self._refuse(language, say(Say.FAULT, trace=trace_of(stored.incoming)))
        return replace(decided, language=language)

    async def _decide(self, stored: StoredCommand, member: Member | None, language: str) -> Decided:
        words = self._languages.words(language)
        spec = tell_command(stored.incoming.typed)
        admitted = await self._reception.admit(stored, spec.act if spec else Act.SEND, member)
        try:
            request = _read(stored, admitted, words)
            handler = self._handlers[request.command.spec.name]
            note = partial(self._note_slow, stored, language)
            async with noting_slowness(self._patience_seconds, note):
                decided = await decide(handler, request)
        except CommandError as error:
            error.replies = (*admitted.news, *error.replies)
            raise
        return _tell_first(words.write(*admitted.news), decided) if admitted.news else decided

    async def _postpone(
        self, stored: StoredCommand, error: PortalError | ChatError, language: str
    ) -> bool:
        log.warning("Command %s: something could not be asked: %s", stored.id, error)
        attempt = stored.attempts + 1
        if attempt >= _TRIES or not isinstance(error, TryLater | ChatError):
            return False
        if isinstance(error, ChatError) and error.retry_after_seconds is None:
            return False
        if attempt * (error.retry_after_seconds or 0.0) > _LONGEST_SECONDS:
            return False
        until = self._policy.retry_at(
            attempt, error.retry_after_seconds, self._clock.now(), self._chance()
        )
        await self._inbox.postpone(stored.id, until)
        if isinstance(error, PortalError):
            await self._note_slow(stored, language)
        return True

    async def _note_slow(self, stored: StoredCommand, language: str) -> None:
        # Whoever pressed a button keeps the answer above it until there is a better one.
        if not stored.incoming.replaces:
            await self._inbox.note_slow(stored.id, language)

    def _refuse(self, language: str, *replies: Reply) -> Decided:
        words = self._languages.words(language)
        return Decided(reply=words.write(*replies) if replies else None, is_refused=True)


def _read(stored: StoredCommand, admitted: Admitted, words: Words) -> Request:
    incoming, person = stored.incoming, admitted.person
    return Request(
        id=stored.id,
        command=parse(incoming.typed, may_lack_text=incoming.shared is not None),
        incoming=incoming,
        link=person.link,
        words=words,
        member=person.member,
        is_administrator=admitted.is_administrator,
    )


def _sum_up(decided: Decided) -> str:
    if decided.is_refused:
        return "was refused"
    count = sum(map(len, decided.notifications.values()))
    return f"is carried out: {count} notifications queued"


def _tell_first(news: Document, decided: Decided) -> Decided:
    said = decided.reply.children if decided.reply else ()
    return replace(decided, reply=Document((*news.children, *said)))


def _explain(error: PortalError | ChatError, platform: Platform) -> Reply:
    match error:
        case ChatError(permission=permission) if permission:
            return say(Say.CHAT_LACKS, platform=platform.capitalize(), permission=permission)
        case ChatError(retry_after_seconds=None):
            return say(Say.CHAT_REFUSES, platform=platform.capitalize())
        case ChatError():
            return say(Say.CANNOT_ASK_CHAT, platform=platform.capitalize())
        case PortalOnHold():
            return say(Say.PORTAL_REFUSES)
        case _:
            return say(Say.CANNOT_ASK)
