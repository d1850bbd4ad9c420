"""Makes the desk: what carries out commands, and what lets in those who give them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridge.commands.desk import Desk, make_handlers
from bridge.commands.link import make_link_handlers
from bridge.commands.past import make_past_handlers
from bridge.commands.reception import Reception
from bridge.people.accounts import Accounts
from bridge.people.email_links import EmailLinks
from bridge.people.identity import Identity, Platform
from bridge.people.pace import Pace
from bridge.people.permissions import Access, Permissions
from bridge.people.proving import Prover
from bridge.replies.words import Languages

if TYPE_CHECKING:
    from collections.abc import Mapping

    from adapters.cli.stores import Stores
    from bridge.people.directory import Directory
    from bridge.people.lookups import Lookups
    from bridge.ports import Members, Rooms
    from bridge.settings import Settings


def make_desk(  # noqa: PLR0913
    stores: Stores,
    directory: Directory,
    lookups: Lookups,
    settings: Settings,
    *,
    members: Mapping[Platform, Members],
    rooms: Mapping[Platform, Rooms],
) -> Desk:
    """Make the desk.

    Args:
        stores: everything that is kept.
        directory: finds people.
        lookups: asks the portals about them.
        settings: what is allowed, and how much of it.
        members: what the platforms tell of people.
        rooms: what they tell of who is in their chats.
    """
    clock, served, accounts = stores.clock, lookups.served, Accounts(lookups)
    prover = Prover(served, stores.portals, accounts, stores.link_codes, clock)
    email_links = EmailLinks(accounts, stores.links) if settings.link_by_email else None
    handlers = make_handlers(directory, stores.groups) | make_link_handlers(
        directory, stores.people, stores.links, prover, email_links
    )
    handlers |= make_past_handlers(stores.past, stores.overview, served, clock, handlers)
    reception = Reception(
        stores.people,
        directory,
        Permissions(make_access(settings), stores.access, clock),
        Pace(stores.inbox, settings.commands_per_minute),
        clock=clock,
        members=members,
        rooms=rooms,
        email_links=email_links,
    )
    return Desk(
        inbox=stores.inbox,
        reception=reception,
        handlers=handlers,
        clock=clock,
        languages=Languages(settings.language),
    )


def make_access(settings: Settings) -> Access:
    """Make the rules of the settings about who may do what."""
    chats = {(Platform.TELEGRAM, str(chat)) for chat in settings.telegram_chats}
    teams = {(Platform.SLACK, team) for team in settings.slack_workspaces}
    return Access(
        workspaces=frozenset(chats | teams),
        administrators=frozenset(map(Identity.parse, settings.administrators)),
        trusts_workspace_administrators=settings.slack_admins,
        admits_guests=settings.slack_guests,
    )
