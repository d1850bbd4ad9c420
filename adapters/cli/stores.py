"""Opens the database: the only place that knows ``storage``."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from msgspec import Struct

from storage.access import Allowed, SqlAccess
from storage.answers import SqlAnswers
from storage.colleagues import SqlColleagues
from storage.credentials import SqlCredentials
from storage.database import Database
from storage.deliveries import DeliveryDetails, DeliveryRecord, Filter, SqlDeliveries
from storage.groups import SqlGroups
from storage.holds import SqlHolds
from storage.inbox import SqlInbox
from storage.link_codes import SqlLinkCodes
from storage.links import SqlLinks
from storage.outbox import SqlOutbox
from storage.overview import SqlOverview
from storage.past import SqlPast
from storage.people import KnownPerson, SqlPeople
from storage.portals import PortalRecord, SqlPortals
from storage.retention import SqlRetention
from storage.vault import Vault, make_key

__all__ = [
    "Allowed",
    "DeliveryDetails",
    "DeliveryRecord",
    "Filter",
    "KnownPerson",
    "PortalRecord",
    "Stores",
    "make_key",
    "open_stores",
]

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from adapters.workers.jobs import Jobs
    from bridge.clock import SteadyClock
    from bridge.settings import Settings
    from storage.claims import PostgresClaims
    from storage.news import PostgresNews


class Machines(Struct, frozen=True):
    """What bridges on several machines share their work by."""

    claims: PostgresClaims
    news: PostgresNews
    jobs: Jobs


class Stores(Struct, frozen=True):
    """Everything that is kept in one database.

    Attributes:
        clock: the time, the same for all who share it.
        machines: what it is shared by; None if one bridge alone works on it.
    """

    database: Database
    clock: SteadyClock
    inbox: SqlInbox
    answers: SqlAnswers
    outbox: SqlOutbox
    deliveries: SqlDeliveries
    past: SqlPast
    overview: SqlOverview
    people: SqlPeople
    colleagues: SqlColleagues
    groups: SqlGroups
    access: SqlAccess
    links: SqlLinks
    link_codes: SqlLinkCodes
    portals: SqlPortals
    holds: SqlHolds
    retention: SqlRetention
    credentials: SqlCredentials
    machines: Machines | None = None


@asynccontextmanager
async def open_stores(settings: Settings) -> AsyncIterator[Stores]:
    """Open the database, brought up to date.

    Raises:
        StorageError: it cannot be used.
    """
    is_durable = settings.sqlite_synchronous == "FULL"
    database = Database(settings.database_url, survives_power_cuts=is_durable)
    await database.open()
    machines = _find_machines(database)
    try:
        yield Stores(
            database,
            database.clock,
            SqlInbox(database, machines.jobs.announce if machines else None),
            SqlAnswers(database),
            SqlOutbox(database),
            SqlDeliveries(database),
            SqlPast(database),
            SqlOverview(database),
            SqlPeople(database),
            SqlColleagues(database),
            SqlGroups(database),
            SqlAccess(database),
            SqlLinks(database),
            SqlLinkCodes(database),
            SqlPortals(database),
            SqlHolds(database),
            SqlRetention(database),
            SqlCredentials(database, Vault(settings.secret_keys)),
            machines,
        )
    finally:
        await database.close()


def _find_machines(database: Database) -> Machines | None:
    if not database.is_shared:
        return None
    from adapters.workers.jobs import Jobs
    from storage.claims import PostgresClaims
    from storage.news import PostgresNews
    from storage.postgres import PostgresServer

    server = database.backend
    assert isinstance(server, PostgresServer)  # noqa: S101 - nothing else is shared
    jobs = Jobs(server.conninfo, SqlPortals(database).list_due)
    return Machines(PostgresClaims(server), PostgresNews(server), jobs)
