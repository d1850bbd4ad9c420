"""Who may use the bridge: nobody, unless something says so."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from bridge.people.identity import Identity, Link, Platform
from bridge.people.member import Member

Workspace = tuple[Platform, str]
"""A Slack team or a Telegram chat."""


class Role(StrEnum):
    """What somebody is allowed to do."""

    SENDER = "sender"
    """Give commands."""
    ADMINISTRATOR = "administrator"
    """Give commands, and change what concerns others: links, groups."""


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

    def decide(self, who: Person, where: Workspace, act: Act) -> Refusal | None:
        """Tell why somebody may not do something somewhere; None if they may."""
        if who.identity.platform is Platform.CONSOLE:
            return None  # whoever has a shell on the bridge's own machine
        if refusal := self._refuse_member(who.member):
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
