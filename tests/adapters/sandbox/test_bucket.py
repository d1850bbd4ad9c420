from __future__ import annotations

from adapters.sandbox.bucket import LeakyBucket


class Seconds:
    """A clock that stands still until it is told to go on."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def admitted(bucket: LeakyBucket, requests: int, address: str = "127.0.0.1") -> int:
    return sum(bucket.admit(address) for _ in range(requests))


def test_fifty_requests_pass_at_once_and_then_two_a_second() -> None:
    clock = Seconds()
    bucket = LeakyBucket(monotonic=clock, counts_refused=False)
    assert admitted(bucket, 60) == 50
    assert bucket.refused == 10
    clock.now = 1
    assert admitted(bucket, 10) == 2
    clock.now = 1.5
    assert admitted(bucket, 10) == 1


def test_a_refused_request_counts_too() -> None:
    clock = Seconds()
    bucket = LeakyBucket(capacity=2, monotonic=clock)
    assert admitted(bucket, 12) == 2
    clock.now = 5
    assert admitted(bucket, 1) == 0
    clock.now = 6
    assert admitted(bucket, 1) == 1


def test_each_address_has_its_own_bucket() -> None:
    bucket = LeakyBucket(capacity=1, monotonic=Seconds())
    assert admitted(bucket, 2, "10.0.0.1") == 1
    assert admitted(bucket, 2, "10.0.0.2") == 1


def test_an_idle_bucket_is_no_more_than_empty() -> None:
    clock = Seconds()
    bucket = LeakyBucket(capacity=3, monotonic=clock)
    admitted(bucket, 1)
    clock.now = 1_000
    assert admitted(bucket, 5) == 3


def test_addresses_that_went_silent_are_forgotten() -> None:
    clock = Seconds()
    bucket = LeakyBucket(monotonic=clock)
    for number in range(2_500):
        clock.now = number
        bucket.admit(f"10.0.{number // 256}.{number % 256}")
    assert len(bucket._levels) <= 1_000
