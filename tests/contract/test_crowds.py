"""What is next is found among 100,000 that wait with no more work than among a few."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import pytest
from sqlalchemy import case, cast, event, insert, literal, select, text
from sqlmodel import Text

from bridge.commands.decided import Decided
from bridge.delivery.notification import Verdict
from bridge.delivery.state import State
from bridge.people.identity import BitrixUserId, Platform, PortalId, Recipient
from storage.answers import SqlAnswers
from storage.database import Database
from storage.deliveries import Filter, SqlDeliveries
from storage.inbox import SqlInbox
from storage.outbox import SqlOutbox
from storage.portals import SqlPortals
from storage.tables import Row
from tests.contract.stores import notify
from tests.fakes.clock import FakeClock
from tests.fakes.incoming import make_incoming

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

    from sqlalchemy import Connection, Insert
    from sqlmodel import Session

    from tests.postgres import TestServer

MANY: Final = 100_000
PORTALS: Final = 50
HISTORY: Final = 2_000
VM_STEPS: Final = 10
LOOK: Final = 1_000
"""What it takes to look at some of those that wait, which there may not be among a few."""
ROWS_READ: Final = """
SELECT sum(pg_stat_get_xact_tuples_returned(oid)) FROM pg_class
WHERE relkind IN ('r', 'i') AND relnamespace = 'public'::regnamespace
"""


class Work:
    """Counts what a database does in transactions: steps of SQLite, rows read by PostgreSQL."""

    def __init__(self, database: Database) -> None:
        self._count = 0
        engine = database.backend.engine
        if engine.dialect.name == "sqlite":
            event.listen(engine, "begin", self._watch)
        else:
            event.listen(engine, "begin", lambda connection: self._add(connection, -1))
            event.listen(engine, "commit", lambda connection: self._add(connection, 1))

    async def of(self, action: Callable[[], Awaitable[object]]) -> int:
        """Count what an action takes."""
        self._count = 0
        await action()
        return self._count

    def _watch(self, connection: Connection) -> None:
        raw: Any = connection.connection.dbapi_connection
        raw.set_progress_handler(self._step, VM_STEPS)

    def _step(self) -> None:
        self._count += 1

    def _add(self, connection: Connection, times: int) -> None:
        raw: Any = connection.connection.dbapi_connection
        self._count += times * int(raw.execute(ROWS_READ).fetchone()[0])


@dataclass
class Crowd:
    """A database in which so many wait, for so many people."""

    database: Database
    clock: FakeClock
    work: Work

    async def fill(self, count: int, people: int, *, later: int = 0) -> None:
        """Have deliveries and commands wait, of which some are due in an hour."""
        portals = SqlPortals(self.database)
        for number in range(PORTALS):
            await portals.ensure(f"{number}.example", f"{number}.example")
        for statement in _history(self.clock):
            await self._run(statement)
        if self.database.is_shared:
            # Nobody has looked at the tables since the crowd came.
            await self._run(text("ALTER TABLE outbox SET (autovacuum_enabled = off)"))
            await self._run(text("ALTER TABLE inbox SET (autovacuum_enabled = off)"))
        await self._run(_deliveries(self.clock, count, people, later))
        await self._run(_commands(self.clock, count, people))

    async def _run(self, statement: Any) -> None:
        def work(session: Session) -> None:
            session.connection().execute(statement)

        await self.database.write(work)

    async def measure(self) -> dict[str, int]:
        """Count the work of all that is done all the time."""
        outbox, inbox = SqlOutbox(self.database), SqlInbox(self.database)
        portals, deliveries = SqlPortals(self.database), SqlDeliveries(self.database)
        answers, now, first = SqlAnswers(self.database), self.clock.now(), PortalId(1)
        since = now - timedelta(seconds=3)
        verdicts = [
            Verdict(delivery_id=HISTORY + number, attempt=1, state=State.DELIVERED)
            for number in range(1, 31)
        ]
        queued = {first: [notify("hello", Recipient(BitrixUserId(MANY + 1), "Boris"))]}
        actions: dict[str, Callable[[], Awaitable[object]]] = {
            "look": lambda: outbox.look(first),
            "take": lambda: outbox.take_due(first, now, 20),
            "take the next": lambda: outbox.take_due(first, now, 20),
            "look while busy": lambda: outbox.look(first),
            "record": lambda: outbox.record(verdicts),
            "recover": lambda: outbox.recover(first),
            "close and queue for somebody else": lambda: inbox.close(
                HISTORY + 1, Decided(notifications=queued)
            ),
            "find portals with work": portals.list_due,
            "list portals": lambda: portals.list_known(is_counted=False),
            "list what to carry out": lambda: inbox.list_open(now, 16),
            "list what to tell": lambda: answers.list_untold(
                list(Platform), now, waiting_since=since, limit=16
            ),
            "list the latest": lambda: deliveries.list_latest(20),
            "list the dead": lambda: deliveries.list_latest(20, Filter(state=State.DEAD)),
        }
        return {name: await self.work.of(action) for name, action in actions.items()}


def _numbers(count: int) -> Any:
    numbers = select(literal(1).label("n")).cte("numbers", recursive=True)
    return numbers.union_all(select(numbers.c.n + 1).where(numbers.c.n < count))


def _insert(table: str, values: dict[str, Any], numbers: Any) -> Insert:
    columns = Row.metadata.tables[table].c
    typed = [
        value if hasattr(value, "label") else literal(value, columns[name].type)
        for name, value in values.items()
    ]
    return insert(Row.metadata.tables[table]).from_select(
        list(values), select(*typed).select_from(numbers)
    )


def _delivery(clock: FakeClock) -> dict[str, Any]:
    texts = dict.fromkeys(("recipient_name", "message", "message_out", "tag"), "Anna")
    empty = dict.fromkeys(("sub_tag", "attach", "code", "trace"), "")
    numbers = {"attempts": 0, "portal_notification_id": 0, "is_system": False}
    return texts | empty | numbers | {"is_possibly_doubled": False, "queued_at": clock.now()}


def _command(clock: FakeClock, numbers: Any, prefix: str) -> dict[str, Any]:
    empty = dict.fromkeys(("workspace", "language", "answer_id"), "")
    return empty | {
        "platform": Platform.TELEGRAM,
        "event_id": literal(prefix) + cast(numbers.c.n, Text),
        "incoming": make_incoming("hello"),
        "received_at": clock.now(),
        "attempts": 0,
        "answer_attempts": 0,
        "is_refused": False,
        "buttons": (),
    }


def _history(clock: FakeClock) -> Iterator[Any]:
    """Give what is over, and was known to the database before the crowd came."""
    numbers = _numbers(HISTORY)
    over = {"state": State.DELIVERED, "lane": 1, "finished_at": clock.now()}
    whose = {"portal_id": numbers.c.n % PORTALS + 1, "bitrix_user_id": numbers.c.n % 100}
    yield _insert("outbox", _delivery(clock) | over | whose, numbers)
    ended = {"closed_at": clock.now(), "told_at": clock.now(), "sender": "telegram:1"}
    yield _insert("inbox", _command(clock, numbers, "old ") | ended, numbers)


def _deliveries(clock: FakeClock, count: int, people: int, later: int) -> Insert:
    """Give a crowd, most of which waits for the first portal."""
    numbers = _numbers(count)
    n, due_type = numbers.c.n, Row.metadata.tables["outbox"].c.due_at.type
    soon = literal(clock.now() + timedelta(hours=1), due_type)
    waiting = {
        "state": State.QUEUED,
        "portal_id": case((n % 10 == 0, n / 10 % PORTALS + 1), else_=1),
        "bitrix_user_id": n * 7919 % people + 1,
        "lane": n * 31 % 3,
        "due_at": case((n <= later, soon), else_=literal(clock.now(), due_type)),
    }
    return _insert("outbox", _delivery(clock) | waiting, numbers)


def _commands(clock: FakeClock, count: int, people: int) -> Insert:
    numbers = _numbers(count)
    sender = literal("telegram:") + cast(numbers.c.n * 7919 % people, Text)
    return _insert("inbox", _command(clock, numbers, "new ") | {"sender": sender}, numbers)


@asynccontextmanager
async def crowd_on(url: str) -> AsyncIterator[Crowd]:
    clock = FakeClock()
    database = Database(url, now=clock.now, survives_power_cuts=False)
    await database.open()
    try:
        yield Crowd(database, clock, Work(database))
    finally:
        await database.close()


@pytest.fixture(params=["sqlite", "postgres"])
def make_url(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[], str]]:
    if request.param == "sqlite":
        yield lambda: f"sqlite:///{tmp_path_factory.mktemp('crowd') / 'bridge.db'}"
        return
    server: TestServer = request.getfixturevalue("postgres")
    with server.database() as first, server.database() as second:
        urls = iter((first, second))
        yield lambda: next(urls)


@pytest.mark.parametrize(
    ("few", "people", "due"),
    [(100, 5_000, MANY), (1_000, 20, MANY), (1_000, 5_000, 100)],
    ids=["many people", "few people", "most of them later"],
)
async def test_a_crowd_makes_no_more_work_than_a_few(
    make_url: Callable[[], str], few: int, people: int, due: int
) -> None:
    work = []
    for count in (few, MANY):
        async with crowd_on(make_url()) as crowd:
            await crowd.fill(count, people, later=max(count - due, 0))
            work.append(await crowd.measure())
    among_few, among_many = work
    more = {
        name: (among_few[name], steps)
        for name, steps in among_many.items()
        if steps > 2 * among_few[name] + LOOK
    }
    assert not more
