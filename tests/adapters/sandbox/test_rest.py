from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import httpx
import pytest

from adapters.sandbox.bucket import LeakyBucket
from adapters.sandbox.errors import DOCUMENTED
from adapters.sandbox.faults import Fault

if TYPE_CHECKING:
    from adapters.sandbox.portal import SandboxPortal

NOTIFY = "im.notify.personal.add"
HELLO = {"USER_ID": 5, "MESSAGE": "Task Reminder"}


def error_of(response: httpx.Response) -> tuple[int, str, str]:
    body = response.json()
    assert set(body) == {"error", "error_description"}
    return response.status_code, body["error"], body["error_description"]


@pytest.mark.parametrize("suffix", ["", ".json"])
async def test_a_notification_is_answered_with_its_id_and_the_time(
    webhook: httpx.AsyncClient, portal: SandboxPortal, suffix: str
) -> None:
    response = await webhook.post(NOTIFY + suffix, json=HELLO)
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "application/json; charset=utf-8"
    body = response.json()
    assert list(body) == ["result", "time"]
    assert body["result"] == portal.notifications[0].id
    time = body["time"]
    assert list(time) == [
        "start",
        "finish",
        "duration",
        "processing",
        "date_start",
        "date_finish",
        "operating_reset_at",
        "operating",
    ]
    assert 0 <= time["processing"] <= time["duration"] < 10
    assert time["start"] <= time["finish"]
    assert datetime.fromisoformat(time["date_start"]).tzinfo is not None
    assert time["start"] < time["operating_reset_at"] <= time["finish"] + 600


async def test_every_parameter_is_kept(webhook: httpx.AsyncClient, portal: SandboxPortal) -> None:
    await webhook.post(
        NOTIFY,
        json={
            "USER_ID": "5",
            "MESSAGE": "  [b]Task[/b] Reminder\n",
            "MESSAGE_OUT": "Task Reminder (email)",
            "TAG": "TASK_REMINDER_42",
            "SUB_TAG": "TASK_REMINDER|42",
            "CLIENT_ID": "bridge",
            "ATTACH": [{"MESSAGE": "more"}],
        },
    )
    [stored] = portal.notifications
    assert stored.user_id == 5
    assert stored.author_id == 1
    assert stored.message == "[b]Task[/b] Reminder"
    assert stored.message_out == "Task Reminder (email)"
    assert stored.tag == "TASK_REMINDER_42"
    assert stored.sub_tag == "TASK_REMINDER|42"
    assert stored.attach == '[{"MESSAGE":"more"}]'
    assert stored.created_at.tzinfo is UTC


async def test_names_of_parameters_and_methods_may_have_any_case(
    webhook: httpx.AsyncClient, portal: SandboxPortal
) -> None:
    await webhook.post("IM.Notify.Personal.ADD", json={"user_id": 5, "Message": "hi"})
    assert portal.notifications[0].message == "hi"


async def test_a_form_a_query_and_a_json_body_say_the_same(
    webhook: httpx.AsyncClient, portal: SandboxPortal
) -> None:
    fields = {"USER_ID": "5", "MESSAGE": "a+b & ü=ё 👋 [b]%[/b]"}
    for response in (
        await webhook.get(NOTIFY, params=fields),
        await webhook.post(NOTIFY, data=fields),
        await webhook.post(NOTIFY, json=fields),
        await webhook.post(NOTIFY, params={"USER_ID": "1"}, json=fields),
    ):
        assert response.status_code == 200
    assert [(n.user_id, n.message) for n in portal.notifications] == [
        (5, "a+b & ü=ё 👋 [b]%[/b]")
    ] * 4


async def test_a_form_nests_fields_as_php_does(
    webhook: httpx.AsyncClient, portal: SandboxPortal
) -> None:
    form = {
        "USER_ID": "5",
        "MESSAGE": "hi",
        "ATTACH[0][MESSAGE]": "first",
        "ATTACH[1][DELIMITER][SIZE]": "100",
    }
    await webhook.post(NOTIFY, data=form)
    assert portal.notifications[0].attach == '[{"MESSAGE":"first"},{"DELIMITER":{"SIZE":"100"}}]'


