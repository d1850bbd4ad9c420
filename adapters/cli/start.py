"""Where the command begins: imports at the moment they are needed, as quickly as can be.

What is imported stays for good, and looking for garbage among it takes a fifth of the time that the
libraries need. So nothing is looked for until a command has imported what it works with.
"""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


def main() -> None:
    """Run the command ``b24bridge``."""
    gc.disable()
    from adapters.cli.main import app

    app()


@contextmanager
def quick_imports() -> Iterator[None]:
    """Import within this, and have garbage looked for from then on."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
