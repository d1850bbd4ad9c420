"""The portal's limit on time, beside a model of how it counts."""

from __future__ import annotations

from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.bitrix24.answers import Times
from adapters.bitrix24.operating import Operating

ADD: Final = "im.notify.personal.add"


def said(used: float | None, reset_in: float | None = 300.0) -> Times:
    """The portal's clock is another one than ours."""
    at = 1760000000.0
    return Times(at, 0.1, used, None if reset_in is None else at + reset_in)


class PortalsCount:
    """Ten baskets of a minute each; a basket is forgotten ten minutes after its first call."""

    def __init__(self) -> None:
        self._baskets: list[tuple[float, float]] = []
        self.refused = 0

    def call(self, now: float, seconds: float) -> Times | None:
        self._baskets = [(at, sum_) for at, sum_ in self._baskets if at + 600 > now]
        if self.used > 480:
            self.refused += 1
            return None
        if self._baskets and now - self._baskets[-1][0] < 60:
            at, sum_ = self._baskets[-1]
            self._baskets[-1] = (at, sum_ + seconds)
        else:
            self._baskets.append((now, seconds))
        return Times(now, seconds, self.used, self._baskets[0][0] + 600)

    @property
    def used(self) -> float:
        return sum(sum_ for _, sum_ in self._baskets)


@given(
    costs=st.lists(st.floats(0.01, 12), min_size=1, max_size=10),
    pause=st.floats(0, 2),
)
def test_the_limit_is_hardly_ever_met_and_work_goes_on(costs: list[float], pause: float) -> None:
    operating, portal = Operating(), PortalsCount()
    now, passed = 0.0, 0
    for number in range(600):
        now += max(operating.wait_seconds((ADD,), now), pause)
        operating.leave((ADD,), now)
        cost = costs[number % len(costs)]
        times = portal.call(now, cost)
        now += cost
        if times is None:
            operating.exhaust(ADD, now)
        else:
            operating.note(ADD, times, now)
            passed += 1
    assert portal.refused <= 3
    assert passed >= 590


def test_with_little_used_nothing_waits() -> None:
    operating = Operating()
    operating.note(ADD, said(383.0), 0.0)
    operating.leave((ADD,), 0.0)
    assert operating.wait_seconds((ADD,), 0.0) == 0


def test_near_the_limit_what_is_left_is_spread_until_a_part_is_forgotten() -> None:
    operating = Operating()
    operating.note(ADD, said(424.0), 0.0)
    operating.note(ADD, said(430.0, 300.0), 10.0)
    operating.leave((ADD,), 10.0)
    # Fifty seconds are left and a request takes six: one in 36 seconds.
    assert operating.wait_seconds((ADD,), 10.0) == pytest.approx(36)
    assert operating.wait_seconds((ADD,), 46.0) == 0
    operating.leave((ADD,), 46.0)
    assert operating.wait_seconds((ADD,), 46.0) == pytest.approx(36)
    assert operating.wait_seconds((ADD,), 311.0) == 0


@pytest.mark.parametrize("used", [480.0, 520.0])
def test_at_the_limit_all_wait_until_a_part_is_forgotten(used: float) -> None:
    operating = Operating()
    operating.note(ADD, said(used, 240.0), 5.0)
    assert operating.wait_seconds((ADD,), 5.0) == 240
    assert operating.wait_seconds((ADD,), 245.0) == 0
    assert operating.exhaust(ADD, 5.0) == 240


def test_a_limit_that_was_met_without_warning_is_waited_out_as_far_as_it_is_known() -> None:
    operating = Operating()
    assert operating.exhaust(ADD, 0.0) is None
    operating.note(ADD, said(3.0, 100.0), 0.0)
    assert operating.exhaust(ADD, 40.0) == 60
    assert operating.wait_seconds((ADD,), 40.0) == 60
    assert operating.exhaust(ADD, 100.0) is None


def test_methods_do_not_wait_for_each_other_but_a_choice_waits_for_the_slowest() -> None:
    operating = Operating()
    operating.note("user.get", said(500.0, 60.0), 0.0)
    assert operating.wait_seconds((ADD,), 0.0) == 0
    assert operating.wait_seconds((ADD, "user.get"), 0.0) == 60


@pytest.mark.parametrize(
    "times", [Times(), said(None), said(500.0, None), Times(None, None, 500.0, 5.0)]
)
def test_a_portal_that_tells_nothing_is_not_waited_for(times: Times) -> None:
    operating = Operating()
    operating.note(ADD, times, 0.0)
    assert operating.wait_seconds((ADD,), 0.0) == 0


@pytest.mark.parametrize(("reset_in", "waits"), [(-5.0, 0.0), (86_400.0, 600.0)])
def test_no_wait_is_longer_than_the_window(reset_in: float, waits: float) -> None:
    operating = Operating()
    operating.note(ADD, said(500.0, reset_in), 0.0)
    assert operating.wait_seconds((ADD,), 0.0) == waits


def test_the_limit_can_be_another_one() -> None:
    operating = Operating(420.0)
    operating.note(ADD, said(425.0, 60.0), 0.0)
    assert operating.wait_seconds((ADD,), 0.0) == 60
