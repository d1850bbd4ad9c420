"""Sending, over real HTTP."""

from __future__ import annotations

import re
import socket
import ssl
from typing import TYPE_CHECKING, NoReturn

import httpx
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from adapters.bitrix24.auth import Webhook
from adapters.bitrix24.client import Bitrix24Portal
from bridge.delivery.notification import Delivered, Notification, Outcome
from bridge.errors import OutcomeUnknown, PortalError, PortalOnHold, Rejected, TryLater
from bridge.people.identity import BitrixUserId, Recipient
from tests.fakes.portal_server import (
    FINISH,
    SECRET,
    Drip,
    Drop,
    Half,
    PortalServer,
    Reply,
    Stall,
    Step,
    html,
    moved,
    refused,
    returned,
)

if TYPE_CHECKING:
    from bridge.ports import Portal


def notification(
    message: str = "Hello",
    *,
    user_id: int = 5,
    message_out: str = "",
    tag: str = "a-tag",
    sub_tag: str = "",
    attach: str = "",
) -> Notification:
    return Notification(
        recipient=Recipient(BitrixUserId(user_id)),
        message=message,
        message_out=message_out,
        tag=tag,
        sub_tag=sub_tag,
        attach=attach,
    )


async def send_one(portal: Portal, one: Notification | None = None) -> Outcome:
    (outcome,) = await portal.send([one or notification()])
    return outcome


def told(outcome: Outcome) -> tuple[type, str]:
    assert isinstance(outcome, PortalError)
    return type(outcome), outcome.code


async def test_a_notification_is_posted_with_all_its_parameters(
    server: PortalServer, portal: Bitrix24Portal
) -> None:
    outcome = await send_one(
        portal,
        notification(
            "[b]Hi[/b]",
            message_out="Hi",
            tag="t-1",
            sub_tag="s-1",
            attach='{"BLOCKS":[{"MESSAGE":"x"}]}',
        ),
    )
    assert outcome == Delivered(1)
    (request,) = server.received
    assert request.path == f"/rest/1/{SECRET}/im.notify.personal.add.json"
    assert request.headers["Content-Type"] == "application/json; charset=utf-8"
    assert request.parameters == {
        "USER_ID": 5,
        "MESSAGE": "[b]Hi[/b]",
        "MESSAGE_OUT": "Hi",
        "TAG": "t-1",
        "SUB_TAG": "s-1",
        "CLIENT_ID": "b24bridge",
        "ATTACH": '{"BLOCKS":[{"MESSAGE":"x"}]}',
    }


async def test_empty_parameters_are_left_out_and_a_sub_tag_needs_our_client_id_too(
    server: PortalServer, portal: Bitrix24Portal
) -> None:
    for one in (notification(tag=""), notification(tag="", sub_tag="s")):
        await send_one(portal, one)
    bare, tagged = (request.parameters for request in server.received)
    assert bare == {"USER_ID": 5, "MESSAGE": "Hello"}
    assert tagged == bare | {"SUB_TAG": "s", "CLIENT_ID": "b24bridge"}


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        (notification(user_id=0), "USER_ID_EMPTY"),
        (notification(user_id=-1), "USER_ID_EMPTY"),
        (notification(""), "MESSAGE_EMPTY"),
        (notification(" \t\r\n\0\x0b"), "MESSAGE_EMPTY"),
        (notification(tag="t" * 247), "TAG_TOO_LONG"),
        (notification(sub_tag="t" * 247), "SUB_TAG_TOO_LONG"),
        (notification(attach='["' + "x" * 30_717 + '"]'), "ATTACH_OVERSIZE"),
        (notification(attach='["' + "я" * 15_359 + '"]'), "ATTACH_OVERSIZE"),
        (notification(attach="{"), "ATTACH_ERROR"),
        (notification(attach="{}"), "ATTACH_ERROR"),
        (notification(attach="[]"), "ATTACH_ERROR"),
        (notification(attach="[{}]"), "ATTACH_ERROR"),
        (notification(attach='["text"]'), "ATTACH_ERROR"),
        (notification(attach='{"BLOCKS": []}'), "ATTACH_ERROR"),
        (notification(attach='{"BLOCKS": {"MESSAGE": "x"}}'), "ATTACH_ERROR"),
        (notification(attach='"text"'), "ATTACH_ERROR"),
        (notification(attach="[" * 20_000), "ATTACH_ERROR"),
    ],
)
async def test_what_the_portal_would_refuse_is_refused_before_sending(
    server: PortalServer, portal: Bitrix24Portal, wrong: Notification, code: str
) -> None:
    outcomes = await portal.send([wrong, notification()])
    assert told(outcomes[0]) == (Rejected, code)
    assert outcomes[1] == Delivered(1)
    assert len(server.received) == 1


