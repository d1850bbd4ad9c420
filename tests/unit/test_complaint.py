"""What goes wrong for hours is told now and then."""

from __future__ import annotations

import logging
from itertools import chain
from typing import TYPE_CHECKING

from bridge.complaint import Complaint

if TYPE_CHECKING:
    import pytest


def test_the_same_is_said_once_a_minute_and_something_else_at_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    times = iter(chain([0.0, 1.0, 2.0, 59.0, 60.5, 61.5], [200.0]))
    complaint = Complaint(logging.getLogger("bridge.test"), lambda: next(times))
    for what in (
        "the disk",
        "the disk",
        "the network",
        "the disk",
        "the disk",
        "the disk",
        "the disk",
    ):
        complaint.say("%s is 100%% full", what)
    assert [record.getMessage() for record in caplog.records] == [
        "the disk is 100% full",
        "the network is 100% full",
        "the disk is 100% full",
        "the disk is 100% full",
    ]
