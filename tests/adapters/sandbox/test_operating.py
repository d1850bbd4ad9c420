from __future__ import annotations

from datetime import UTC, datetime, timedelta

from adapters.sandbox.operating import Operating, OperatingTime

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def test_the_time_of_each_method_adds_up_for_ten_minutes() -> None:
    operating = OperatingTime()
    noon = int(NOON.timestamp())
    later = NOON + 599 * SECOND
    assert operating.add("scope", NOON, NOON + SECOND) == Operating(1, noon + 600)
    assert operating.add("profile", NOON, NOON + 3 * SECOND) == Operating(3, noon + 600)
    assert operating.add("scope", later, later + 2 * SECOND) == Operating(3, noon + 600)


def test_after_ten_minutes_it_begins_anew() -> None:
    operating = OperatingTime()
    operating.add("scope", NOON, NOON + SECOND)
    later = NOON + 600 * SECOND
    reset_at = int(later.timestamp()) + 600
    assert operating.add("scope", later, later + 2 * SECOND) == Operating(2, reset_at)


def test_a_method_that_took_too_long_is_held_until_its_window_ends() -> None:
    operating = OperatingTime(limit_seconds=2)
    assert operating.admits("scope", NOON)
    operating.add("scope", NOON, NOON + 2 * SECOND)
    assert not operating.admits("scope", NOON + 599 * SECOND)
    assert operating.admits("profile", NOON)
    assert operating.admits("scope", NOON + 600 * SECOND)
