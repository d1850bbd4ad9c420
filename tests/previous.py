"""The code as it was before the newest migration, to be run beside that of today."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from alembic.script import ScriptDirectory

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sqlalchemy import Inspector

ROOT: Final = Path(__file__).parents[1]
_MIGRATIONS: Final = ROOT / "storage" / "migrations"
_PACKAGES: Final = ("bridge", "adapters", "storage")
_WANTED: Final = (
    "this test runs the code from before the newest migration, and takes it from the history of "
    "this repository: clone all of it with git (not with --depth), and run the tests in the clone"
)


@dataclass(frozen=True)
class PreviousCode:
    """The code of the commit before the newest migration, which works with what came before it.

    Attributes:
        environment: with it Python, and ``b24bridge`` as well, run that code instead of today's.
        head: the newest revision that it knows.
    """

    environment: dict[str, str]
    head: str

    def tell(self, expression: str) -> str:
        """Give what Python prints of an expression about ``storage``."""
        program = f"import json, storage.migrations, storage.tables; print({expression})"
        return subprocess.check_output(
            [sys.executable, "-c", program],
            text=True,
            cwd="/",
            env=os.environ | self.environment,
        ).strip()


def find_breaks(known: Mapping[str, Mapping[str, bool]], tables: Inspector) -> Iterator[str]:
    """Tell what code would miss, or stumble over, that knows these columns of these tables.

    Args:
        known: by its name, whether a column may be NULL.
        tables: as they are now.
    """
    for table, columns in known.items():
        if not tables.has_table(table):
            yield f"{table} is gone"
            continue
        there = {column["name"]: column for column in tables.get_columns(table)}
        for name, may_be_null in columns.items():
            if name not in there:
                yield f"{table}.{name} is gone"
            elif there[name]["nullable"] != may_be_null:
                yield f"{table}.{name} {'must not' if may_be_null else 'may'} be NULL now"
        for name in there.keys() - columns.keys():
            if not there[name]["nullable"] and there[name]["default"] is None:
                yield f"{table}.{name} has no value in what older code writes"


def take_previous_code(folder: Path) -> PreviousCode:
    """Copy it into a folder that is empty."""
    newest = ScriptDirectory(str(_MIGRATIONS)).get_revision("head")
    file = str(Path(newest.path).relative_to(ROOT))
    assert _git("rev-parse", "--is-shallow-repository") == b"false\n", _WANTED
    added = _git("log", "--diff-filter=A", "--format=%H", "--", file).decode().split()
    archive = _git("archive", f"{added[0]}^" if added else "HEAD", *_PACKAGES)
    with tarfile.open(fileobj=io.BytesIO(archive)) as packed:
        packed.extractall(folder, filter="data")
    code = PreviousCode({"PYTHONPATH": str(folder)}, str(newest.down_revision))
    # In the same environment, where today's code is installed: what is older must win.
    assert code.tell("storage.__file__") == str(folder / "storage" / "__init__.py")
    assert code.tell("storage.migrations.HEAD") == code.head
    return code


def _git(*arguments: str) -> bytes:
    try:
        return subprocess.check_output(["git", *arguments], cwd=ROOT, stderr=subprocess.PIPE)
    except FileNotFoundError as error:
        raise AssertionError(f"there is no git: {_WANTED}") from error
    except subprocess.CalledProcessError as error:
        raise AssertionError(f"{error.stderr.decode().strip()}: {_WANTED}") from error