@pytest.mark.parametrize("user_id", [None, 0, -5, "", "anna", "5; DROP", [5], 5.5])
async def test_a_recipient_must_be_a_positive_number(
    webhook: httpx.AsyncClient, user_id: object
) -> None:
    params = {"MESSAGE": "hi"} | ({} if user_id is None else {"USER_ID": user_id})
    response = await webhook.post(NOTIFY, json=params)
    assert error_of(response) == (400, "USER_ID_EMPTY", "User ID can't be empty")


@pytest.mark.parametrize("message", [None, "", " \n\t\0 ", [], {"a": 1}, False])
async def test_a_message_must_say_something(webhook: httpx.AsyncClient, message: object) -> None:
    params: dict[str, object] = {"USER_ID": 5}
    if message is not None:
        params["MESSAGE"] = message
    response = await webhook.post(NOTIFY, json=params)
    assert error_of(response) == (400, "MESSAGE_EMPTY", "Message can't be empty")


async def test_the_recipient_is_checked_before_the_message(webhook: httpx.AsyncClient) -> None:
    assert error_of(await webhook.post(NOTIFY))[1] == "USER_ID_EMPTY"


@pytest.mark.parametrize("user_id", [4, 99])
async def test_a_dismissed_or_missing_recipient_gives_false(
    webhook: httpx.AsyncClient, portal: SandboxPortal, user_id: int
) -> None:
    response = await webhook.post(NOTIFY, json={"USER_ID": user_id, "MESSAGE": "hi"})
    assert response.status_code == 200
    assert response.json()["result"] is False
    assert portal.notifications == []


async def test_a_tag_that_is_too_long_gives_false(webhook: httpx.AsyncClient) -> None:
    for name in ("TAG", "SUB_TAG"):
        for characters, is_created in ((246, True), (247, False)):
            params = {**HELLO, "CLIENT_ID": "bridge", name: "x" * characters}
            response = await webhook.post(NOTIFY, json=params)
            assert (response.json()["result"] is not False) is is_created


async def test_a_bad_attachment_is_refused(webhook: httpx.AsyncClient) -> None:
    response = await webhook.post(NOTIFY, json={**HELLO, "ATTACH": "{not json"})
    assert error_of(response) == (400, "ATTACH_ERROR", "Incorrect attach params")


async def test_an_attachment_above_30_kb_is_refused(webhook: httpx.AsyncClient) -> None:
    fitting = "x" * (30_720 - len('[{"MESSAGE":""}]'))
    good = await webhook.post(NOTIFY, json={**HELLO, "ATTACH": [{"MESSAGE": fitting}]})
    assert good.status_code == 200
    bad = await webhook.post(NOTIFY, json={**HELLO, "ATTACH": [{"MESSAGE": fitting + "x"}]})
    description = "You have exceeded the maximum allowable size of attach"
    assert error_of(bad) == (400, "ATTACH_OVERSIZE", description)


@pytest.mark.parametrize(
    "path",
    [
        "/rest/1/wrong/scope",
        "/rest/2/sandbox-secret/scope",
        "/rest/1/s%C3%A9cret/scope",
        "/rest/1/%FF/scope",
        "/rest/scope",
        "/rest/scope.json?auth=token",
    ],
)
async def test_a_wrong_credential_is_no_authorization(address: str, path: str) -> None:
    async with httpx.AsyncClient() as client:
        response = await client.get(address + path)
    assert error_of(response) == (401, "NO_AUTH_FOUND", "Wrong authorization data")


async def test_a_session_is_the_wrong_authorization(address: str) -> None:
    async with httpx.AsyncClient() as client:
        response = await client.post(f"{address}/rest/{NOTIFY}", json={**HELLO, "sessid": "abc"})
        cookie = await client.post(
            f"{address}/rest/{NOTIFY}", json=HELLO, headers={"Cookie": "PHPSESSID=abc"}
        )
    assert error_of(response)[:2] == error_of(cookie)[:2] == (403, "WRONG_AUTH_TYPE")


async def test_a_missing_scope_is_told(webhook: httpx.AsyncClient, portal: SandboxPortal) -> None:
    portal.scope = frozenset({"user"})
    assert error_of(await webhook.post(NOTIFY, json=HELLO))[:2] == (403, "insufficient_scope")


