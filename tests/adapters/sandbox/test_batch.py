from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import httpx
import pytest

from adapters.sandbox.bucket import LeakyBucket
from adapters.sandbox.errors import DOCUMENTED
from adapters.sandbox.faults import Fault
from adapters.sandbox.operating import OperatingTime

if TYPE_CHECKING:
    from adapters.sandbox.portal import SandboxPortal

NOTIFY = "im.notify.personal.add"


def notify(message: str, user_id: object = 5, **more: str) -> str:
    fields = {"USER_ID": user_id, "MESSAGE": message, **more}
    return f"{NOTIFY}?" + "&".join(f"{name}={quote(str(value))}" for name, value in fields.items())


async def batch(webhook: httpx.AsyncClient, cmd: object, halt: object = 0) -> dict[str, Any]:
    response = await webhook.post("batch", json={"halt": halt, "cmd": cmd})
    assert response.status_code == 200
    body = response.json()
    assert list(body) == ["result", "time"]
    result: dict[str, Any] = body["result"]
    assert set(result) == {
        "result",
        "result_error",
        "result_total",
        "result_next",
        "result_time",
    }
    return result


def messages(portal: SandboxPortal) -> list[str]:
    return [notification.message for notification in portal.ledger]


async def test_each_call_has_its_own_answer_or_error(
    webhook: httpx.AsyncClient, portal: SandboxPortal
) -> None:
    result = await batch(
        webhook,
        {"a": notify("one"), "b": notify("", 5), "c": "user.get", "d": "no.such", "e": notify("2")},
    )
    assert list(result["result"]) == ["a", "c", "e"]
    assert (result["result"]["a"], result["result"]["e"]) == (1, 2)
    assert result["result_error"] == {
        "b": {"error": "MESSAGE_EMPTY", "error_description": "Message can't be empty"},
        "d": {"error": "ERROR_METHOD_NOT_FOUND", "error_description": "Method not found!"},
    }
    assert result["result_total"] == {"c": 5}
    assert result["result_next"] == []
    assert list(result["result_time"]) == ["a", "c", "e"]
    assert messages(portal) == ["one", "2"]


async def test_what_is_empty_is_a_list_and_so_are_calls_that_are_numbered(
    webhook: httpx.AsyncClient,
) -> None:
    nothing: dict[str, object] = {
        "result": [],
        "result_error": [],
        "result_total": [],
        "result_next": [],
        "result_time": [],
    }
    empty: tuple[object, ...] = ({}, [], None, "user.get")
    for cmd in empty:
        assert await batch(webhook, cmd) == nothing
    assert (await batch(webhook, [notify("a"), notify("b")]))["result"] == [1, 2]
    assert (await batch(webhook, ["no.such", notify("c")]))["result"] == {"1": 3}


async def test_a_form_says_the_same_with_its_calls_encoded_twice(
    webhook: httpx.AsyncClient, portal: SandboxPortal
) -> None:
    text = "a & b + c % d # e = ё 👋"
    fields = {"halt": "0", "cmd[x]": notify(text)}
    for response in (
        await webhook.post("batch", data=fields),
        await webhook.get("batch", params=fields),
        await webhook.post("batch.json", data={"cmd[0]": notify(text)}),
    ):
        assert response.status_code == 200
    assert messages(portal) == [text] * 3


async def test_the_query_of_a_call_is_read_as_php_reads_it(
    webhook: httpx.AsyncClient, portal: SandboxPortal
) -> None:
    await batch(
        webhook,
        {
            "nested": notify("1") + "&ATTACH[0][MESSAGE]=x&ATTACH[1][DELIMITER][SIZE]=9",
            "encoded": notify("2") + "&ATTACH%5B0%5D%5BMESSAGE%5D=y",
            "hash": f"{NOTIFY}?USER_ID=5&MESSAGE=before#after",
            "control": f"{NOTIFY}?USER_ID=5&MESSAGE=a\nb\tc\x7fd",
            "kept": notify("a\nb\tc\x00d"),
            "plus": f"{NOTIFY}?MESSAGE=a+b&USER_ID=5",
        },
    )
    assert [n.attach for n in portal.ledger[:2]] == [
        '[{"MESSAGE":"x"},{"DELIMITER":{"SIZE":"9"}}]',
        '[{"MESSAGE":"y"}]',
    ]
    assert messages(portal)[2:] == ["before", "a_b_c_d", "a\nb\tc\x00d", "a b"]


@pytest.mark.parametrize("halt", [1, True, "1", "true", "0"])
async def test_a_batch_that_halts_ends_with_the_first_error(
    webhook: httpx.AsyncClient, portal: SandboxPortal, halt: object
) -> None:
    cmd = {"a": notify("one"), "b": "no.such", "c": notify("never"), "d": "no.such"}
    result = await batch(webhook, cmd, halt)
    halts = halt != "0"
    assert list(result["result_error"]) == (["b"] if halts else ["b", "d"])
    assert messages(portal) == (["one"] if halts else ["one", "never"])


