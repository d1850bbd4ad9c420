"""The servers that tests start end with them."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Literal

import psycopg
import pytest

from tests.postgres import run_own_postgres

_START = """
import time
from tests.postgres import run_own_postgres
with run_own_postgres() as server:
    print(server.url, flush=True)
    time.sleep(60)
"""


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_a_server_ends_with_the_test_process_however_that_ends(how: signal.Signals) -> None:
    with subprocess.Popen([sys.executable, "-c", _START], stdout=subprocess.PIPE) as process:
        assert process.stdout
        folder = Path(process.stdout.readline().decode().partition("host=")[2].strip()).parent
        assert folder.name.startswith("b24bridge-postgres-")
        process.send_signal(how)
    while folder.exists():
        time.sleep(0.05)


@pytest.mark.parametrize("how", ["fast", "immediate"])
def test_a_server_that_was_stopped_goes_on_where_it_was(how: Literal["fast", "immediate"]) -> None:
    with run_own_postgres() as server:
        address = server.url.replace("+psycopg", "")
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 1")
        server.stop(how)
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(address)
        server.start()
        with psycopg.connect(address) as connection:
            assert connection.execute("TABLE kept").fetchall() == [(1,)]
