"""Carries out commands: from the inbox to the outbox, or straight to an answer."""

from __future__ import annotations

import logging
import random
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from bridge.commands.choose import decide
from bridge.commands.decided import Decided
from bridge.commands.grammar import HELP, NOTIFY, WHO
from bridge.commands.handler import Request
from bridge.commands.help import show_help
from bridge.commands.link import tell_email_link
from bridge.commands.notify import Notify
from bridge.commands.parser import parse, tell_command
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
from bridge.people.identity import Platform
from bridge.people.member import Member
from bridge.people.permissions import Act, Person, Refusal
from bridge.replies.texts import Say, say
from bridge.replies.words import Languages

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from bridge.commands.handler import Handler
    from bridge.incoming import StoredCommand
    from bridge.people.email_links import EmailLinks
    from bridge.people.identity import Identity
    from bridge.people.permissions import Access, Workspace
    from bridge.people.directory import Directory
    from bridge.ports import Clock, Inbox, Members, People
    from bridge.replies.reply import Reply
    from bridge.replies.words import Words

log = logging.getLogger(__name__)

NOBODY: Final[Mapping[Platform, Members]] = MappingProxyType({})
_TRIES: Final = 5
_REFUSALS: Final = {
    Refusal.STRANGER: Say.STRANGER,
    Refusal.CLOSED: Say.SENDER_CLOSED,
    Refusal.FOREIGN: Say.SENDER_FOREIGN,
    Refusal.GUEST: Say.SENDER_GUEST,
}


def make_handlers(directory: Directory) -> dict[str, Handler]:
    """Make the handler of each command but those about links, under its name."""
    return {
        NOTIFY.name: Notify(directory),
        WHO.name: Who(directory),
        HELP.name: show_help,
    }


class Desk:
    """Where commands are carried out, in the order their senders typed them.

    Args:
        inbox: where they wait.
        people: the mapping store.
        directory: finds the senders' own links.
        handlers: from ``make_handlers`` and ``make_link_handlers``.
        access: who may give commands.
        clock: the time.
        languages: finds the words for each person.
        members: what platforms tell of their people.
        email_links: links people at their first command; None if that is switched off.
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
        email_links: EmailLinks | None = None,
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
        self._email_links = email_links
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
        try:
            member = await self._find_member(stored.incoming.sender.identity)
            language = language or (member.language if member else "")
            decided = await self._decide(stored, member, self._languages.words(language))
        except CommandError as error:
            decided = self._refuse(language, *error.replies)
        except (PortalError, ChatError) as error:
            if await self._postpone(stored, error):
                return
            decided = self._refuse(language, _explain(error, stored.incoming.platform))
        except StorageError:
            raise
        except Exception:
            # A fault of ours must neither stop the bridge nor leave the person without an answer.
            log.exception("Command %s could not be carried out", stored.id)
            decided = self._refuse(language, say(Say.FAULT))
        await self._inbox.close(stored.id, replace(decided, language=language))

    async def _find_member(self, identity: Identity) -> Member | None:
        if identity.platform not in self._members:
            return None
        found = await self._members[identity.platform].find(identity)
        # Nobody is let in whom a platform that could tell does not know.
        return found or Member(identity=identity, is_active=False)

    async def _decide(self, stored: StoredCommand, member: Member | None, words: Words) -> Decided:
        incoming = stored.incoming
        sender = incoming.sender
        if incoming.platform is not Platform.CONSOLE:  # nobody can be named there
            await self._people.note_seen(sender)
        spec = tell_command(incoming.typed)
        act = spec.act if spec else Act.SEND
        link = await self._directory.find_link(sender.identity)
        news: tuple[Reply, ...] = ()
        if link is None and act is not Act.LINK and self._email_links:
            link = await self._email_links.link_at_first(member)
            news = tell_email_link(link, self._directory) if link else ()
        who, where = Person(sender.identity, link, member), (incoming.platform, incoming.workspace)
        if refusal := self._access.decide(who, where, act):
            return _turn_away(refusal, who, words)
        try:
            request = self._read(stored, who, where, words)
            decided = await decide(self._handlers[request.command.spec.name], request)
        except CommandError as error:
            error.replies = (*news, *error.replies)
            raise
        return _tell_first(words.write(*news), decided) if news else decided

    def _read(self, stored: StoredCommand, who: Person, where: Workspace, words: Words) -> Request:
        incoming = stored.incoming
        return Request(
            id=stored.id,
            command=parse(incoming.typed, may_lack_text=incoming.shared is not None),
            incoming=incoming,
            link=who.link,
            words=words,
            member=who.member,
            is_administrator=self._access.decide(who, where, Act.ADMINISTER) is None,
        )

    async def _postpone(self, stored: StoredCommand, error: PortalError | ChatError) -> bool:
        log.warning("Command %s: something could not be asked: %s", stored.id, error)
        attempt = stored.attempts + 1
        if attempt >= _TRIES or not isinstance(error, TryLater | ChatError):
            return False
        if isinstance(error, ChatError) and error.retry_after_seconds is None:
            return False
        until = self._policy.retry_at(
            attempt, error.retry_after_seconds, self._clock.now(), self._chance()
        )
        await self._inbox.postpone(stored.id, until)
        return True

    def _refuse(self, language: str, *replies: Reply) -> Decided:
        words = self._languages.words(language)
        return Decided(reply=words.write(*replies), is_refused=True)


def _tell_first(news: Document, decided: Decided) -> Decided:
    said = decided.reply.children if decided.reply else ()
    return replace(decided, reply=Document((*news.children, *said)))


def _turn_away(refusal: Refusal, who: Person, words: Words) -> Decided:
    if refusal is Refusal.BOT:
        return Decided(is_refused=True)  # two programs that answer each other never end
    reply = say(_REFUSALS[refusal], identity=str(who.identity))
    return Decided(reply=words.write(reply), is_refused=True)


def _explain(error: PortalError | ChatError, platform: Platform) -> Reply:
    match error:
        case ChatError():
            return say(Say.CANNOT_ASK_CHAT, platform=platform.capitalize())
        case PortalOnHold():
            return say(Say.PORTAL_REFUSES)
        case _:
            return say(Say.CANNOT_ASK)
