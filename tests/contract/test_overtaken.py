"""What another machine has taken over is its own, whenever the first one comes back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bridge.delivery.notification import Verdict
from bridge.delivery.state import State
from tests.contract.stores import notify

if TYPE_CHECKING:
    from bridge.delivery.notification import Delivery
    from tests.contract.stores import Stores


async def overtake(stores: Stores) -> tuple[Delivery, Delivery]:
    """Let somebody take a delivery, fall silent, and somebody else take it over."""
    await stores.queue(notify("a"))
    (first,) = await stores.outbox.take_due(stores.portal, stores.now, 1)
    assert await stores.outbox.recover(stores.portal) == 1
    (second,) = await stores.outbox.take_due(stores.portal, stores.now, 1)
    return first, second


def verdict(delivery: Delivery, state: State) -> Verdict:
    return Verdict(delivery_id=delivery.id, attempt=delivery.attempt, state=state)


@pytest.mark.parametrize("late", [State.QUEUED, State.DELIVERED, State.DEAD])
async def test_the_outcome_of_an_attempt_that_was_taken_over_changes_nothing(
    stores: Stores, late: State
) -> None:
    first, second = await overtake(stores)
    await stores.outbox.record([verdict(first, late)])
    assert await stores.take() == []
    await stores.outbox.record([verdict(second, State.FAILED)])
    (untold,) = await stores.list_untold()
    assert [progress.state for progress in untold.progress] == [State.FAILED]


async def test_what_was_taken_over_is_not_put_back(stores: Stores) -> None:
    first, second = await overtake(stores)
    await stores.outbox.put_back([first])
    assert await stores.take() == []
    await stores.outbox.put_back([second])
    assert await stores.take() == ["a"]
