"""Threads that run transactions, and have those that wait at the same time share a commit.

A commit that survives a power cut takes some milliseconds, however much is in it. Where one
transaction writes at a time anyway, those that wait meanwhile go together next, one after the other
in one commit. Nobody hears of success before it. If one of them fails, all is undone and each is
run anew, alone: none suffers from another's fault.
"""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from sqlmodel import Session

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sqlalchemy import Connection, Engine

T = TypeVar("T")


class Stopped(Exception):
    """No more transactions are run."""


@dataclass
class _Waiting(Generic[T]):
    work: Callable[[Session], T]
    outcome: Future[T]


class TransactionThreads:
    """Runs transactions.

    Args:
        engine: begins them.
        count: how many run at once.
        together: how many may share a commit.
    """

    def __init__(self, engine: Engine, count: int, *, together: int = 1) -> None:
        self._engine = engine
        self._threads = ThreadPoolExecutor(count, "b24bridge-database")
        self._together = together
        self._waiting: deque[_Waiting[Any]] = deque()

    def submit(self, work: Callable[[Session], T]) -> Future[T]:
        """Have a transaction run: what ``work`` does is committed when it returns, if it does.

        Args:
            work: is run once more if it shared a commit with another that failed.

        One that is still waiting when they are stopped ends with ``Stopped``.

        Raises:
            Stopped: they have been.
        """
        waiting = _Waiting(work, Future[T]())
        self._waiting.append(waiting)
        try:
            self._threads.submit(self._run_waiting)
        except RuntimeError:
            raise Stopped from None
        return waiting.outcome

    def stop(self) -> None:
        """Finish what has begun, and run nothing more."""
        self._threads.shutdown(cancel_futures=True)
        for waiting in self._take():
            waiting.outcome.set_exception(Stopped())

    def _run_waiting(self) -> None:
        group = list(islice(self._take(), self._together))
        if len(group) > 1:
            self._run_together(group)
        for waiting in group:
            if not waiting.outcome.done():
                self._run_alone(waiting)

    def _take(self) -> Iterator[_Waiting[Any]]:
        """Take what waits, and was not cancelled meanwhile."""
        with suppress(IndexError):  # to look before would be no use: other threads take, too
            while True:
                waiting = self._waiting.popleft()
                if waiting.outcome.set_running_or_notify_cancel():
                    yield waiting

    def _run_together(self, group: Sequence[_Waiting[Any]]) -> None:
        has_begun = False
        try:
            with self._engine.begin() as connection:
                has_begun = True
                results = [_work(connection, waiting.work) for waiting in group]
        except Exception as error:  # noqa: BLE001 - raised where it is waited for
            # Whoever could not begin need not wait for the writer of another process once more.
            for waiting in () if has_begun else group:
                waiting.outcome.set_exception(error)
            return
        for waiting, result in zip(group, results, strict=True):
            waiting.outcome.set_result(result)

    def _run_alone(self, waiting: _Waiting[Any]) -> None:
        try:
            with self._engine.begin() as connection:
                result = _work(connection, waiting.work)
        except BaseException as error:  # noqa: BLE001 - raised where it is waited for
            waiting.outcome.set_exception(error)
        else:
            waiting.outcome.set_result(result)


def _work(connection: Connection, work: Callable[[Session], T]) -> T:
    # Its commit writes down what is pending, and leaves the transaction to the connection.
    with Session(
        connection, expire_on_commit=False, join_transaction_mode="rollback_only"
    ) as session:
        result = work(session)
        session.commit()
    return result
