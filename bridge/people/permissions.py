"""Who may use the bridge: nobody, unless something says so."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final, Self

from msgspec import Struct
from msgspec.structs import replace

from bridge.people.identity import Identity, Link, Platform
from bridge.people.member import Member

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bridge.ports import AccessRules, Clock

LIFETIME: Final = timedelta(seconds=2)
"""How long rules are taken for what they were when they were read."""
_WORKSPACE: Final = re.compile(r"slack:(?P<team>[TE][A-Z0-9]+)|telegram:(?P<chat>-\d+)")

Workspace = tuple[Platform, str]
"""A Slack team or a Telegram chat."""


class Role(StrEnum):
    """What somebody is allowed to do."""

    SENDER = "sender"
    """Give commands."""
    ADMINISTRATOR = "administrator"
    """Give commands, and change what concerns others: links, groups."""


class Rule(Struct, frozen=True):
    """What an administrator has allowed: a person, or everybody in a workspace, to do something.

    Attributes:
        role: what they may do.
        platform: where.
        workspace: the Slack team, or the Telegram chat that is meant; empty for a Telegram person.
        external_id: the person; empty if everybody in the workspace is meant.
    """

    role: Role
    platform: Platform
    workspace: str
    external_id: str = ""

    def __str__(self) -> str:
        """Written as the command line reads it."""
        if self.external_id:
            return str(Identity(self.platform, self.workspace, self.external_id))
        return f"{self.platform}:{self.workspace}"

    @classmethod
    def parse(cls, text: str, role: Role) -> Self:
        """Read a person (``telegram:4242``) or a workspace (``slack:T012``, ``telegram:-100123``).

        Raises:
            ValueError: the text is neither, or a workspace is to administer.
        """
        if match := _WORKSPACE.fullmatch(text.strip()):
            if role is Role.ADMINISTRATOR:
                raise ValueError("only a person can administer, not a whole workspace")
            platform = Platform.SLACK if match["team"] else Platform.TELEGRAM
            return cls(role, platform, match["team"] or match["chat"])
        try:
            who = Identity.parse(text)
        except ValueError as error:
            workspaces = "a workspace like slack:T012 or telegram:-100123"
            raise ValueError(f"{error}; {workspaces}") from None
        return cls(role, who.platform, who.workspace, who.external_id)


class Act(StrEnum):
    """What somebody is about to do."""

    LINK = "link"
    """Prove who they are in Bitrix24: how strangers become known, so any person may try."""
    SEND = "send"
    """Give any other command."""
    ADMINISTER = "administer"
    """Change what concerns others."""


class Refusal(StrEnum):
    """Why somebody may not."""

    STRANGER = "stranger"
    """Neither linked nor allowed by anything."""
    BOT = "bot"
    """No person."""
    DISMISSED = "dismissed"
    """Linked to somebody who works here no longer."""
    CLOSED = "closed"
    """The account was closed, or the platform does not know it."""
    FOREIGN = "foreign"
    """Of another organisation."""
    GUEST = "guest"
    """Invited to parts of the workspace only."""
    NO_ADMINISTRATOR = "no administrator"
    """May send, but not change what concerns others."""


class Person(Struct, frozen=True):
    """Somebody who is about to do something.

    Attributes:
        identity: who it is.
        link: to whom in Bitrix24 they are linked, if they are.
        member: what the platform tells of them; None where it tells nothing.
    """

    identity: Identity
    link: Link | None = None
    member: Member | None = None


class Access(Struct, frozen=True, kw_only=True):
    """Everything that says who may do what.

    Attributes:
        workspaces: where everybody may send, linked or not.
        senders: people who may send though they are not linked.
        administrators: people who may change what concerns others.
        trusts_workspace_administrators: whether those who administer a workspace on the platform
            are administrators here.
        admits_guests: whether guests of a workspace are taken for its other people.
    """

    workspaces: frozenset[Workspace] = frozenset()
    senders: frozenset[Identity] = frozenset()
    administrators: frozenset[Identity] = frozenset()
    trusts_workspace_administrators: bool = False
    admits_guests: bool = False

    def with_rules(self, rules: Iterable[Rule]) -> Access:
        """Return what is allowed when these rules come on top."""
        workspaces, people = set(self.workspaces), {role: set[Identity]() for role in Role}
        for rule in rules:
            if rule.external_id:
                identity = Identity(rule.platform, rule.workspace, rule.external_id)
                people[rule.role].add(identity)
            elif rule.role is Role.SENDER:
                workspaces.add((rule.platform, rule.workspace))
        return replace(
            self,
            workspaces=frozenset(workspaces),
            senders=self.senders | people[Role.SENDER],
            administrators=self.administrators | people[Role.ADMINISTRATOR],
        )

    def decide(self, who: Person, where: Workspace, act: Act) -> Refusal | None:
        """Tell why somebody may not do something somewhere; None if they may."""
        if who.identity.platform is Platform.CONSOLE:
            return None  # whoever has a shell on the bridge's own machine
        if refusal := self._refuse_member(who.member) or _refuse_link(who.link, act):
            return refusal
        if act is Act.LINK or self._is_administrator(who):
            return None
        if not (who.link or who.identity in self.senders or where in self.workspaces):
            return Refusal.STRANGER
        return Refusal.NO_ADMINISTRATOR if act is Act.ADMINISTER else None

    def _refuse_member(self, member: Member | None) -> Refusal | None:
        match member:
            case Member(is_bot=True):
                return Refusal.BOT
            case Member(is_active=False):
                return Refusal.CLOSED
            case Member(is_foreign=True):
                return Refusal.FOREIGN
            case Member(is_guest=True) if not self.admits_guests:
                return Refusal.GUEST
        return None

    def _is_administrator(self, who: Person) -> bool:
        if who.identity in self.administrators:
            return True
        is_trusted = self.trusts_workspace_administrators
        return is_trusted and who.member is not None and who.member.is_administrator


def _refuse_link(link: Link | None, act: Act) -> Refusal | None:
    # Whoever has left may still prove that they are somebody else by now.
    is_dismissed = link is not None and not link.recipient.is_active
    return Refusal.DISMISSED if is_dismissed and act is not Act.LINK else None


class Permissions:
    """What is allowed now, by the settings and by rules that can change at any time.

    Args:
        access: what the settings allow.
        rules: what administrators have allowed besides.
        clock: the time.
    """

    def __init__(self, access: Access, rules: AccessRules, clock: Clock) -> None:
        self._settings = access
        self._rules = rules
        self._clock = clock
        self._access = access
        self._until: datetime | None = None

    async def read(self) -> Access:
        """Return what is allowed; a change is known within seconds.

        Raises:
            StorageError: it cannot be told.
        """
        now = self._clock.now()
        if self._until is None or now >= self._until:
            self._access = self._settings.with_rules(await self._rules.list_rules())
            self._until = now + LIFETIME
        return self._access
