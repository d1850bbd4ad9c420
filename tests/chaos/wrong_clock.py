"""Runs ``b24bridge`` on a machine whose clock is wrong, by as many seconds as a file says.

The program asks the machine for the time in one way alone (see ``tests/unit/test_clock.py``).
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Final

FILE: Final = "TEST_CLOCK"
"""Names the variable that names the file."""
COMMAND: Final = (sys.executable, "-m", "tests.chaos.wrong_clock")


class WrongClock:
    """The clock of a machine, to be set while a bridge runs there.

    Args:
        path: the file.
    """

    def __init__(self, path: Path, seconds: float = 0) -> None:
        self._path = path
        self.set(seconds)
        self.settings = {FILE: str(path), "PYTHONPATH": str(Path(__file__).parents[2])}

    def set(self, seconds: float) -> None:
        """Have it wrong by so much; below zero it is behind."""
        new = self._path.with_suffix(".new")
        new.write_text(str(seconds))
        new.rename(self._path)


def _put_wrong() -> None:
    path, right = Path(os.environ[FILE]), time.time
    time.time = lambda: right() + float(path.read_text())


if __name__ == "__main__":
    _put_wrong()
    from adapters.cli.start import main

    main()
