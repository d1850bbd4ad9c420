"""The tests' own fence holds."""

from __future__ import annotations

import socket

import pytest


def test_a_test_that_leaves_this_machine_fails() -> None:
    with socket.socket() as leaving, pytest.raises(Warning, match=r"192\.0\.2\.1"):
        leaving.connect(("192.0.2.1", 80))