async def test_what_is_beyond_fifty_calls_is_refused(
    webhook: httpx.AsyncClient, portal: SandboxPortal
) -> None:
    result = await batch(webhook, {f"k{n}": notify(str(n)) for n in range(52)})
    assert len(result["result"]) == len(portal.ledger) == 50
    assert {key: error["error"] for key, error in result["result_error"].items()} == {
        "k50": "ERROR_BATCH_LENGTH_EXCEEDED",
        "k51": "ERROR_BATCH_LENGTH_EXCEEDED",
    }


async def test_a_batch_within_a_batch_is_refused(webhook: httpx.AsyncClient) -> None:
    result = await batch(webhook, {"a": "batch?cmd[x]=profile", "b": "BATCH"})
    assert result["result"] == []
    assert [error["error"] for error in result["result_error"].values()] == [
        "ERROR_BATCH_METHOD_NOT_ALLOWED"
    ] * 2


async def test_a_call_that_is_no_text_is_not_carried_out(webhook: httpx.AsyncClient) -> None:
    result = await batch(webhook, {"a": ["profile"], "b": None, "c": "profile"})
    assert (list(result["result"]), result["result_error"]) == (["c"], [])


async def test_a_batch_is_one_request_and_each_call_one_of_its_method(
    webhook: httpx.AsyncClient, portal: SandboxPortal
) -> None:
    portal.bucket = LeakyBucket(1, leak_per_second=0.001)
    await batch(webhook, [notify("x")] * 50)
    refused = await webhook.post("batch", json={"cmd": ["profile"]})
    assert (refused.status_code, refused.json()["error"]) == (503, "QUERY_LIMIT_EXCEEDED")
    assert (portal.counters.requests, portal.counters.refused) == (2, 1)
    assert portal.counters.by_method == {NOTIFY: 50}


async def test_operating_is_counted_for_each_call_and_limited(
    webhook: httpx.AsyncClient, portal: SandboxPortal
) -> None:
    portal.call_seconds = 0.2
    portal.operating = OperatingTime(limit_seconds=0.35)
    response = await webhook.post("batch", json={"cmd": [notify("x")] * 4 + ["profile"]})
    body = response.json()
    assert "operating" not in body["time"]
    result = body["result"]
    times = [result["result_time"][key]["operating"] for key in ("0", "1", "4")]
    assert times[0] < times[1]
    assert times[2] < times[1]
    assert {e["error"] for e in result["result_error"].values()} == {"OPERATION_TIME_LIMIT"}
    assert list(result["result_error"]) == ["2", "3"]


# ---- references to earlier answers


@pytest.mark.parametrize(
    ("text", "arrives"),
    [
        ("id is $result[first],then more", "id is 1 more"),
        ("$result[first]", "1"),
        ("$RESULT[first]!", "1"),
        ("$Result[first][x][y]", "1"),
        ("by $result[me][NAME] $result[me][LAST_NAME],", "by Maria Weber"),
        ("$result[people][4][NAME]", "Anna"),
        ("of $total[people].", "of 5"),
        ("why: $error[bad][error]", "why: ERROR_METHOD_NOT_FOUND"),
        ("gone: $result[nobody][NAME] here", "gone:  here"),
        ("a list: $result[people] here", "a list:  here"),
        ("next is $next[people]x", "next is"),
        ("$results[first]", "1"),
        ("$resultant[first] of it", "1 of it"),
        ("costs $5 or $result", "costs $5 or $result"),
        ("$result first]", "$result first]"),
        ("$result[]", "$result[]"),
        ("$\u2060result[first]", "$\u2060result[first]"),
        ("$result[first]\u00a0stays in the run", "1 in the run"),
        ("$$result[first]", "$1"),
        (r"\$result[first]", r"\1"),
    ],
)
async def test_a_reference_is_replaced_after_decoding(
    webhook: httpx.AsyncClient, portal: SandboxPortal, text: str, arrives: str
) -> None:
    await batch(
        webhook,
        {
            "first": notify("the first"),
            "me": "user.current",
            "people": "user.get",
            "bad": "no.such",
            "last": notify(text),
        },
    )
    assert messages(portal) == ["the first", arrives]


async def test_a_text_that_is_a_reference_to_nothing_is_empty(webhook: httpx.AsyncClient) -> None:
    result = await batch(webhook, {"a": notify("$result[x]")})
    assert result["result_error"]["a"]["error"] == "MESSAGE_EMPTY"


async def test_a_reference_may_stand_deep_and_mean_a_list(
    webhook: httpx.AsyncClient, portal: SandboxPortal
) -> None:
    portal.scope = frozenset({"im", "user"})
    result = await batch(
        webhook,
        {
            "anna": "user.get?FILTER[EMAIL]=anna@corp.example",
            "her": "user.get?FILTER[ID][]=$result[anna][0][ID]",
            "tell": f"{NOTIFY}?USER_ID=$result[anna][0][ID]&MESSAGE=hi",
            "time": notify("$time[anna][operating]"),
        },
    )
    assert [user["ID"] for user in result["result"]["her"]] == ["5"]
    assert portal.ledger[0].user_id == 5
    assert float(portal.ledger[1].message) >= 0


