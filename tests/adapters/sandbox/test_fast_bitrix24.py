"""fast-bitrix24 takes the sandbox for a portal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from fast_bitrix24 import BitrixAsync  # type: ignore[import-untyped]  # it ships without types
from fast_bitrix24.server_response import (  # type: ignore[import-untyped]  # it has no types
    ErrorInServerResponseException,
)

from adapters.sandbox.faults import Fault
from adapters.sandbox.people import Person

if TYPE_CHECKING:
    from adapters.sandbox.portal import SandboxPortal

NOTIFY = "im.notify.personal.add"


@pytest.fixture
def bitrix(address: str) -> Any:
    return BitrixAsync(f"{address}/rest/1/sandbox-secret/", verbose=False)


def messages(portal: SandboxPortal) -> list[str]:
    return [one.message for one in portal.ledger]


async def test_a_single_call(portal: SandboxPortal, bitrix: Any) -> None:
    text = "a & b + ё 👋 [b]c[/b] % #"
    assert await bitrix.call(NOTIFY, {"USER_ID": 5, "MESSAGE": text}) == 1
    assert messages(portal) == [text]


async def test_many_calls_go_in_batches(portal: SandboxPortal, bitrix: Any) -> None:
    texts = [f"no. {number} & ё" for number in range(120)]
    await bitrix.call(NOTIFY, [{"USER_ID": 5, "MESSAGE": text} for text in texts])
    assert sorted(messages(portal)) == sorted(texts)
    assert portal.counters.requests == 3


async def test_a_list_of_many_pages(portal: SandboxPortal, bitrix: Any) -> None:
    portal.people = tuple(
        Person(id=number, name="N", last_name=str(number), email="", work_position="", handle="")
        for number in range(1, 176)
    )
    users = await bitrix.get_all("user.get")
    assert sorted(int(user["ID"]) for user in users) == list(range(1, 176))


async def test_people_by_their_ids(bitrix: Any) -> None:
    users = await bitrix.get_by_ID("user.get", [1, 5])
    assert {key: user["NAME"] for key, [user] in users.items()} == {"1": "Maria", "5": "Anna"}


async def test_a_batch_with_a_reference(portal: SandboxPortal, bitrix: Any) -> None:
    result = await bitrix.call_batch(
        {
            "halt": 0,
            "cmd": {
                "me": "user.current",
                "note": f"{NOTIFY}?USER_ID=$result[me][ID]&MESSAGE=hi%20you",
            },
        }
    )
    assert result["note"] == 1
    assert (portal.ledger[0].user_id, portal.ledger[0].message) == (1, "hi you")


async def test_errors_of_a_batch_are_those_that_it_knows(bitrix: Any) -> None:
    with pytest.raises(ErrorInServerResponseException, match="MESSAGE_EMPTY"):
        await bitrix.call_batch({"halt": 0, "cmd": {"a": f"{NOTIFY}?USER_ID=5"}})


async def test_a_portal_that_stumbles_is_asked_again(portal: SandboxPortal, bitrix: Any) -> None:
    portal.faults.append(Fault(code="QUERY_LIMIT_EXCEEDED"))
    assert await bitrix.call(NOTIFY, {"USER_ID": 5, "MESSAGE": "hi"}) == 1


async def test_a_token_is_renewed(portal: SandboxPortal, address: str) -> None:
    asked = 0

    async def get_token() -> str:
        nonlocal asked
        asked += 1
        return portal.oauth.grant(portal.application).access_token

    bitrix = BitrixAsync(f"{address}/rest/", token_func=get_token, verbose=False)
    for message in ("before", "after"):
        await bitrix.call(NOTIFY, {"USER_ID": 5, "MESSAGE": message})
        portal.oauth.expire()
    assert (messages(portal), asked) == (["before", "after"], 2)
