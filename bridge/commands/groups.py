"""``/b24group``: name several recipients at once."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from bridge.commands.decided import Decided
from bridge.commands.grammar import COMMANDS, GROUP, NOTIFY
from bridge.errors import NotAllowed, RecipientUnknown, UsageError
from bridge.markup.nodes import Document
from bridge.people.groups import Group
from bridge.people.identity import Identity, Located
from bridge.people.recipients import Handle, Number, RecipientRef
from bridge.replies.suggestions import nearest
from bridge.replies.texts import Say, say

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from bridge.commands.handler import Request
    from bridge.commands.parser import Command
    from bridge.people.directory import Directory
    from bridge.people.identity import Link, Recipient
    from bridge.people.resolved import Resolved
    from bridge.ports import Groups
    from bridge.replies.reply import Reply

_NAME: Final = re.compile(r"[^\W\d_][\w-]{0,30}[^\W_]")
_ACTIONS: Final = ("create", "add", "remove", "show", "list", "delete")
_RESERVED: Final = frozenset(
    {
        *_ACTIONS,
        *(name for spec in COMMANDS for name in (spec.name, *spec.aliases)),
        # What Slack calls everybody by.
        *("all", "channel", "everyone", "here"),
    }
)
_MOST_LISTED: Final = 5


class _Order(Struct, frozen=True):
    """What is to be done with a group.

    Attributes:
        action: one of ``_ACTIONS``.
        name: of the group, without ``@``; empty if none was typed.
        people: with whom.
    """

    action: str
    name: str
    people: tuple[RecipientRef, ...]


class ChangeGroups:
    """Shows and changes the groups of the portal that a person looks people up in.

    Everybody who may send sees them; who made one, and administrators, may change it.

    Args:
        directory: finds people.
        groups: where they are kept.
    """

    def __init__(self, directory: Directory, groups: Groups) -> None:
        self._directory = directory
        self._groups = groups

    async def __call__(self, request: Request, /) -> Decided:
        """Do what is to be done with a group; see ``Handler``."""
        order = _read(request.command)
        match order.action:
            case "create":
                return await self._create(request, order)
            case "add":
                return await self._add(request, order)
            case "remove":
                return await self._remove(request, order)
            case "show":
                return await self._show(request, order)
            case "delete":
                return await self._delete(request, order)
        return await self._list(request)

    async def _create(self, request: Request, order: _Order) -> Decided:
        name, portal = order.name, self._directory.home(request.link)
        _check_name(name)
        if await self._groups.is_handle(portal, name):
            raise UsageError(say(Say.GROUP_IS_HANDLE, name=name))
        resolved = await self._resolve(request, order)
        maker = str(request.sender.identity)
        group = Group(portal=portal, name=name, members=resolved.people, created_by=maker)
        if not await self._groups.create(group):
            other = await self._find(request, order)
            raise UsageError(_tell(Say.GROUP_EXISTS, Say.GROUP_EXISTS_EMPTY, other))
        example = f"/{NOTIFY.name} @{name} …"
        created = _tell(Say.GROUP_CREATED, Say.GROUP_EMPTIED, group, example=example)
        return Decided(reply=request.words.write(created, *resolved.left_out))

    async def _add(self, request: Request, order: _Order) -> Decided:
        group = await self._find_own(request, order)
        resolved = await self._resolve(request, order)
        new = _without(resolved.people, group.members)
        self._directory.check_number([*group.members, *new])
        changed = await self._groups.change(group.portal, group.name, add=new) or group
        return _answer(request, _tell_change(changed, is_same=not new), *resolved.left_out)

    async def _remove(self, request: Request, order: _Order) -> Decided:
        group = await self._find_own(request, order)
        if not order.people:
            raise UsageError(_example(Say.GROUP_NO_PEOPLE, "remove", order.name))
        leaving = await self._find_leaving(request, order, group)
        staying = _without(group.members, leaving)
        changed = await self._groups.change(group.portal, group.name, remove=leaving) or group
        is_same = len(staying) == len(group.members)
        return _answer(request, _tell_change(changed, is_same=is_same))

    async def _find_leaving(
        self, request: Request, order: _Order, group: Group
    ) -> Sequence[Located]:
        # Whoever is in a group can be taken out by number even if the portal knows them no more.
        numbers = {ref.user_id for ref in order.people if isinstance(ref, Number)}
        numbered = [one for one in group.members if one.recipient.user_id in numbers]
        there = {one.recipient.user_id for one in numbered}
        others = [
            ref for ref in order.people if not (isinstance(ref, Number) and ref.user_id in there)
        ]
        if not others:
            return numbered
        resolved = await self._directory.resolve_all(
            others, request.sender, request.link, may_be_dismissed=True
        )
        return [*numbered, *resolved.people]

    async def _show(self, request: Request, order: _Order) -> Decided:
        group = await self._find(request, order)
        maker, _ = await self._find_maker(group)
        names = tuple(_number(member.recipient) for member in group.members)
        text = Say.GROUP_SHOWN if names else Say.GROUP_SHOWN_EMPTY
        return _answer(request, say(text, group=f"@{group.name}", names=names, maker=maker))

    async def _delete(self, request: Request, order: _Order) -> Decided:
        group = await self._find_own(request, order)
        await self._groups.delete(group.portal, group.name)
        return _answer(request, _tell(Say.GROUP_DELETED, Say.GROUP_DELETED_EMPTY, group))

    async def _list(self, request: Request) -> Decided:
        groups = await self._groups.list_all(self._directory.home(request.link))
        if not groups:
            return _answer(request, say(Say.NO_GROUPS, example=GROUP.examples[0]))
        lines = map(tell_group, groups)
        return Decided(reply=Document((request.words.write_lines(*lines),)))

    async def _resolve(self, request: Request, order: _Order) -> Resolved:
        if not order.people:
            raise UsageError(_example(Say.GROUP_NO_PEOPLE, order.action, order.name))
        return await self._directory.resolve_all(order.people, request.sender, request.link)

    async def _find(self, request: Request, order: _Order) -> Group:
        portal = self._directory.home(request.link)
        for group in await self._groups.find(portal, [order.name]):
            return group
        known = [group.name for group in await self._groups.list_all(portal)]
        if near := await asyncio.to_thread(nearest, order.name, known):
            raise RecipientUnknown(
                say(Say.GROUP_UNKNOWN_NEAR, group=f"@{order.name}", near=f"@{near}")
            )
        example = f"/{GROUP.name} create {order.name} @anna @boris"
        raise RecipientUnknown(say(Say.GROUP_UNKNOWN, group=f"@{order.name}", example=example))

    async def _find_own(self, request: Request, order: _Order) -> Group:
        """Find a group that the sender may change."""
        group = await self._find(request, order)
        if request.is_administrator or group.created_by == str(request.sender.identity):
            return group
        maker, link = await self._find_maker(group)
        if link and request.link and _is_same(link, request.link):
            return group  # made by the same person on another platform
        raise NotAllowed(say(Say.GROUP_FOREIGN, group=f"@{group.name}", maker=maker))

    async def _find_maker(self, group: Group) -> tuple[str, Link | None]:
        """Find what to call who made a group, and their link, if they have one."""
        link = await self._directory.find_link(Identity.parse(group.created_by))
        return (link.recipient.label if link else group.created_by), link


def tell_group(group: Group) -> Reply:
    """Say in a line who is in a group."""
    return _tell(Say.GROUP_LISTED, Say.GROUP_LISTED_EMPTY, group, most=_MOST_LISTED)


def _read(command: Command) -> _Order:
    words, people = command.words, command.recipients
    if not words:
        if people:
            raise UsageError(say(Say.GROUP_HOW, usage=GROUP.usage))
        return _Order("list", "", ())
    action = words[0].casefold()
    if action not in _ACTIONS:
        if near := nearest(action, _ACTIONS):
            raise UsageError(say(Say.GROUP_NO_ACTION, word=words[0], near=f"/{GROUP.name} {near}"))
        raise UsageError(say(Say.GROUP_HOW, usage=GROUP.usage))
    match words[1:], people:
        case (name,), _:
            pass
        case (), (Handle(name), *others):
            people = tuple(others)
        case (_, word, *_), _:
            raise UsageError(say(Say.NO_RECIPIENT_READ, word=word, usage=GROUP.usage))
        case _:
            name = ""
    if not name and action != "list":
        raise UsageError(_example(Say.GROUP_NO_NAME, action, "oncall"))
    return _Order(action, name, people)


def _example(text: Say, action: str, name: str) -> Reply:
    people = " @anna @boris" if action in {"create", "add", "remove"} else ""
    return say(text, example=f"/{GROUP.name} {action} {name}{people}")


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise UsageError(say(Say.GROUP_BAD_NAME, name=name))
    if name.casefold() in _RESERVED:
        raise UsageError(say(Say.GROUP_RESERVED, name=name))


def _tell(text: Say, empty: Say, group: Group, *, most: int = 0, **values: str) -> Reply:
    """Say something about a group and who is in it, at most so many of them if that is given."""
    names = tuple(member.recipient.label for member in group.members)
    if most and len(names) > most:
        names = (*names[:most], f"+{len(names) - most}")
    return say(text if names else empty, group=f"@{group.name}", names=names, **values)


def _tell_change(group: Group, *, is_same: bool) -> Reply:
    return _tell(Say.GROUP_SAME if is_same else Say.GROUP_CHANGED, Say.GROUP_EMPTIED, group)


def _answer(request: Request, *replies: Reply) -> Decided:
    return Decided(reply=request.words.write(*replies))


def _number(recipient: Recipient) -> str:
    return f"{recipient.name} (#{recipient.user_id})" if recipient.name else recipient.label


def _without(people: Collection[Located], others: Collection[Located]) -> list[Located]:
    known = {(one.portal, one.recipient.user_id) for one in others}
    return [one for one in people if (one.portal, one.recipient.user_id) not in known]


def _is_same(one: Link, other: Link) -> bool:
    return (one.portal, one.recipient.user_id) == (other.portal, other.recipient.user_id)
