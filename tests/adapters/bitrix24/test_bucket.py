"""The mirrored bucket, beside a model of the portal's."""

from __future__ import annotations

import heapq
import math
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.bitrix24.bucket import Bucket, Limit, Place

if TYPE_CHECKING:
    from collections.abc import Callable

STANDARD = Limit(50, 2)


class PortalsBucket:
    """As the documentation has it; a refused request counts, too."""

    def __init__(self, limit: Limit, level: float = 0.0) -> None:
        self.limit = limit
        self.level = level
        self.at = 0.0
        self.refused = 0

    def take(self, now: float) -> bool:
        self.level = max(self.level - (now - self.at) * self.limit.per_second, 0.0) + 1
        self.at = now
        is_refused = self.level > self.limit.capacity + 1e-9
        self.refused += is_refused
        return not is_refused


class SteppingBucket(PortalsBucket):
    """As the documentation may be read, too: its level falls once in each second."""

    def __init__(self, limit: Limit, first_step_at: float) -> None:
        super().__init__(limit)
        self._first_step_at = first_step_at

    def take(self, now: float) -> bool:
        steps = math.floor(now - self._first_step_at) - math.floor(self.at - self._first_step_at)
        self.level = max(self.level - steps * self.limit.per_second, 0.0) + 1
        self.at = now
        is_refused = self.level > self.limit.capacity + 1e-9
        self.refused += is_refused
        return not is_refused


class Line:
    """Sends through a mirrored bucket; requests arrive and come back when ``latency`` says."""

    def __init__(
        self,
        limit: Limit,
        latency: Callable[[], tuple[float, float]],
        at_once: int = 4,
        clock_rate: float = 1.0,
    ) -> None:
        self.portal = PortalsBucket(limit)
        self.bucket = Bucket(limit, 0.0)
        self.now = 0.0
        self.passed = 0
        self._latency = latency
        self._at_once = at_once
        self._rate = clock_rate
        self._under_way = 0
        self._events: list[tuple[float, int, Place, bool, bool]] = []
        self._number = 0

    def send(self, count: int) -> None:
        """Send so many, each as soon as it may leave."""
        for _ in range(count):
            while self._under_way >= self._at_once:
                self._play_next()
            while seconds := self.bucket.wait_seconds(self.ours):
                self.wait(seconds / self._rate)
            self._leave(self.bucket.take(self.ours))

    def wait(self, seconds: float) -> None:
        until = self.now + seconds
        while self._events and self._events[0][0] <= until:
            self._play_next()
        self.now = until

    def finish(self) -> None:
        while self._events:
            self._play_next()

    @property
    def ours(self) -> float:
        """The time by our own clock."""
        return self.now * self._rate

    def _leave(self, place: Place) -> None:
        there, back = self._latency()
        self._put(self.now + there, place, is_answer=False, is_refused=False)
        self._back = back
        self._under_way += 1

    def _put(self, at: float, place: Place, *, is_answer: bool, is_refused: bool) -> None:
        self._number += 1
        heapq.heappush(self._events, (at, self._number, place, is_answer, is_refused))

    def _play_next(self) -> None:
        at, _, place, is_answer, is_refused = heapq.heappop(self._events)
        self.now = max(self.now, at)
        if not is_answer:
            is_refused = not self.portal.take(self.now)
            self._put(self.now + self._latency()[1], place, is_answer=True, is_refused=is_refused)
            return
        self._under_way -= 1
        self.passed += not is_refused
        self.bucket.settle(place, self.ours, self.ours)
        if is_refused:
            self.bucket.slow_down(place, self.ours)
        else:
            self.bucket.recover(place)


LATENCIES = st.tuples(st.floats(0, 3), st.floats(0, 3))
LIMITS = st.sampled_from([Limit(50, 2), Limit(250, 5), Limit(5, 1), Limit(1, 0.5), Limit(3, 20)])


@given(
    limit=LIMITS,
    pattern=st.lists(st.tuples(st.floats(0, 60), st.integers(0, 80)), max_size=8),
    latencies=st.lists(LATENCIES, min_size=1, max_size=20),
    at_once=st.integers(1, 6),
    clock_rate=st.floats(0.9992, 1.0008),
)
def test_no_pattern_of_arrivals_meets_a_refusal(
    limit: Limit,
    pattern: list[tuple[float, int]],
    latencies: list[tuple[float, float]],
    at_once: int,
    clock_rate: float,
) -> None:
    turn = iter(latencies * 2000)
    line = Line(limit, lambda: next(turn), at_once, clock_rate)
    for pause, count in pattern:
        line.wait(pause)
        line.send(count)
    line.finish()
    assert line.portal.refused == 0


@given(
    limit=st.sampled_from([STANDARD, Limit(250, 5), Limit(5, 1), Limit(4, 0.5), Limit(8, 2.5)]),
    pattern=st.lists(st.tuples(st.floats(0, 60), st.integers(0, 80)), max_size=8),
    latencies=st.lists(LATENCIES, min_size=1, max_size=20),
    first_step_at=st.floats(0, 1),
    clock_rate=st.floats(0.9992, 1.0008),
)
def test_a_portal_whose_level_falls_once_a_second_refuses_nothing_either(
    limit: Limit,
    pattern: list[tuple[float, int]],
    latencies: list[tuple[float, float]],
    first_step_at: float,
    clock_rate: float,
) -> None:
    turn = iter(latencies * 2000)
    line = Line(limit, lambda: next(turn), clock_rate=clock_rate)
    line.portal = SteppingBucket(limit, first_step_at)
    for pause, count in pattern:
        line.wait(pause)
        line.send(count)
    line.finish()
    assert line.portal.refused == 0


