"""Only what a command needs is imported."""

from __future__ import annotations

import subprocess
import sys

import pytest

PROGRAM = """
import sys
from adapters.cli.start import main
try:
    main()
except SystemExit:
    pass
print("\\nimported:", " ".join(sys.modules), file=sys.stderr)
"""


def imported_by(*arguments: str) -> set[str]:
    result = subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments],
        input="**hi**",
        capture_output=True,
        text=True,
        check=True,
    )
    return set(result.stderr.rpartition("imported: ")[2].split())


@pytest.mark.parametrize("arguments", [("--help",), ("convert",), ("people", "--help")])
def test_help_and_convert_load_no_chat_no_database_and_no_network(arguments: tuple[str]) -> None:
    heavy = {"telegram", "slack_bolt", "sqlmodel", "sqlalchemy", "httpx", "aiohttp"}
    assert imported_by(*arguments) & heavy == set()


def test_the_demo_loads_neither_chat() -> None:
    imported = imported_by("demo", "--once", "/b24help")
    assert imported & {"telegram", "slack_bolt", "slack_sdk"} == set()
    assert "httpx" in imported
