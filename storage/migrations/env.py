"""Runs the migrations on the connection that ``storage.migrate`` hands over."""

from alembic import context

from storage.tables import Row

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Row.metadata,
    # SQLite cannot alter most of a column; Alembic then copies the table.
    render_as_batch=True,
)

with context.begin_transaction():
    context.run_migrations()
