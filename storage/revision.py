"""Whether this version of b24bridge can work with the tables as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import inspect, select, text
from sqlmodel import col

from bridge.errors import Superseded
from storage.migrations import HEAD
from storage.tables import UpgradeRow

if TYPE_CHECKING:
    from sqlalchemy import Connection


def release() -> str:
    """Tell which version of b24bridge this is."""
    from importlib.metadata import version  # noqa: PLC0415 - it takes its time, and is seldom asked

    return version("b24bridge")


def read_revision(connection: Connection) -> str | None:
    """Read of which revision the tables are; None if there are none.

    They may be of a newer revision than ``HEAD``, if that leaves in place what this version needs.

    Raises:
        Superseded: they are of one that does not.
    """
    if not inspect(connection).has_table("alembic_version"):
        return None
    revision: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    if revision is not None and revision > HEAD:
        _check_usable(connection, revision)
    return revision


def _check_usable(connection: Connection, revision: str) -> None:
    query = select(col(UpgradeRow.usable_from), col(UpgradeRow.release)).where(
        col(UpgradeRow.revision) == revision
    )
    usable_from, upgraded_by = connection.execute(query).one_or_none() or (revision, "")
    if usable_from > HEAD:
        newer = f"b24bridge {upgraded_by} or newer" if upgraded_by else "a newer b24bridge"
        raise Superseded(
            f"this database was upgraded to revision {revision}, and b24bridge {release()} knows "
            f"revision {HEAD}: install {newer}"
        )
