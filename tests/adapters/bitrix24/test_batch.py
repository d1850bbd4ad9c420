"""Several notifications in one request, over real HTTP."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from adapters.bitrix24.answers import Answer, Times
from adapters.bitrix24.batch import MOST_CALLS, Batch, Call, is_substituted
from adapters.sandbox.php_form import parse_form
from bridge.delivery.notification import Delivered, Notification, Outcome
from bridge.errors import OutcomeUnknown, PortalError, PortalOnHold, Rejected, TryLater
from bridge.people.identity import BitrixUserId, Recipient
from tests.fakes.portal_server import (
    FINISH,
    Drop,
    Each,
    Half,
    PortalServer,
    Step,
    html,
    refused,
    returned,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from adapters.bitrix24.client import Bitrix24Portal

ATTACH = '{"BLOCKS":[{"MESSAGE":"x & y"}]}'


def notification(message: str = "Hello", *, user_id: int = 5, attach: str = "") -> Notification:
    return Notification(
        recipient=Recipient(BitrixUserId(user_id)),
        message=message,
        message_out="out",
        tag="t",
        attach=attach,
    )


def several(count: int = 3) -> list[Notification]:
    return [notification(str(number), user_id=number + 1) for number in range(count)]


def told(outcome: Outcome) -> tuple[type, str]:
    assert isinstance(outcome, PortalError)
    return type(outcome), outcome.code


def read_commands(server: PortalServer, number: int = -1) -> list[dict[str, object]]:
    commands: Mapping[str, str] = server.received[number].parameters["cmd"]
    queries = [command.partition("?") for command in commands.values()]
    assert {method for method, _, _ in queries} == {"im.notify.personal.add"}
    return [parse_form(query) for _, _, query in queries]


async def test_several_go_in_one_request_in_their_order(
    server: PortalServer, portal: Bitrix24Portal
) -> None:
    assert await portal.send(several()) == [Delivered(1), Delivered(2), Delivered(3)]
    (request,) = server.received
    assert request.method == "batch"
    assert request.headers["Content-Type"] == "application/json; charset=utf-8"
    assert request.parameters["halt"] == 0
    assert [command["MESSAGE"] for command in read_commands(server)] == ["0", "1", "2"]


async def test_a_call_in_a_batch_has_all_its_parameters(
    server: PortalServer, portal: Bitrix24Portal
) -> None:
    await portal.send([notification(attach=ATTACH), notification()])
    first, second = read_commands(server)
    assert second == {
        "USER_ID": "5",
        "MESSAGE": "Hello",
        "MESSAGE_OUT": "out",
        "TAG": "t",
        "CLIENT_ID": "b24bridge",
    }
    assert first == second | {"ATTACH": ATTACH}


async def test_a_notification_of_the_portal_is_sent_by_another_method(
    server: PortalServer, portal: Bitrix24Portal
) -> None:
    of_portal = msgspec.structs.replace(notification(), is_system=True)
    await portal.send([of_portal])
    await portal.send([of_portal, notification()])
    single, batch = server.received
    assert single.method == "im.notify.system.add"
    methods = [command.partition("?")[0] for command in batch.parameters["cmd"].values()]
    assert methods == ["im.notify.system.add", "im.notify.personal.add"]


async def test_the_keys_of_a_batch_cannot_be_guessed(
    server: PortalServer, portal: Bitrix24Portal
) -> None:
    await portal.send(several())
    await portal.send(several())
    first, second = (set(request.parameters["cmd"]) for request in server.received)
    assert not first & second
    assert all(re.fullmatch(r"b[0-9a-f]{16}n[0-9]+", key) for key in first | second)


async def test_what_is_refused_before_sending_is_not_in_the_batch(
    server: PortalServer, portal: Bitrix24Portal
) -> None:
    wrong = notification("", user_id=9)
    outcomes = await portal.send([wrong, *several(2), wrong])
    assert outcomes[1:3] == [Delivered(1), Delivered(2)]
    assert told(outcomes[0]) == told(outcomes[3]) == (Rejected, "MESSAGE_EMPTY")
    assert len(read_commands(server)) == 2


async def test_one_that_is_left_is_a_single_call(
    server: PortalServer, portal: Bitrix24Portal
) -> None:
    outcomes = await portal.send([notification(""), notification()])
    assert outcomes[1] == Delivered(1)
    assert server.received[0].method == "im.notify.personal.add"
    assert await portal.send([notification(""), notification("")])
    assert len(server.received) == 1


async def test_a_request_carries_as_many_as_the_portal_takes(portal: Bitrix24Portal) -> None:
    assert portal.request_size == MOST_CALLS == 50


@pytest.mark.parametrize(
    ("step", "kind", "code"),
    [
        (html(200), OutcomeUnknown, "UNEXPECTED_ANSWER"),
        (html(502), OutcomeUnknown, "UNEXPECTED_ANSWER"),
        (refused("INTERNAL_SERVER_ERROR", 500), OutcomeUnknown, "INTERNAL_SERVER_ERROR"),
        (returned(7), OutcomeUnknown, "UNEXPECTED_ANSWER"),
        (returned([]), OutcomeUnknown, "UNEXPECTED_ANSWER"),
        (returned({"result": [1, 2, 3], "result_error": []}), OutcomeUnknown, "UNEXPECTED_ANSWER"),
        (returned({"result": {}, "result_error": "no"}), OutcomeUnknown, "UNEXPECTED_ANSWER"),
        (Half(b"{"), OutcomeUnknown, "CONNECTION_BROKEN"),
        (Drop(), OutcomeUnknown, "CONNECTION_BROKEN"),
        (refused("QUERY_LIMIT_EXCEEDED", 503, retry_after="7"), TryLater, "QUERY_LIMIT_EXCEEDED"),
        (refused("ACCESS_DENIED", 403), PortalOnHold, "ACCESS_DENIED"),
    ],
)
async def test_what_becomes_of_the_whole_becomes_of_each(
    server: PortalServer, portal: Bitrix24Portal, step: Step, kind: type[PortalError], code: str
) -> None:
    server.script(step)
    outcomes = await portal.send(several())
    assert [told(outcome) for outcome in outcomes] == [(kind, code)] * 3
    assert len({id(outcome) for outcome in outcomes}) == 3
    for outcome in outcomes:
        if isinstance(outcome, TryLater):
            assert outcome.retry_after_seconds == 7


CALLS = Batch([Call("m", {"n": number}) for number in range(3)])
KEYS = list(CALLS.commands)


def read(results: object, errors: object, times: object = None) -> list[Answer | PortalError]:
    maps = {"result": results, "result_error": errors, "result_time": times}
    return list(CALLS.read(Answer(maps)))


@pytest.mark.parametrize("nothing", [[], {}])
def test_empty_maps_come_as_lists(nothing: object) -> None:
    outcomes = read(nothing, nothing, nothing)
    assert [getattr(outcome, "code", None) for outcome in outcomes] == ["NOT_EXECUTED"] * 3
    assert {type(outcome) for outcome in outcomes} == {TryLater}


def test_each_call_has_its_own_outcome_by_its_key() -> None:
    first, second, third = read(
        {KEYS[2]: 12}, {KEYS[0]: {"error": "MESSAGE_EMPTY", "error_description": "No"}}
    )
    assert isinstance(third, Answer)
    assert third.result == 12
    assert isinstance(first, Rejected)
    assert (first.code, first.detail) == ("MESSAGE_EMPTY", "HTTP 200 No")
    assert isinstance(second, TryLater)


@pytest.mark.parametrize("error", [None, [], "no", {}, {"error": None}])
def test_an_error_that_says_nothing_leaves_the_outcome_unknown(error: object) -> None:
    outcome = read({KEYS[0]: 12}, {KEYS[0]: error})[0]
    assert isinstance(outcome, OutcomeUnknown)


def test_what_is_foreign_in_an_answer_is_left_alone() -> None:
    outcomes = read({"x": 1, KEYS[0]: None}, {"y": {"error": "MESSAGE_EMPTY"}}, {KEYS[0]: "soon"})
    assert isinstance(outcomes[0], Answer)
    assert [type(outcome) for outcome in outcomes[1:]] == [TryLater, TryLater]


async def test_each_call_is_judged_by_its_own_result_and_time(
    server: PortalServer, portal: Bitrix24Portal
) -> None:
    server.script(Each([False, int(FINISH) + 10, int(FINISH), "12", None]))
    outcomes = await portal.send(several(5))
    assert told(outcomes[0]) == (Rejected, "NOT_CREATED")
    assert told(outcomes[1]) == (Rejected, "SWITCHED_OFF")
    assert outcomes[2:4] == [Delivered(int(FINISH)), Delivered(12)]
    assert told(outcomes[4]) == (OutcomeUnknown, "UNEXPECTED_ANSWER")


def test_a_call_without_a_time_is_judged_by_that_of_the_batch() -> None:
    outcome = CALLS.read(Answer({"result": {KEYS[0]: 5}, "result_error": []}, times=Times(7.0)))[0]
    assert outcome == Answer(5, times=Times(7.0))


@pytest.mark.parametrize(
    ("code", "size"),
    [("ERROR_BATCH_METHOD_NOT_ALLOWED", 1), ("ERROR_BATCH_LENGTH_EXCEEDED", 10)],
)
async def test_a_portal_that_refuses_batches_gets_smaller_requests(
    server: PortalServer, portal: Bitrix24Portal, code: str, size: int
) -> None:
    server.script(refused(code))
    outcomes = await portal.send(several(20))
    assert {told(outcome) for outcome in outcomes} == {(TryLater, code)}
    assert portal.request_size == size


TEXTS = st.text(st.characters())
_TRIMMED = " \t\n\r\0\x0b"


@given(first=TEXTS, second=TEXTS)
async def test_any_text_is_read_by_php_as_it_was_half_characters_aside(
    server: PortalServer, portal: Bitrix24Portal, first: str, second: str
) -> None:
    assume(first.strip(_TRIMMED) and second.strip(_TRIMMED))
    await portal.send([notification(first), notification(second)])
    assert [command["MESSAGE"] for command in read_commands(server)] == [
        whole(first),
        whole(second),
    ]


@pytest.mark.parametrize(
    "text",
    ["a\0b", "a&b=c+d%20#e", "\x01\x7f", "a\r\nb\u2028c", "Привет 👋🏽", "\\n \" '", "\ufeffx"],
)
async def test_a_difficult_text_is_read_by_php_byte_for_byte(
    server: PortalServer, portal: Bitrix24Portal, text: str
) -> None:
    await portal.send([notification(text), notification()])
    assert read_commands(server)[0]["MESSAGE"] == text


def whole(text: str) -> str:
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


PATTERN = re.compile(r"\$(result|next|total|time|error)\S*\[", re.ASCII | re.IGNORECASE)


@pytest.mark.parametrize(
    "text",
    [
        "$result[x]",
        "id is $result[earlier],then",
        "$Error[a][b]",
        "$NEXTпривет[x]",
        "x$time\u00a0[y]",
        "$$total[",
        "$result x$result[",
    ],
)
async def test_what_a_batch_would_change_travels_alone(portal: Bitrix24Portal, text: str) -> None:
    assert PATTERN.search(text)
    assert portal.travels_alone(notification(text))
    for name in ("message_out", "tag", "sub_tag", "attach"):
        assert portal.travels_alone(msgspec.structs.replace(notification(), **{name: text}))


@pytest.mark.parametrize(
    "text",
    ["", "$result", "$ result[x]", "$result x[y]", "result[x]", "$\u2060result[x]", "$re[x]"],
)
async def test_everything_else_travels_with_others(portal: Bitrix24Portal, text: str) -> None:
    assert not portal.travels_alone(notification(text))


PIECES = ["$", "$result", "TIME", "[", "]", " ", "\n", "x", "\u00a0", "ſ", "$re"]


@given(st.lists(st.sampled_from(PIECES)).map("".join))
def test_exactly_what_the_portal_looks_for_is_found(text: str) -> None:
    assert is_substituted(text) == bool(PATTERN.search(text))


def test_looking_for_it_takes_no_longer_than_the_text() -> None:
    assert not is_substituted("$result" * 200_000)
