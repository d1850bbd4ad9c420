"""What several machines need, on PostgreSQL alone: jobs, news, and numbers that do not run out."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

# Procrastinate 3.10's own, as its schema_manager applies it.
_JOBS = Path(__file__).parents[1] / "procrastinate.sql"
_NO_JOBS = """
DROP TABLE procrastinate_events, procrastinate_periodic_defers, procrastinate_jobs,
    procrastinate_workers CASCADE;
DO $$ DECLARE name text; BEGIN
    FOR name IN SELECT oid::regprocedure FROM pg_proc
        WHERE proname LIKE 'procrastinate\\_%' AND pronamespace = current_schema()::regnamespace
    LOOP EXECUTE 'DROP FUNCTION ' || name || ' CASCADE'; END LOOP;
END $$;
DROP TYPE procrastinate_job_to_defer_v1, procrastinate_job_event_type, procrastinate_job_status;
"""
# What is told is heard when the transaction is committed, the same thing once.
_NEWS = """
CREATE FUNCTION b24bridge_tell() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('b24bridge', TG_ARGV[0]);
    RETURN NULL;
END $$;
CREATE FUNCTION b24bridge_tell_portal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('b24bridge', 'portal ' || NEW.portal_id);
    RETURN NULL;
END $$;
CREATE TRIGGER b24bridge_inbox_came AFTER INSERT ON inbox
    FOR EACH STATEMENT EXECUTE FUNCTION b24bridge_tell('inbox');
CREATE TRIGGER b24bridge_answer_due AFTER UPDATE OF answer_due_at ON inbox
    FOR EACH ROW WHEN (NEW.answer_due_at IS NOT NULL
        AND NEW.answer_due_at IS DISTINCT FROM OLD.answer_due_at)
    EXECUTE FUNCTION b24bridge_tell('answers');
CREATE TRIGGER b24bridge_outbox_queued AFTER INSERT ON outbox
    FOR EACH ROW EXECUTE FUNCTION b24bridge_tell_portal();
"""
_NO_NEWS = """
DROP TRIGGER b24bridge_outbox_queued ON outbox;
DROP TRIGGER b24bridge_answer_due ON inbox;
DROP TRIGGER b24bridge_inbox_came ON inbox;
DROP FUNCTION b24bridge_tell_portal();
DROP FUNCTION b24bridge_tell();
"""
_NUMBERED = ("inbox", "outbox", "delivery_events")
_NUMBERS = (
    *((table, "id") for table in _NUMBERED),
    ("outbox", "inbox_id"),
    ("delivery_events", "delivery_id"),
)


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        _execute(_count("bigint"))
        _execute(_JOBS.read_text(encoding="utf-8"))
        _execute(_NEWS)


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        _execute(_NO_NEWS)
        _execute(_NO_JOBS)
        _execute(_count("integer"))


def _count(number: str) -> str:
    columns = (f"ALTER TABLE {table} ALTER {name} TYPE {number};" for table, name in _NUMBERS)
    sequences = (f"ALTER SEQUENCE {table}_id_seq AS {number};" for table in _NUMBERED)
    return "\n".join((*columns, *sequences))


def _execute(statements: str) -> None:
    # The driver takes several statements at once only when nothing is to be filled in.
    op.get_bind().connection.cursor().execute(statements)
