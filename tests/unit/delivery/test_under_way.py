"""Requests that are under way at once do not disturb each other."""

from __future__ import annotations

import gc

import pytest

from bridge.delivery.under_way import UnderWay


async def fail() -> None:
    raise ZeroDivisionError


async def fail_twice() -> None:
    async with UnderWay(2) as under_way:
        under_way.start(fail())
        under_way.start(fail())
        await under_way.room()


async def test_of_several_failures_one_is_raised_and_none_is_written_into_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with pytest.raises(ZeroDivisionError):
        await fail_twice()
    gc.collect()
    assert not caplog.records