@given(
    latencies=st.lists(st.tuples(st.floats(0.001, 0.2), st.floats(0.001, 0.2)), min_size=1),
    limit=st.sampled_from([Limit(50, 2), Limit(250, 5), Limit(40, 1)]),
)
def test_saturated_it_is_within_two_percent_of_the_bound(
    latencies: list[tuple[float, float]], limit: Limit
) -> None:
    turn = iter(latencies * 4000)
    line = Line(limit, lambda: next(turn), at_once=20)
    count = int(limit.capacity * 4)
    line.send(count)
    bound = (count - limit.capacity) / limit.per_second
    assert line.now <= 1.02 * bound + max(map(sum, latencies))
    assert line.portal.refused == 0


def test_a_slow_portal_counts_from_the_arrival_that_it_tells() -> None:
    told, untold = Bucket(STANDARD, 0.0), Bucket(STANDARD, 0.0)
    for bucket, arrived_by in ((told, 0.1), (untold, 1.0)):
        first, second = bucket.take(0.0), bucket.take(0.0)
        bucket.settle(first, 1.0, arrived_by)
        bucket.settle(second, 1.0, arrived_by)
    assert told.level(1.0) == pytest.approx(2 - 0.9 * told.per_second)
    assert untold.level(1.0) == 2


def test_a_place_that_is_given_back_costs_nothing() -> None:
    bucket = Bucket(Limit(1, 1), 0.0)
    place = bucket.take(0.0)
    assert bucket.wait_seconds(0.0) > 0
    bucket.give_back(place)
    assert bucket.wait_seconds(0.0) == 0


def test_an_arrival_before_the_departure_or_behind_the_answer_is_not_believed() -> None:
    bucket = Bucket(STANDARD, 0.0)
    bucket.settle(bucket.take(10.0), 11.0, 0.0)
    assert bucket.level(10.4) == pytest.approx(1 - 0.4 * bucket.per_second)
    bucket.settle(bucket.take(20.0), 21.0, 99.0)
    assert bucket.level(21.0) == 1


def test_what_was_full_when_the_last_process_ended_is_full_and_leaks() -> None:
    bucket = Bucket(STANDARD, 0.0, 60.0)
    assert bucket.wait_seconds(0.0) == pytest.approx(12 / bucket.per_second, abs=0.01)
    assert bucket.wait_seconds(6.1) == 0


def test_a_refusal_halves_what_it_allows_itself_and_takes_the_bucket_for_full() -> None:
    bucket = Bucket(STANDARD, 0.0)
    before = bucket.per_second
    places = [bucket.take(0.0) for _ in range(3)]
    bucket.settle(places[0], 1.0, 1.0)
    bucket.slow_down(places[0], 1.0)
    assert bucket.capacity == 24.5
    assert bucket.level(1.0) == 24.5 + 2
    assert bucket.fill(1.0) == 49 + 2
    for place in places[1:]:
        bucket.settle(place, 1.0, 1.0)
        bucket.slow_down(place, 1.0)
    assert bucket.per_second == before / 2
    assert bucket.level(1.0) == 24.5 + 2


def test_each_request_that_passes_gives_a_little_back_but_not_the_last_of_it() -> None:
    bucket = Bucket(STANDARD, 0.0)
    full = bucket.per_second
    bucket.slow_down(bucket.take(1.0), 1.0)
    bucket.recover(Place(0.5))
    assert bucket.per_second == full / 2
    for number in range(60):
        bucket.recover(Place(2.0 + number))
    assert bucket.per_second == full
    assert bucket.capacity == 49


def test_it_never_stops_trying_however_often_it_is_refused() -> None:
    bucket = Bucket(STANDARD, 0.0)
    for second in range(1, 50):
        bucket.slow_down(Place(float(second)), float(second))
    assert bucket.per_second == pytest.approx(2 * 0.999 / 16)
    assert 0 < bucket.wait_seconds(50.0) < 10


@given(others=st.floats(0.1, 1.5), latency=st.floats(0.01, 0.5))
def test_beside_others_few_are_refused_and_the_rest_goes_on(others: float, latency: float) -> None:
    line = Line(STANDARD, lambda: (latency, latency))
    line.portal.limit = Limit(50, 2 - others)
    for _ in range(300):
        refused = line.portal.refused
        line.send(1)
        if line.portal.refused > refused:
            line.wait(5)  # as the error asks for
    line.finish()
    assert line.portal.refused <= 30
    assert line.now <= 1.5 * 300 / (2 - others) + 60


@pytest.mark.parametrize(
    ("written", "limit"),
    [
        ("standard", Limit(50, 2)),
        ("enterprise", Limit(250, 5)),
        ("10/0.5", Limit(10, 0.5)),
        ("1/1", Limit(1, 1)),
    ],
)
def test_a_limit_is_a_word_or_two_numbers(written: str, limit: Limit) -> None:
    assert Limit.parse(written) == limit


@pytest.mark.parametrize("written", ["", "Standard", "50", "50/0", "0.5/2", "0/2", "-50/2", "a/b"])
def test_what_is_no_limit_is_said_to_be_none(written: str) -> None:
    with pytest.raises(ValueError, match="like 50/2"):
        Limit.parse(written)
