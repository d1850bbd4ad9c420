"""The servers that tests start end with them."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

_START = """
import time
from tests.postgres import run_own_postgres
with run_own_postgres() as server:
    print(server.url, flush=True)
    time.sleep(60)
"""


def test_a_server_ends_with_the_test_process_however_that_ends() -> None:
    with subprocess.Popen([sys.executable, "-c", _START], stdout=subprocess.PIPE) as process:
        assert process.stdout
        folder = Path(process.stdout.readline().decode().partition("host=")[2].strip()).parent
        assert folder.name.startswith("b24bridge-postgres-")
        process.kill()
    while folder.exists():
        time.sleep(0.05)