async def test_what_just_fits_is_sent(server: PortalServer, portal: Bitrix24Portal) -> None:
    attach = '[{"MESSAGE":"' + "x" * 30_704 + '"}]'
    fitting = notification("\u00a0", tag="я" * 246, sub_tag="s" * 246, attach=attach)
    assert await send_one(portal, fitting) == Delivered(1)


async def test_nothing_to_send_asks_nothing(server: PortalServer, portal: Bitrix24Portal) -> None:
    assert await portal.send([]) == []
    assert server.received == []


@pytest.mark.parametrize(
    ("step", "kind", "code"),
    [
        (returned(False), Rejected, "NOT_CREATED"),
        (returned(True), OutcomeUnknown, "UNEXPECTED_ANSWER"),
        (returned(None), OutcomeUnknown, "UNEXPECTED_ANSWER"),
        (returned(0), OutcomeUnknown, "UNEXPECTED_ANSWER"),
        (returned(-1), OutcomeUnknown, "UNEXPECTED_ANSWER"),
        (returned(2**63), OutcomeUnknown, "UNEXPECTED_ANSWER"),
        (returned("0"), OutcomeUnknown, "UNEXPECTED_ANSWER"),
        (returned(""), OutcomeUnknown, "UNEXPECTED_ANSWER"),
        (returned("-12"), OutcomeUnknown, "UNEXPECTED_ANSWER"),
        (returned("12\n"), OutcomeUnknown, "UNEXPECTED_ANSWER"),
        (returned("١٢"), OutcomeUnknown, "UNEXPECTED_ANSWER"),
        (returned(str(2**63)), OutcomeUnknown, "UNEXPECTED_ANSWER"),
        (returned("9" * 5000), OutcomeUnknown, "UNEXPECTED_ANSWER"),
        (returned(1.5), OutcomeUnknown, "UNEXPECTED_ANSWER"),
        (returned([]), OutcomeUnknown, "UNEXPECTED_ANSWER"),
        (Reply(b'{"result": 12}', status=500), OutcomeUnknown, "UNEXPECTED_ANSWER"),
        (Reply(b'{"time": {}}'), OutcomeUnknown, "UNEXPECTED_ANSWER"),
        (Reply(b""), OutcomeUnknown, "UNEXPECTED_ANSWER"),
        (Reply(b"\xff"), OutcomeUnknown, "UNEXPECTED_ANSWER"),
        (
            Reply(b"no gzip", headers={"Content-Encoding": "gzip"}),
            OutcomeUnknown,
            "UNEXPECTED_ANSWER",
        ),
        (Reply(b'{"result": 12}' + b" " * 8 * 1024 * 1024), OutcomeUnknown, "UNEXPECTED_ANSWER"),
        (html(200), OutcomeUnknown, "UNEXPECTED_ANSWER"),
        (html(502), OutcomeUnknown, "UNEXPECTED_ANSWER"),
        (Half(b'{"result": 12, '), OutcomeUnknown, "CONNECTION_BROKEN"),
        (Drop(is_read=False), OutcomeUnknown, "CONNECTION_BROKEN"),
        (Drop(is_read=True), OutcomeUnknown, "CONNECTION_BROKEN"),
        (refused("MESSAGE_EMPTY", 400), Rejected, "MESSAGE_EMPTY"),
        (returned(12, error="MESSAGE_EMPTY"), Rejected, "MESSAGE_EMPTY"),
        (refused("NEW_CODE", 403), Rejected, "NEW_CODE"),
        (refused("NO_AUTH_FOUND", 401), PortalOnHold, "NO_AUTH_FOUND"),
        (refused("expired_token", 401), PortalOnHold, "EXPIRED_TOKEN"),
        (refused("QUERY_LIMIT_EXCEEDED", 503), TryLater, "QUERY_LIMIT_EXCEEDED"),
        (refused("QUERY_LIMIT_EXCEEDED", 200), TryLater, "QUERY_LIMIT_EXCEEDED"),
        (moved("/elsewhere"), PortalOnHold, "PORTAL_MOVED"),
        (moved("https://new.example/rest/", 307), PortalOnHold, "PORTAL_MOVED"),
        (moved("", 302), PortalOnHold, "PORTAL_MOVED"),
    ],
)
async def test_every_kind_of_answer_is_an_outcome(
    server: PortalServer,
    portal: Bitrix24Portal,
    step: Step,
    kind: type[PortalError],
    code: str,
) -> None:
    server.script(step)
    assert told(await send_one(portal)) == (kind, code)
    assert len(server.received) == (0 if step == Drop(is_read=False) else 1)