@pytest.mark.parametrize("method", ["im.notify", "scope.xml", "%F0%9F%98%80"])
async def test_an_unknown_method_is_not_found(webhook: httpx.AsyncClient, method: str) -> None:
    response = await webhook.post(method)
    assert error_of(response) == (404, "ERROR_METHOD_NOT_FOUND", "Method not found!")


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"5",
        b"[1]",
        b'"text"',
        b"\xff\xfe",
        rb'{"USER_ID": 5, "MESSAGE": "\ud800"}',
        b"[" * 200_000,
    ],
)
async def test_a_body_that_is_no_json_object_is_told(
    webhook: httpx.AsyncClient, portal: SandboxPortal, body: bytes
) -> None:
    headers = {"Content-Type": "application/json"}
    response = await webhook.post(NOTIFY, content=body, headers=headers)
    assert error_of(response)[:2] == (400, "ERROR_ARGUMENT")
    assert portal.notifications == []


async def test_an_empty_list_is_an_empty_object_as_php_writes_it(
    webhook: httpx.AsyncClient,
) -> None:
    assert (await webhook.post("profile", json=[])).status_code == 200


async def test_a_body_of_another_type_is_told(webhook: httpx.AsyncClient) -> None:
    response = await webhook.post(NOTIFY, content=b"hi", headers={"Content-Type": "text/plain"})
    assert error_of(response)[:2] == (400, "ERROR_ARGUMENT")


@pytest.mark.parametrize(
    ("header", "body"),
    [("Content-Encoding: gzip\r\nContent-Length: 4", "abcd"), ("Content-Length: 9", "{")],
    ids=["broken", "cut off"],
)
async def test_a_body_that_does_not_arrive_whole_is_told_and_no_failure(
    address: str, caplog: pytest.LogCaptureFixture, header: str, body: str
) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", int(address.rpartition(":")[2]))
    head = f"POST /rest/1/sandbox-secret/scope HTTP/1.1\r\nHost: localhost\r\n{header}"
    writer.write(f"{head}\r\nContent-Type: application/json\r\n\r\n{body}".encode())
    writer.write_eof()
    answer = await asyncio.wait_for(reader.read(), 5)
    writer.close()
    await writer.wait_closed()
    assert b"ERROR_ARGUMENT" in answer or not answer
    assert "a REST call failed" not in caplog.text


async def test_a_huge_body_is_told(webhook: httpx.AsyncClient) -> None:
    response = await webhook.post(NOTIFY, json={**HELLO, "MESSAGE": "x" * 17_000_000})
    assert error_of(response)[:2] == (413, "ERROR_ARGUMENT")


@pytest.mark.parametrize("form", ["a=1&" * 10_001, "a" + "[x]" * 70 + "=1"])
async def test_a_form_that_php_would_cut_is_told(webhook: httpx.AsyncClient, form: str) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    response = await webhook.post(NOTIFY, content=form.encode(), headers=headers)
    assert error_of(response)[:2] == (400, "ERROR_ARGUMENT")


async def test_a_nul_is_kept(webhook: httpx.AsyncClient, portal: SandboxPortal) -> None:
    await webhook.post(NOTIFY, json={**HELLO, "MESSAGE": "a\0b"})
    assert portal.notifications[0].message == "a\0b"


async def test_a_failure_of_the_portal_itself_is_an_internal_server_error(
    webhook: httpx.AsyncClient, portal: SandboxPortal, caplog: pytest.LogCaptureFixture
) -> None:
    portal.owner_id = 1
    portal.people = ()
    with caplog.at_level(logging.ERROR):
        response = await webhook.post("profile")
    assert error_of(response) == (500, "INTERNAL_SERVER_ERROR", "Internal server error")
    assert "sandbox-secret" not in caplog.text


async def test_the_bucket_refuses_when_it_is_full(
    webhook: httpx.AsyncClient, portal: SandboxPortal
) -> None:
    portal.bucket = LeakyBucket(3, leak_per_second=0.001)
    statuses = [(await webhook.post(NOTIFY, json=HELLO)).status_code for _ in range(4)]
    assert statuses == [200, 200, 200, 503]
    assert len(portal.notifications) == 3
    response = await webhook.post(NOTIFY, json=HELLO)
    assert error_of(response) == (503, "QUERY_LIMIT_EXCEEDED", "Too many requests")


async def test_the_profile_is_that_of_the_owner(webhook: httpx.AsyncClient) -> None:
    assert (await webhook.get("profile.json")).json()["result"] == {
        "ID": "1",
        "ADMIN": True,
        "NAME": "Maria",
        "LAST_NAME": "Weber",
        "PERSONAL_GENDER": "",
        "TIME_ZONE": "",
    }