async def test_a_single_call_replaces_nothing(
    webhook: httpx.AsyncClient, portal: SandboxPortal
) -> None:
    await webhook.post(NOTIFY, json={"USER_ID": 5, "MESSAGE": "$result[x][y] stays"})
    assert messages(portal) == ["$result[x][y] stays"]


# ---- faults


@pytest.mark.parametrize("code", sorted(DOCUMENTED))
async def test_a_call_of_a_batch_can_be_refused_with_any_error(
    webhook: httpx.AsyncClient, portal: SandboxPortal, code: str
) -> None:
    portal.faults.append(Fault(code=code, method=NOTIFY))
    result = await batch(webhook, {"a": "profile", "b": notify("one"), "c": notify("two")})
    assert list(result["result"]) == ["a", "c"]
    assert result["result_error"] == {
        "b": {"error": code, "error_description": DOCUMENTED[code][1]}
    }


@pytest.mark.parametrize("code", sorted(DOCUMENTED))
async def test_a_whole_batch_can_be_refused_with_any_error(
    webhook: httpx.AsyncClient, portal: SandboxPortal, code: str
) -> None:
    portal.faults.append(Fault(code=code))
    response = await webhook.post("batch", json={"cmd": {"a": notify("one")}})
    assert (response.status_code, response.json()["error"]) == (DOCUMENTED[code][0], code)
    assert portal.ledger == []


async def test_a_call_can_be_carried_out_and_refused_all_the_same(
    webhook: httpx.AsyncClient, portal: SandboxPortal
) -> None:
    portal.faults.append(
        Fault(method=NOTIFY, code="INTERNAL_SERVER_ERROR", after_processing=True, calls=2)
    )
    result = await batch(webhook, {key: notify(key) for key in "abc"})
    assert (list(result["result"]), list(result["result_error"])) == (["c"], ["a", "b"])
    assert messages(portal) == ["a", "b", "c"]


@pytest.mark.parametrize(("after_processing", "done"), [(False, ["a"]), (True, ["a", "b"])])
async def test_a_batch_can_break_in_the_middle(
    webhook: httpx.AsyncClient, portal: SandboxPortal, after_processing: bool, done: list[str]
) -> None:
    cmd = {"a": notify("a"), "in between": "profile", "b": notify("b"), "c": notify("c")}
    portal.faults.append(Fault(method="profile", code="OVERLOAD_LIMIT"))
    portal.faults.append(Fault(method=NOTIFY, latency_seconds=0.001))
    portal.faults.append(
        Fault(method=NOTIFY, drops_connection=True, after_processing=after_processing)
    )
    with pytest.raises(httpx.TransportError):
        await webhook.post("batch", json={"cmd": cmd})
    assert messages(portal) == done


async def test_a_page_instead_of_json_is_the_answer_to_the_whole_batch(
    webhook: httpx.AsyncClient, portal: SandboxPortal
) -> None:
    portal.faults.append(Fault(method=NOTIFY, page="<h1>502</h1>", status=502))
    response = await webhook.post("batch", json={"cmd": [notify("a")]})
    assert (response.status_code, response.text) == (502, "<h1>502</h1>")


@pytest.mark.parametrize("after_processing", [False, True])
async def test_a_batch_is_lost_before_or_after_it_is_carried_out(
    webhook: httpx.AsyncClient, portal: SandboxPortal, after_processing: bool
) -> None:
    portal.faults.append(
        Fault(method="batch", drops_connection=True, after_processing=after_processing)
    )
    await webhook.post("profile")
    with pytest.raises(httpx.TransportError):
        await webhook.post("batch", json={"cmd": [notify("a"), notify("b")]})
    assert messages(portal) == (["a", "b"] if after_processing else [])


async def test_a_fault_of_no_method_is_for_requests_not_for_the_calls_in_them(
    webhook: httpx.AsyncClient, portal: SandboxPortal
) -> None:
    portal.faults.append(Fault(latency_seconds=0.001, calls=2))
    await batch(webhook, [notify("x")] * 3)
    assert [fault.calls for fault in portal.faults] == [1]
    await webhook.post("profile")
    assert not portal.faults


async def test_a_fault_is_for_so_many_calls_or_a_share_of_them(
    webhook: httpx.AsyncClient, portal: SandboxPortal
) -> None:
    portal.faults.append(Fault(method=NOTIFY, code="OVERLOAD_LIMIT", calls=100, share=0.5))
    hit = 0
    for _ in range(3):
        hit += len((await batch(webhook, [notify("x")] * 40))["result_error"])
    assert 30 < hit < 70
    assert not portal.faults
    portal.faults.append(Fault(method=NOTIFY, code="OVERLOAD_LIMIT", calls=0))
    assert len((await batch(webhook, [notify("x")] * 40))["result_error"]) == 40
    assert len(portal.faults) == 1
