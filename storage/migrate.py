"""Brings the tables up to date with Alembic; imported only when they are not."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlmodel import Session

from storage import migrations
from storage.migrations import HEAD
from storage.revision import read_revision, release
from storage.tables import UpgradeRow

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
        Superseded: a newer version of b24bridge has made of them what this one cannot work with.
    """
    revision = read_revision(connection)
    if revision is not None and revision >= HEAD:
        return  # somebody else was quicker
    config = configure(connection)
    command.upgrade(config, "head")
    newest = ScriptDirectory.from_config(config).get_revision("head")
    with Session(connection) as session:
        session.merge(
            UpgradeRow(
                revision=newest.revision,
                usable_from=newest.module.usable_from,
                release=release(),
            )
        )
        session.flush()
