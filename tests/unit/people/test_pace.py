"""Nobody gives more commands a minute than the limit, and is told exactly when again."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.people.pace import wait_seconds
from tests.fakes.clock import START


def wait(*seconds: float, limit: int = 3) -> int:
    """Tell how long to wait after commands at these seconds, in order."""
    times = [START + timedelta(seconds=second) for second in seconds]
    return wait_seconds(times[::-1], limit)


@pytest.mark.parametrize(
    ("seconds", "waited"),
    [
        ((), 0),
        ((0, 0, 0), 0),
        ((0, 10, 20, 60), 0),
        ((0, 10, 20, 59), 11),
        ((0, 10, 20, 30), 40),
        ((0, 10, 20, 59.5), 11),
        ((0, 0, 0, 0), 60),
        ((0, 0, 0, 0, 30, 30), 30),
        ((0, 0, 0, 0, 30, 30, 30), 60),
    ],
)
def test_a_fourth_command_within_a_minute_waits(seconds: tuple[float, ...], waited: int) -> None:
    assert wait(*seconds) == waited


@given(st.lists(st.integers(0, 200), min_size=1, max_size=30).map(sorted), st.integers(1, 5))
def test_who_waits_as_long_as_told_may_give_a_command(seconds: list[int], limit: int) -> None:
    if told := wait(*seconds, limit=limit):
        assert wait(*seconds, seconds[-1] + told, limit=limit) == 0
        assert wait(*seconds, seconds[-1] + told - 1, limit=limit)
