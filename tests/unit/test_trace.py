"""Log lines about an event, its command and its notifications have a trace in common."""

from __future__ import annotations

import asyncio

from msgspec.structs import replace

from bridge.trace import current, following, trace_of
from tests.fakes.incoming import make_incoming


def test_the_same_event_has_the_same_trace_however_often_it_comes() -> None:
    incoming = make_incoming("/b24help")
    assert trace_of(incoming) == trace_of(replace(incoming, typed=()))


def test_other_events_have_other_traces() -> None:
    one = make_incoming("hi")
    others = [make_incoming("hi"), replace(one, workspace="elsewhere"), replace(one, event_id="")]
    assert trace_of(one) not in map(trace_of, others)


async def test_a_trace_is_followed_into_tasks_and_ends_with_what_it_is_about() -> None:
    async def look() -> str:
        return current.get()

    with following("one"):
        task = asyncio.create_task(look())
        with following("two"):
            assert current.get() == "two"
        assert current.get() == "one"
    assert current.get() == ""
    assert await task == "one"
