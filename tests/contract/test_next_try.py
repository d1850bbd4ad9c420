"""When something is tried next is told as quickly of one delivery among very many."""

from __future__ import annotations

from sqlalchemy import create_engine, text
from sqlalchemy.dialects import sqlite
from sqlmodel import select

from storage.next_try import due_ahead
from storage.tables import Row


def test_what_is_ahead_is_looked_up_by_recipient_and_not_among_all_that_wait() -> None:
    asked = select(due_ahead()).compile(
        dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True}
    )
    engine = create_engine("sqlite://")
    Row.metadata.create_all(engine)
    with engine.connect() as connection:
        plan = connection.execute(text(f"EXPLAIN QUERY PLAN {asked}")).all()
    engine.dispose()
    assert any("ix_outbox_recipient" in step.detail for step in plan), plan
