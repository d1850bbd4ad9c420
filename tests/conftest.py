"""What holds for every test."""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings
from pytest_socket import socket_allow_hosts

from tests.postgres import TestServer, run_postgres

if TYPE_CHECKING:
    from collections.abc import Iterator

settings.register_profile(
    "steady",
    deadline=None,  # a loaded machine is no failure
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
        HealthCheck.function_scoped_fixture,
    ],
)
settings.load_profile("steady")

LOOPBACK = ["127.0.0.1", "::1", "localhost"]


@pytest.fixture(autouse=True)
def _stay_on_loopback() -> None:
    """Fail a test that leaves this machine."""
    socket_allow_hosts(LOOPBACK, allow_unix_socket=True)


@pytest.fixture(autouse=True)
def _forget_surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no setting of the machine reach a test."""
    for name in list(os.environ):
        if (
            name.startswith("B24BRIDGE_") and not name.startswith("B24BRIDGE_TEST_")
        ) or name.lower() in {"http_proxy", "https_proxy", "all_proxy"}:
            monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def _forget_log_masks() -> Iterator[None]:
    """Give every test the logging it began with."""
    factory = logging.getLogRecordFactory()
    yield
    logging.setLogRecordFactory(factory)


@pytest.fixture(scope="session")
def postgres() -> Iterator[TestServer]:
    """Run a PostgreSQL for all tests of this process."""
    with run_postgres() as server:
        yield server
