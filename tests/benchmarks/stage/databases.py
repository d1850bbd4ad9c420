"""Databases that keep what they have committed at a power cut, too."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from tests.postgres import TestServer, run_own_postgres

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    Databases = dict[str, Callable[[], AbstractContextManager[str]]]


@contextmanager
def running_databases() -> Iterator[Databases]:
    """Give, for each kind of database, what makes an empty one and removes it in the end."""
    with run_own_postgres() as server:
        yield {"SQLite": sqlite_file, "PostgreSQL": TestServer(server.url).empty_database}


@contextmanager
def sqlite_file() -> Iterator[str]:
    """Give the URL of a file that does not exist yet."""
    with TemporaryDirectory() as folder:
        yield f"sqlite:///{Path(folder)}/b24bridge.db"
