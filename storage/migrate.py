"""Brings the tables up to date with Alembic; imported only when they are not."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from bridge.errors import StorageError
from storage import migrations

if TYPE_CHECKING:
    from sqlalchemy import Connection


def configure(connection: Connection) -> Config:
    """Return Alembic's configuration for working on a connection, within its transaction."""
    config = Config()
    folder = str(Path(migrations.__file__).parent)
    config.set_main_option("script_location", folder.replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def upgrade(connection: Connection) -> None:
    """Bring the tables to the newest revision, within the connection's transaction.

    Raises:
        StorageError: a newer version of b24bridge has worked on this database.
    """
    config = configure(connection)
    scripts = ScriptDirectory.from_config(config)
    known = {script.revision for script in scripts.walk_revisions()}
    current = MigrationContext.configure(connection).get_current_revision()
    if current is not None and current not in known:
        raise StorageError(
            f"the database is of revision {current}, this version of b24bridge knows "
            f"revisions up to {scripts.get_current_head()}: install the version that made it"
        )
    command.upgrade(config, "head")
