from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest

from adapters.sandbox.bucket import LeakyBucket
from adapters.sandbox.portal import Renaming

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from adapters.sandbox.portal import SandboxPortal

NOTIFY = "im.notify.personal.add"
HELLO = {"USER_ID": 5, "MESSAGE": "hi"}
FAULTS = "/sandbox/faults"


@pytest.fixture
async def control(address: str) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=address) as client:
        yield client


async def test_faults_are_ordered_listed_and_taken_away(
    control: httpx.AsyncClient, webhook: httpx.AsyncClient, portal: SandboxPortal
) -> None:
    fault = {"code": "OVERLOAD_LIMIT", "method": NOTIFY, "calls": 2}
    response = await control.post(FAULTS, json=fault)
    assert response.status_code == 201
    [told] = response.json()["faults"]
    assert fault.items() <= told.items()
    assert (await webhook.post(NOTIFY, json=HELLO)).status_code == 503
    assert (await control.get(FAULTS)).json()["faults"][0]["calls"] == 1
    assert (await control.delete(FAULTS)).status_code == 204
    assert (await webhook.post(NOTIFY, json=HELLO)).status_code == 200


@pytest.mark.parametrize(
    ("fault", "status", "text"),
    [
        ({"status": 502}, 502, "ERROR_UNEXPECTED_ANSWER"),
        ({"status": 418, "code": "TEA"}, 418, "TEA"),
        ({"page": "<h1>busy</h1>", "status": 503}, 503, "<h1>busy</h1>"),
        ({"latency_seconds": 0.01}, 200, "result"),
        ({"code": "PORTAL_DELETED"}, 500, "PORTAL_DELETED"),
    ],
)
async def test_a_fault_may_be_anything_that_goes_wrong_in_between(
    control: httpx.AsyncClient,
    webhook: httpx.AsyncClient,
    fault: dict[str, object],
    status: int,
    text: str,
) -> None:
    await control.post(FAULTS, json=fault)
    response = await webhook.post(NOTIFY, json=HELLO)
    assert (response.status_code, text in response.text) == (status, True)
    assert (await webhook.post(NOTIFY, json=HELLO)).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"\xff",
        b'{"cod": "X"}',
        b'{"share": 2}',
        b'{"calls": -1}',
        b'{"status": 700}',
        b'{"latency_seconds": -1}',
    ],
)
async def test_what_is_no_fault_is_refused_and_changes_nothing(
    control: httpx.AsyncClient, portal: SandboxPortal, body: bytes
) -> None:
    response = await control.post(FAULTS, content=body)
    assert response.status_code == 400
    assert response.json()["error"]
    assert not portal.faults


async def test_another_site_cannot_break_the_portal(
    control: httpx.AsyncClient, portal: SandboxPortal
) -> None:
    headers = {"Origin": "https://evil.example"}
    assert (await control.post(FAULTS, json={"status": 500}, headers=headers)).status_code == 403
    assert not portal.faults


async def test_the_ledger_tells_what_was_accepted_and_what_became_of_it(
    control: httpx.AsyncClient, webhook: httpx.AsyncClient, portal: SandboxPortal
) -> None:
    portal.bucket = LeakyBucket(5, leak_per_second=0.001)
    for message in ("old", "new"):
        params = {**HELLO, "MESSAGE": message, "TAG": "t", "SUB_TAG": "s", "CLIENT_ID": "b"}
        await webhook.post(NOTIFY, json=params)
    await webhook.post("batch", json={"cmd": [f"{NOTIFY}?USER_ID=2&MESSAGE=last", "profile"]})
    await webhook.post("im.notify.delete", json={"ID": 3})
    await webhook.post("profile")
    await webhook.post("profile")
    ledger = (await control.get("/sandbox/ledger")).json()
    assert [(one["id"], one["user_id"], one["message"]) for one in ledger["notifications"]] == [
        (1, 5, "old"),
        (2, 5, "new"),
        (3, 2, "last"),
    ]
    assert [one["state"] for one in ledger["notifications"]] == ["replaced", "accepted", "deleted"]
    assert (ledger["notifications"][0]["tag"], ledger["notifications"][0]["sub_tag"]) == ("t", "s")
    assert ledger["notifications"][0]["at"].endswith("Z")
    newest = (await control.get("/sandbox/ledger", params={"newest": 2})).json()
    assert newest["notifications"] == ledger["notifications"][1:]
    assert ledger["counters"] == {
        "accepted": 3,
        "requests": 6,
        "refused": 1,
        "by_method": {NOTIFY: 3, "profile": 3, "im.notify.delete": 1},
        "token_refreshes": 0,
    }


async def test_a_call_that_a_fault_refuses_as_too_many_counts_as_one_that_the_bucket_refuses(
    control: httpx.AsyncClient, webhook: httpx.AsyncClient, portal: SandboxPortal
) -> None:
    await control.post(FAULTS, json={"code": "QUERY_LIMIT_EXCEEDED", "method": NOTIFY, "calls": 2})
    assert (await webhook.post(NOTIFY, json=HELLO)).status_code == 503
    await webhook.post("batch", json={"cmd": [f"{NOTIFY}?USER_ID=2&MESSAGE=hi", "profile"]})
    counters = (await control.get("/sandbox/ledger")).json()["counters"]
    assert (counters["refused"], counters["by_method"]) == (2, {NOTIFY: 2, "profile": 1})


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_renamed_portal_answers_with_its_new_address(
    address: str, portal: SandboxPortal, method: str
) -> None:
    new_address = address.replace("127.0.0.1", "localhost")
    portal.renaming = Renaming(new_address)
    path = "/rest/1/sandbox-secret/profile.json?a=%20b"
    async with httpx.AsyncClient() as client:
        for _ in range(2):
            response = await client.request(method, address + path)
            assert response.status_code == 302
            assert response.headers["Location"] == new_address + path
            assert response.headers["Content-Type"].startswith("text/html")
        assert (await client.request(method, new_address + path)).status_code == 200


async def test_a_renaming_may_last_for_some_calls(
    address: str, portal: SandboxPortal, webhook: httpx.AsyncClient
) -> None:
    portal.renaming = Renaming("https://new.example", calls=2)
    statuses = [(await webhook.post(NOTIFY, json=HELLO)).status_code for _ in range(3)]
    assert statuses == [302, 302, 200]
    assert len(portal.ledger) == 1
