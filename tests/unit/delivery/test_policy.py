"""What follows from an error is one pure decision."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.delivery.notification import Delivery, Notification
from bridge.delivery.policy import GiveUp, HoldPortal, Policy, RetryAt
from bridge.delivery.state import State
from bridge.errors import OutcomeUnknown, PortalOnHold, Rejected, TryLater
from tests.fakes.clock import START
from tests.fakes.portal import ANNA

POLICY = Policy()


def delivery(attempt: int = 1) -> Delivery:
    notification = Notification(recipient=ANNA, message="m", message_out="m", tag="t")
    return Delivery(
        id=1, notification=notification, attempt=attempt, queued_at=START, received_at=START
    )


def test_what_the_portal_refuses_is_never_repeated() -> None:
    decision = POLICY.decide(Rejected("MESSAGE_EMPTY"), delivery(), START, 0.5)
    assert decision == GiveUp(State.FAILED)


def test_a_wrong_credential_holds_the_portal_and_gives_nothing_up_even_after_days() -> None:
    late = START + timedelta(days=9)
    decision = POLICY.decide(PortalOnHold("NO_AUTH_FOUND"), delivery(), late, 0.5)
    assert decision == HoldPortal(late + timedelta(seconds=300))


def test_a_pause_that_the_portal_asks_for_is_kept_by_all() -> None:
    error = TryLater("OPERATION_TIME_LIMIT", retry_after_seconds=90)
    decision = POLICY.decide(error, delivery(), START, 0.5)
    asked = START + timedelta(seconds=90)
    assert decision == RetryAt(asked, portal_until=asked)


def test_an_unknown_outcome_is_repeated_and_the_others_wait_for_a_moment_only() -> None:
    decision = POLICY.decide(OutcomeUnknown("TIMEOUT"), delivery(attempt=5), START, 1.0)
    assert decision == RetryAt(
        START + timedelta(seconds=32), portal_until=START + timedelta(seconds=2)
    )


@pytest.mark.parametrize("error", [TryLater("X"), OutcomeUnknown("X")])
def test_after_a_day_it_is_given_up(error: TryLater | OutcomeUnknown) -> None:
    late = START + timedelta(days=1)
    decision = POLICY.decide(error, delivery(attempt=10), late, 0.5)
    assert isinstance(decision, GiveUp)
    assert decision.state is State.DEAD


@pytest.mark.parametrize("attempt", [1, 9])
def test_what_has_only_waited_for_days_is_tried_like_any_other(attempt: int) -> None:
    """The bridge was switched off, or the portal on hold: nobody has tried yet."""
    late = START + timedelta(days=3)
    decision = POLICY.decide(TryLater("X"), delivery(attempt=attempt), late, 0.5)
    assert isinstance(decision, RetryAt)


def test_whoever_gives_up_within_seconds_does_so_after_the_attempts_that_fit_into_them() -> None:
    policy = Policy(give_up_after_seconds=36)
    late = START + timedelta(seconds=36)
    first, enough = (
        policy.decide(TryLater("X"), delivery(attempt=attempt), late, 0.5) for attempt in (1, 5)
    )
    assert isinstance(first, RetryAt)
    assert isinstance(enough, GiveUp)


def test_the_longest_possible_pause_doubles_up_to_ten_minutes() -> None:
    longest = [POLICY.pause_seconds(attempt, 1.0) for attempt in range(1, 13)]
    assert longest[:4] == [2, 4, 8, 16]
    assert longest[-1] == 600


@given(attempt=st.integers(1, 10_000), share=st.floats(0, 1))
def test_by_chance_every_pause_up_to_the_longest_is_as_likely(attempt: int, share: float) -> None:
    """Source: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/ (full)."""
    shortest, longest = (POLICY.pause_seconds(attempt, chance) for chance in (0.0, 1.0))
    assert (shortest, longest) == (1, min(2.0 ** min(attempt, 10), 600))
    expected = shortest + share * (longest - shortest)
    assert POLICY.pause_seconds(attempt, share) == pytest.approx(expected)


@given(attempt=st.integers(1, 10_000), chance=st.floats(0, 1))
def test_every_pause_is_between_a_second_and_ten_minutes(attempt: int, chance: float) -> None:
    assert 1 <= POLICY.pause_seconds(attempt, chance) <= 600
