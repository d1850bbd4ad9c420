"""What is known of each portal."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, TypeVar

from msgspec import Struct
from sqlalchemy import bindparam, delete, func, literal_column, update
from sqlalchemy.orm import aliased
from sqlmodel import col, exists, or_, select

from bridge.credential import PortalKind
from bridge.delivery.lane import Lane
from bridge.delivery.notification import PortalStatus
from bridge.delivery.queue import Queue
from bridge.people.identity import PortalId
from storage.links import move_links
from storage.tables import DeliveryRow, GroupMemberRow, GroupRow, PortalRow
from storage.transactions import reads, writes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement
    from sqlmodel import Session
    from sqlmodel.sql.expression import SelectOfScalar

    from storage.database import Database


T = TypeVar("T")

_BEHIND_OTHERS: Final = timedelta(seconds=5)


# What each drain asks is made once.
_STATUS: Final = select(PortalRow.resume_at, PortalRow.hold_code, PortalRow.held_at).where(
    col(PortalRow.id) == bindparam("portal")
)


class PortalRecord(Struct, frozen=True, kw_only=True):
    """A portal as it is kept; never with its credential.

    Attributes:
        id: its row.
        key: names it for good: a host, or the ``member_id`` of a portal with our application.
        name: its host.
        is_default: whether an administrator has made it the default.
        connected_at: when its credential was given to us; None when there is none here.
        status: whether it takes notifications.
        queued: how many notifications wait for it.
        next_due_at: when the first of them may be tried; None if all are under way, or none is.
    """

    id: PortalId
    key: str
    name: str
    kind: PortalKind
    is_default: bool
    connected_at: datetime | None
    status: PortalStatus
    queued: int
    next_due_at: datetime | None


class SqlPortals:
    """``bridge.ports.Portals`` in the database, and what administrators do."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @writes
    def ensure(self, session: Session, key: str, name: str) -> PortalId:
        """Return the number of the portal that the settings name, new or known; note its name.

        Raises:
            StorageError: the database cannot be used.
        """
        new = self._database.insert(PortalRow).values(
            key=key, name=name, created_at=self._database.now()
        )
        # Several bridges may begin at the same moment.
        session.exec(new.on_conflict_do_nothing(index_elements=[col(PortalRow.key)]))
        row = session.exec(select(PortalRow).where(PortalRow.key == key)).one()
        row.name, row.kind = name, PortalKind.SETTINGS
        return PortalId(row.id)

    @reads
    def list_known(self, session: Session, *, is_counted: bool = True) -> Sequence[PortalRecord]:
        """List all portals in the order they became known.

        Without being counted, ``queued`` is at most 1, which is told at once, however much waits.
        """
        told = func.count() if is_counted else literal_column("1")
        queued = _first_waiting(select(told))
        query = select(PortalRow, queued, _first_due()).order_by(col(PortalRow.id))
        return [_record(*told) for told in session.exec(query)]

    @reads
    def list_queues(self, session: Session) -> Sequence[Queue]:
        """List how much waits, by portal and lane; what has nothing waiting is left out."""
        waiting = (
            select(
                col(DeliveryRow.portal_id).label("portal_id"),
                col(DeliveryRow.lane).label("lane"),
                func.count().label("depth"),
                func.min(col(DeliveryRow.id)).label("oldest"),
            )
            .where(col(DeliveryRow.finished_at).is_(None))
            .group_by(col(DeliveryRow.portal_id), col(DeliveryRow.lane))
            .subquery()
        )
        query = (
            select(PortalRow.name, waiting.c.lane, waiting.c.depth, DeliveryRow.queued_at)
            .join(waiting, waiting.c.portal_id == col(PortalRow.id))
            .join(DeliveryRow, col(DeliveryRow.id) == waiting.c.oldest)
            .order_by(col(PortalRow.id), waiting.c.lane)
        )
        return [
            Queue(portal=name, lane=Lane(lane), depth=depth, oldest_at=oldest_at)
            for name, lane, depth, oldest_at in session.exec(query)
        ]

    @writes
    def make_default(self, session: Session, portal: PortalId) -> None:
        """Make one the portal that is meant where nothing says which."""
        is_chosen = col(PortalRow.id) == portal
        session.exec(update(PortalRow).values(is_default=is_chosen))

    @writes
    def move(self, session: Session, portal: PortalId, to: PortalId, *, changed_by: str) -> int:
        """Have all that waits for a portal, its links and its groups belong to another one.

        What a hold had put off is due within seconds. What is under way stays where it goes, lest
        it be sent twice; returns how many notifications that are. A group stays, too, if the other
        portal has one of its name.

        Args:
            session: of the transaction.
            portal: the old one.
            to: the new one.
            changed_by: through whom it happens, for the history of links.
        """
        is_waiting = (
            col(DeliveryRow.portal_id) == portal,
            col(DeliveryRow.finished_at).is_(None),
        )
        is_under_way = col(DeliveryRow.due_at).is_(None)
        under_way = select(func.count()).where(*is_waiting, is_under_way)
        waiting = update(DeliveryRow).where(*is_waiting, ~is_under_way)
        _hasten(session, portal, self._database.now())
        session.exec(waiting.values(portal_id=to))
        move_links(session, portal, to, changed_by, self._database.now())
        _move_groups(session, portal, to)
        return session.exec(under_way).one()

    @reads
    def list_due(self, session: Session) -> Sequence[PortalId]:
        """List those that have something to be sent now, or that is being sent, and may be."""
        now = self._database.now()
        due_at = col(DeliveryRow.due_at)
        under_way = _first_waiting(select(DeliveryRow.id).where(due_at.is_(None)).order_by(due_at))
        has_work = or_(_first_due() <= now, under_way.is_not(None))
        resume_at = col(PortalRow.resume_at)
        query = select(PortalRow.id).where(has_work, or_(resume_at.is_(None), resume_at <= now))
        return [PortalId(portal) for portal in session.exec(query)]

    @reads
    def status(self, session: Session, portal: PortalId) -> PortalStatus:
        """Tell whether a portal takes notifications; one that is not known has no pause."""
        return read_status(session, portal)

    @writes
    def pause(
        self, session: Session, portal: PortalId, until: datetime, hold_code: str = ""
    ) -> None:
        """Send nothing before ``until``; with a ``hold_code`` the portal is on hold.

        Several requests may be under way and each may ask for a pause: the longest counts, and a
        hold lasts until ``release``. Of two holds the longer tells its code.
        """
        row = session.get(PortalRow, portal, with_for_update=True)
        if row is not None:
            if hold_code and not row.hold_code:
                row.held_at = self._database.now()
            if hold_code and not (row.hold_code and until < (row.resume_at or until)):
                row.hold_code = hold_code
            row.resume_at = max(until, row.resume_at or until)

    @writes
    def end_pause(self, session: Session, portal: PortalId) -> None:
        """End a pause whose time is over; one that lasts, or a hold, stays."""
        is_over = col(PortalRow.resume_at) <= self._database.now()
        pause = update(PortalRow).where(
            col(PortalRow.id) == portal, col(PortalRow.hold_code) == "", is_over
        )
        session.exec(pause.values(resume_at=None).execution_options(synchronize_session=False))

    @writes
    def release(self, session: Session, portal: PortalId) -> None:
        """End a pause or a hold."""
        row = session.get(PortalRow, portal, with_for_update=True)
        if row is not None:
            end_hold(session, row, self._database.now())

    @reads
    def read_level(self, session: Session, portal: PortalId) -> tuple[float, datetime] | None:
        """Tell how full the portal's bucket was, in requests, and when; None if not known."""
        row = session.get(PortalRow, portal)
        return (row.bucket_level, row.bucket_at) if row and row.bucket_at else None

    @writes
    def save_level(self, session: Session, portal: PortalId, level: float, at: datetime) -> None:
        """Remember how full the portal's bucket was at a time."""
        row = session.get(PortalRow, portal)
        if row is not None:
            row.bucket_level, row.bucket_at = level, at