async def test_the_current_user_is_the_owner(webhook: httpx.AsyncClient) -> None:
    user = (await webhook.get("user.current")).json()["result"]
    assert (user["ID"], user["EMAIL"], user["ACTIVE"]) == ("1", "maria@corp.example", True)


async def test_the_scope_is_what_the_webhook_may_do(webhook: httpx.AsyncClient) -> None:
    assert (await webhook.get("scope")).json()["result"] == ["im", "user"]
    full = (await webhook.get("scope", params={"full": "true"})).json()["result"]
    assert set(full) > {"im", "user"}


@pytest.mark.parametrize("code", sorted(DOCUMENTED))
async def test_a_scripted_error_is_answered_once_with_its_documented_status(
    webhook: httpx.AsyncClient, portal: SandboxPortal, code: str
) -> None:
    portal.faults.append(Fault(code=code))
    response = await webhook.post(NOTIFY, json=HELLO)
    assert error_of(response) == (DOCUMENTED[code][0], code, DOCUMENTED[code][1])
    assert portal.notifications == []
    assert (await webhook.post(NOTIFY, json=HELLO)).status_code == 200


async def test_a_scripted_error_may_have_any_code_and_status(
    webhook: httpx.AsyncClient, portal: SandboxPortal
) -> None:
    portal.faults.append(Fault(code="NEW_ERROR", status=418))
    assert error_of(await webhook.post(NOTIFY, json=HELLO)) == (418, "NEW_ERROR", "")


async def test_a_scripted_page_comes_instead_of_json(
    webhook: httpx.AsyncClient, portal: SandboxPortal
) -> None:
    portal.faults.append(Fault(page="<h1>502 Bad Gateway</h1>", status=502))
    response = await webhook.post(NOTIFY, json=HELLO)
    assert (response.status_code, response.text) == (502, "<h1>502 Bad Gateway</h1>")
    assert response.headers["Content-Type"].startswith("text/html")


@pytest.mark.parametrize("after_processing", [False, True])
async def test_a_connection_is_dropped_before_or_after_processing(
    webhook: httpx.AsyncClient, portal: SandboxPortal, after_processing: bool
) -> None:
    portal.faults.append(Fault(drops_connection=True, after_processing=after_processing))
    with pytest.raises(httpx.TransportError):
        await webhook.post(NOTIFY, json=HELLO)
    assert len(portal.notifications) == after_processing
    assert (await webhook.post(NOTIFY, json=HELLO)).status_code == 200


async def test_an_error_may_come_after_processing(
    webhook: httpx.AsyncClient, portal: SandboxPortal
) -> None:
    portal.faults.append(Fault(code="INTERNAL_SERVER_ERROR", after_processing=True))
    assert (await webhook.post(NOTIFY, json=HELLO)).status_code == 500
    assert len(portal.notifications) == 1


async def test_a_fault_with_a_latency_alone_answers_late_and_well(
    webhook: httpx.AsyncClient, portal: SandboxPortal
) -> None:
    portal.faults.append(Fault(latency_seconds=0.2))
    began = asyncio.get_running_loop().time()
    assert (await webhook.post(NOTIFY, json=HELLO)).status_code == 200
    assert asyncio.get_running_loop().time() - began >= 0.2


async def test_a_request_and_its_calls_take_their_time(
    webhook: httpx.AsyncClient, portal: SandboxPortal
) -> None:
    portal.request_seconds, portal.call_seconds = 0.06, 0.02
    single = (await webhook.post("profile")).json()["time"]
    assert single["duration"] >= 0.08
    assert 0 < single["operating"] < single["duration"]
    batch = (await webhook.post("batch", json={"cmd": ["profile"] * 3})).json()
    assert batch["time"]["duration"] >= 0.12
    assert all(call["processing"] > 0 for call in batch["result"]["result_time"])


async def test_a_fault_waits_for_a_call_of_its_method(
    webhook: httpx.AsyncClient, portal: SandboxPortal
) -> None:
    portal.faults.append(Fault(code="OVERLOAD_LIMIT", method=NOTIFY))
    assert (await webhook.post("profile")).status_code == 200
    assert error_of(await webhook.post(NOTIFY, json=HELLO))[0] == 503
    assert len(portal.faults) == 0
