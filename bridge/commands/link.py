"""``/b24link`` and ``/b24unlink``: one's own link to Bitrix24."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, Final

from bridge.commands.decided import Decided
from bridge.commands.grammar import LINK, START, UNLINK
from bridge.commands.link_other import LinkOther
from bridge.commands.start import Start
from bridge.errors import NotLinked, UsageError
from bridge.people.identity import Platform
from bridge.people.linking import read_code
from bridge.people.proving import MINUTES, Claim
from bridge.people.recipients import Email, Number
from bridge.replies.button import Button
from bridge.replies.texts import Say, say

if TYPE_CHECKING:
    from bridge.commands.handler import Handler, Request
    from bridge.people.directory import Directory
    from bridge.people.email_links import EmailLinks
    from bridge.people.identity import Link, Located
    from bridge.people.linking import Tried
    from bridge.people.proving import Prover
    from bridge.ports import Links, People
    from bridge.replies.reply import Reply

_COMMAND: Final = f"/{LINK.name}"
_ADDRESS: Final = "anna@corp.example"
_EXAMPLE: Final = f"{_COMMAND} {_ADDRESS}"
_LONGEST_COMMAND_BYTES: Final = 64
"""The longest that a button types."""


def make_link_handlers(
    directory: Directory,
    people: People,
    links: Links,
    prover: Prover,
    email_links: EmailLinks | None,
) -> dict[str, Handler]:
    """Make the handlers of the commands about links, under their names.

    Args:
        directory: finds Bitrix24 people.
        people: the mapping store.
        links: where links are kept.
        prover: sends codes and takes them back.
        email_links: links by verified e-mail addresses; None if that is switched off.
    """
    link = LinkOneself(directory, prover, email_links, LinkOther(directory, people, links))
    return {LINK.name: link, UNLINK.name: Unlink(links), START.name: Start(link)}


class LinkOneself:
    """Tells people who they are, and links them to the account that they prove to be theirs.

    Args:
        directory: names portals.
        prover: sends codes and takes them back.
        email_links: links by verified e-mail addresses; None if that is switched off.
        link_other: what two names behind the command are for.
    """

    def __init__(
        self,
        directory: Directory,
        prover: Prover,
        email_links: EmailLinks | None,
        link_other: Handler,
    ) -> None:
        self._directory = directory
        self._prover = prover
        self._email_links = email_links
        self._link_other = link_other

    async def __call__(self, request: Request, /) -> Decided:
        """Tell who one is, send a code, or take it back; see ``Handler``."""
        command = request.command
        match command.recipients, command.words:
            case (), ():
                return await self._show(request)
            case (Number() | Email() as account,), ():
                return await self._send_code(request, account)
            case (_, _), ():
                return await self._link_other(request)
            case (), words if code := read_code(" ".join(words)):
                return await self._try_code(request, code)
        first = (*command.words, *map(str, command.recipients))[0]
        raise UsageError(say(Say.LINK_NO_CODE, word=first, email=_ADDRESS, usage=LINK.usage))

    async def _show(self, request: Request) -> Decided:
        if link := request.link:
            who = name_account(Say.LINKED, Say.LINKED_IN, link, self._directory)
            return Decided(reply=request.words.write(who))
        if self._email_links and (link := await self._email_links.link(request.member)):
            return Decided(reply=request.words.write(*tell_email_link(link, self._directory)))
        identity = str(request.sender.identity)
        how = [say(Say.LINK_HOW, command=_COMMAND, example=_EXAMPLE, identity=identity)]
        if not request.incoming.is_private:
            how.append(_say_where(request))
        return Decided(reply=request.words.write(*how), buttons=_offer_code(request))

    async def _send_code(self, request: Request, account: Number | Email) -> Decided:
        _check_private(request)
        claim = Claim(request.sender, account, request.link, request.words)
        if wait := await self._prover.send_code(claim):
            minutes = str(ceil(wait.total_seconds() / 60))
            reply = say(Say.CODE_TOO_MANY, minutes=minutes)
            return Decided(reply=request.words.write(reply), is_refused=True)
        reply = say(
            Say.CODE_SENT,
            who=str(account),
            command=f"{_COMMAND} 123456",
            minutes=MINUTES,
            identity=str(request.sender.identity),
        )
        return Decided(reply=request.words.write(reply))

    async def _try_code(self, request: Request, code: str) -> Decided:
        _check_private(request)
        tried = await self._prover.try_code(request.sender.identity, code)
        if tried and tried.person:
            now = name_account(Say.NOW_LINKED, Say.NOW_LINKED_IN, tried.person, self._directory)
            return Decided(reply=request.words.write(now))
        replies = [_explain(tried)]
        if tried is None and request.link:  # perhaps it was typed twice
            link = request.link
            replies.append(name_account(Say.LINKED, Say.LINKED_IN, link, self._directory))
        return Decided(reply=request.words.write(*replies), is_refused=True)


class Unlink:
    """Ends one's own link."""

    def __init__(self, links: Links) -> None:
        self._links = links

    async def __call__(self, request: Request, /) -> Decided:
        """End the link and say so; see ``Handler``."""
        who = request.sender.identity
        if request.link is None:
            raise NotLinked(say(Say.NOT_LINKED, link=_COMMAND, identity=str(who)))
        await self._links.unlink(who, changed_by=str(who))
        name = request.link.recipient.label
        return Decided(reply=request.words.write(say(Say.UNLINKED, name=name)))


def name_account(
    text: Say, text_among_several: Say, person: Located | Link, directory: Directory
) -> Reply:
    """Say something about a Bitrix24 account, with its portal's name if there are several."""
    portal = directory.name_among(person.portal)
    return say(
        text_among_several if portal else text,
        name=person.recipient.label,
        number=f"#{person.recipient.user_id}",
        portal=portal,
    )


def tell_email_link(link: Link, directory: Directory) -> tuple[Reply, Reply]:
    """Say that somebody has been linked by their e-mail address."""
    now = name_account(Say.NOW_LINKED, Say.NOW_LINKED_IN, link, directory)
    return now, say(Say.BY_EMAIL, unlink=f"/{UNLINK.name}")


def _check_private(request: Request) -> None:
    if not request.incoming.is_private:
        raise UsageError(_say_where(request))


def _say_where(request: Request) -> Reply:
    """Say where nobody else reads what is typed: in Slack that is any slash command, too."""
    if request.incoming.platform is Platform.SLACK:
        return say(Say.LINK_IN_PRIVATE_OR_BY_SLASH, command=f"{_COMMAND} …")
    return say(Say.LINK_IN_PRIVATE)


def _explain(tried: Tried | None) -> Reply:
    if tried is None:
        return say(Say.CODE_NONE, minutes=MINUTES, command=_EXAMPLE)
    if tried.tries_left:
        return say(Say.CODE_WRONG, tries=str(tried.tries_left))
    return say(Say.CODE_USED_UP, command=_EXAMPLE)


def _offer_code(request: Request) -> tuple[Button, ...]:
    email = request.member.email if request.member else ""
    command = f"{_COMMAND} {email}"
    if not email or len(command.encode()) > _LONGEST_COMMAND_BYTES:
        return ()
    return (Button(request.words.spell(say(Say.LINK_SEND_CODE, email=email)), command),)