def _move_groups(session: Session, portal: PortalId, to: PortalId) -> None:
    there = select(GroupRow.name_folded).where(col(GroupRow.portal_id) == to)
    groups = update(GroupRow).where(
        col(GroupRow.portal_id) == portal, col(GroupRow.name_folded).not_in(there)
    )
    namesake = aliased(GroupMemberRow)
    is_there = exists().where(
        col(namesake.group_id) == col(GroupMemberRow.group_id),
        col(namesake.bitrix_user_id) == col(GroupMemberRow.bitrix_user_id),
        col(namesake.portal_id) == to,
    )
    of_portal = col(GroupMemberRow.portal_id) == portal
    changes = (
        groups.values(portal_id=to),
        delete(GroupMemberRow).where(of_portal, is_there),
        update(GroupMemberRow).where(of_portal).values(portal_id=to),
    )
    for change in changes:
        session.exec(change.execution_options(synchronize_session=False))


def end_hold(session: Session, row: PortalRow, now: datetime) -> None:
    """End the hold or pause of a portal; what only waited for the end of a hold is due at once.

    Almost: what had been tried when the hold began goes behind the others, as it may be its fault.
    """
    if row.hold_code:
        _hasten(session, PortalId(row.id), now)
    row.resume_at, row.hold_code, row.held_at = None, "", None


def _hasten(session: Session, portal: PortalId, now: datetime) -> None:
    soon = now + _BEHIND_OTHERS
    late = update(DeliveryRow).where(
        col(DeliveryRow.portal_id) == portal,
        col(DeliveryRow.finished_at).is_(None),
        col(DeliveryRow.due_at) > soon,
    )
    session.exec(late.values(due_at=soon).execution_options(synchronize_session=False))


def read_status(session: Session, portal: PortalId) -> PortalStatus:
    """Tell whether a portal takes notifications; one that is not known has no pause."""
    found = session.execute(_STATUS, {"portal": portal}).one_or_none()
    return PortalStatus(*found) if found else PortalStatus()


def _waiting() -> tuple[ColumnElement[bool], ...]:
    """Tell what waits for a portal that is selected from."""
    return (
        col(DeliveryRow.portal_id) == col(PortalRow.id),
        col(DeliveryRow.finished_at).is_(None),
    )


def _first_due() -> ColumnElement[datetime | None]:
    """Tell when the first of what waits for a portal is due; NULL if nothing is queued."""
    due_at = col(DeliveryRow.due_at)
    return _first_waiting(select(due_at).where(due_at.is_(None).is_(False)).order_by(due_at))


def _first_waiting(query: SelectOfScalar[T]) -> ColumnElement[T]:
    """Tell something of what waits for a portal and comes first in a query."""
    return query.where(*_waiting()).limit(1).correlate(PortalRow).scalar_subquery()


def _status(row: PortalRow) -> PortalStatus:
    return PortalStatus(row.resume_at, row.hold_code, row.held_at)


def _record(row: PortalRow, queued: int | None, next_due_at: datetime | None) -> PortalRecord:
    return PortalRecord(
        id=PortalId(row.id),
        key=row.key,
        name=row.name,
        kind=row.kind,
        is_default=row.is_default,
        connected_at=row.connected_at,
        status=_status(row),
        queued=queued or 0,
        next_due_at=next_due_at,
    )