@pytest.mark.parametrize(
    "time_fields",
    [
        {},
        {"time": None},
        {"time": []},
        {"time": {"finish": "soon"}},
        {"time": {"finish": 10**400, "duration": 10**400}},
        {"next": "x", "error": ""},
    ],
)
async def test_an_id_counts_whatever_else_the_answer_holds(
    server: PortalServer, portal: Bitrix24Portal, time_fields: dict[str, object]
) -> None:
    server.script(returned(12, **time_fields))
    assert await send_one(portal) == Delivered(12)


@pytest.mark.parametrize("number", [12, "12", 2**63 - 1, str(2**63 - 1)])
async def test_an_id_counts_as_a_number_and_in_digits(
    server: PortalServer, portal: Bitrix24Portal, number: int | str
) -> None:
    server.script(returned(number))
    assert await send_one(portal) == Delivered(int(number))


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (ssl.SSLError(1, "bad record"), "CONNECTION_BROKEN"),
        (OSError("no more files"), "CONNECTION_BROKEN"),
        (TimeoutError(), "TIMEOUT"),
        (RuntimeError("a secret text"), "UNEXPECTED_FAULT"),
    ],
)
async def test_whatever_breaks_on_the_way_is_an_outcome_that_tells_no_text(
    server: PortalServer, caplog: pytest.LogCaptureFixture, fault: Exception, code: str
) -> None:
    def fail(_: httpx.Request) -> NoReturn:
        raise fault

    transport = httpx.MockTransport(fail)
    async with Bitrix24Portal(Webhook.parse(server.webhook), transport=transport) as portal:
        outcome = await send_one(portal)
    assert told(outcome) == (OutcomeUnknown, code)
    assert "secret" not in f"{outcome} {caplog.text}"
    assert ("could not be sent (RuntimeError)" in caplog.text) == (code == "UNEXPECTED_FAULT")


@pytest.mark.parametrize("step", [Stall(), Drip(), Reply(b'{"result": 1}', delay_seconds=30)])
async def test_an_answer_that_does_not_come_in_time_leaves_the_outcome_unknown(
    server: PortalServer, step: Step
) -> None:
    server.script(step)
    async with Bitrix24Portal(Webhook.parse(server.webhook), timeout_seconds=2) as portal:
        assert told(await send_one(portal)) == (OutcomeUnknown, "TIMEOUT")


async def test_after_a_broken_connection_the_next_call_works(
    server: PortalServer, portal: Bitrix24Portal
) -> None:
    server.script(Drop(), Half(b"{"), html(502), returned(False))
    kinds = [type(await send_one(portal)) for _ in range(5)]
    assert kinds == [OutcomeUnknown, OutcomeUnknown, OutcomeUnknown, Rejected, Delivered]


async def test_after_the_time_limit_the_pause_ends_when_the_last_good_answer_said(
    server: PortalServer, portal: Bitrix24Portal
) -> None:
    times = {"finish": FINISH, "operating": 479.5, "operating_reset_at": FINISH + 240}
    limit = refused("OPERATION_TIME_LIMIT", 429)
    server.script(limit, returned(3, time=times), limit)
    unknown = await send_one(portal)
    await send_one(portal)
    known = await send_one(portal)
    assert isinstance(unknown, TryLater)
    assert unknown.retry_after_seconds == 60
    assert isinstance(known, TryLater)
    assert known.retry_after_seconds == pytest.approx(240, abs=10)


async def test_nobody_listening_is_certainly_not_delivered() -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    async with Bitrix24Portal(Webhook.parse(f"http://127.0.0.1:{port}/rest/1/{SECRET}/")) as portal:
        assert told(await send_one(portal)) == (TryLater, "CONNECTION_ERROR")


async def test_a_host_that_no_name_server_knows_is_certainly_not_delivered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def know_nobody(*_: object, **__: object) -> NoReturn:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", know_nobody)
    async with Bitrix24Portal(Webhook.parse(f"https://a.invalid/rest/1/{SECRET}/")) as portal:
        assert told(await send_one(portal)) == (TryLater, "CONNECTION_ERROR")


async def test_a_host_without_tls_never_gets_the_request(server: PortalServer) -> None:
    address = server.webhook.replace("http://", "https://")
    async with Bitrix24Portal(Webhook.parse(address), timeout_seconds=5) as portal:
        assert told(await send_one(portal)) == (TryLater, "CONNECTION_ERROR")
    assert server.received == []


async def test_a_host_that_never_finishes_connecting_is_certainly_not_delivered() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"https://127.0.0.1:{silent.getsockname()[1]}/rest/1/{SECRET}/"
        async with Bitrix24Portal(Webhook.parse(address), timeout_seconds=1.5) as portal:
            assert told(await send_one(portal)) == (TryLater, "CONNECTION_ERROR")


async def test_a_proxy_of_the_environment_is_not_used_for_this_machine(
    server: PortalServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    async with Bitrix24Portal(Webhook.parse(server.webhook)) as portal:
        assert await send_one(portal) == Delivered(1)


async def test_a_portals_cookies_are_not_sent_back(
    server: PortalServer, portal: Bitrix24Portal
) -> None:
    server.script(Reply(b'{"result": 1}', headers={"Set-Cookie": "PHPSESSID=1; Path=/"}))
    await send_one(portal)
    await send_one(portal)
    assert "Cookie" not in server.received[1].headers


async def test_an_id_that_is_only_the_time_says_that_the_person_has_switched_it_off(
    server: PortalServer, portal: Bitrix24Portal
) -> None:
    server.script(*(returned(int(FINISH) + seconds) for seconds in (0, 5, -4, 6, -3600)))
    outcomes = [await send_one(portal) for _ in range(5)]
    assert [told(outcome) for outcome in outcomes[:3]] == [(Rejected, "SWITCHED_OFF")] * 3
    assert outcomes[3:] == [Delivered(int(FINISH) + 6), Delivered(int(FINISH) - 3600)]


async def test_another_transport_can_stand_in_for_the_network(server: PortalServer) -> None:
    transport = httpx.MockTransport(lambda request: httpx.Response(200, json={"result": 8}))
    async with Bitrix24Portal(Webhook.parse(server.webhook), transport=transport) as portal:
        assert await send_one(portal) == Delivered(8)
    assert server.received == []


_TRIMMED = " \t\n\r\0\x0b"


@given(message=st.text(st.characters()), other=st.text(st.characters(), max_size=50))
async def test_any_text_arrives_as_it_was_half_characters_aside(
    server: PortalServer, portal: Bitrix24Portal, message: str, other: str
) -> None:
    assume(message.strip(_TRIMMED))
    sent = notification(message, message_out=other, tag=other, sub_tag=other)
    assert isinstance(await send_one(portal, sent), Delivered)
    request = server.received[-1]
    request.body.decode("utf-8", "strict")
    assert request.parameters["MESSAGE"] == whole(message)
    for name in ("MESSAGE_OUT", "TAG", "SUB_TAG"):
        assert request.parameters.get(name, "") == whole(other)


def whole(text: str) -> str:
    joined = re.sub(
        "[\ud800-\udbff][\udc00-\udfff]",
        lambda pair: chr(0x10000 + (ord(pair[0][0]) - 0xD800) * 0x400 + ord(pair[0][1]) - 0xDC00),
        text,
    )
    return re.sub("[\ud800-\udfff]", "\ufffd", joined)


@pytest.mark.parametrize(
    "text",
    [
        "a\0b",
        "a&b=c+d%20#e",
        "$result[x][y]",
        "a\r\nb\u2028c",
        "Привет 👋🏽",
        "\\n \" '",
        "\ufeffx",
    ],
)
async def test_a_difficult_text_arrives_byte_for_byte(
    server: PortalServer, portal: Bitrix24Portal, text: str
) -> None:
    assert isinstance(await send_one(portal, notification(text)), Delivered)
    assert server.received[0].parameters["MESSAGE"] == text


async def test_half_characters_are_replaced_and_the_log_says_so(
    server: PortalServer, portal: Bitrix24Portal, caplog: pytest.LogCaptureFixture
) -> None:
    await send_one(portal, notification("a\ud83d b\ude00 \ud83d\ude00"))
    assert server.received[0].parameters["MESSAGE"] == "a\ufffd b\ufffd \U0001f600"
    assert "half characters" in caplog.text
