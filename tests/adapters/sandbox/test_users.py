from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from adapters.sandbox.people import Person

if TYPE_CHECKING:
    import httpx

    from adapters.sandbox.portal import SandboxPortal


async def ids(webhook: httpx.AsyncClient, params: dict[str, object]) -> list[str]:
    response = await webhook.post("user.get", json=params)
    assert response.status_code == 200
    return [user["ID"] for user in response.json()["result"]]


async def test_a_user_has_the_documented_fields(webhook: httpx.AsyncClient) -> None:
    response = await webhook.post("user.get", json={"FILTER": {"ID": 5}})
    body = response.json()
    assert list(body) == ["result", "total", "time"]
    assert body["total"] == 1
    assert body["result"] == [
        {
            "ID": "5",
            "ACTIVE": True,
            "NAME": "Anna",
            "LAST_NAME": "Petrova",
            "EMAIL": "anna@corp.example",
            "WORK_POSITION": "Backend Engineer",
            "UF_DEPARTMENT": [1],
            "USER_TYPE": "employee",
        }
    ]


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({}, ["1", "2", "3", "4", "5"]),
        ({"FILTER": {"EMAIL": "anna@corp.example"}}, ["5"]),
        ({"FILTER": {"EMAIL": "ANNA@Corp.example"}}, ["5"]),
        ({"filter": {"email": "anna@corp.example"}}, ["5"]),
        ({"FILTER": {"EMAIL": "nobody@corp.example"}}, []),
        ({"FILTER": {"EMAIL": ["anna@corp.example", "boris@corp.example"]}}, ["2", "5"]),
        ({"FILTER": {"ID": "5"}}, ["5"]),
        ({"FILTER": {"ID": [1, "2", 99]}}, ["1", "2"]),
        ({"FILTER": {"@ID": [1, 2]}}, ["1", "2"]),
        ({"FILTER": {"ID": []}}, []),
        ({"FILTER": {"ACTIVE": True}}, ["1", "2", "3", "5"]),
        ({"FILTER": {"ACTIVE": "Y"}}, ["1", "2", "3", "5"]),
        ({"FILTER": {"ACTIVE": False}}, ["4"]),
        ({"FILTER": {"ACTIVE": "N"}}, ["4"]),
        ({"FILTER": {"EMAIL": "dmitri@corp.example", "ACTIVE": True}}, []),
        ({"EMAIL": "anna@corp.example"}, ["5"]),
        ({"FILTER": {"UF_PHONE_INNER": "7"}}, ["1", "2", "3", "4", "5"]),
        ({"FILTER": {"ACTIVE": True}, "SORT": "NAME", "ORDER": "DESC"}, ["1", "3", "2", "5"]),
        ({"ORDER": "desc"}, ["5", "4", "3", "2", "1"]),
        ({"FILTER": {"!ID": 1, "!=ACTIVE": False}}, ["2", "3", "5"]),
        ({"FILTER": {"!@ID": [1, 2, 3]}}, ["4", "5"]),
        ({"FILTER": {">ID": 3}}, ["4", "5"]),
        ({"FILTER": {">=ID": 3, "<ID": 5}}, ["3", "4"]),
        ({"FILTER": {"<=ID": "2"}}, ["1", "2"]),
        ({"FILTER": {"%NAME": "ri"}}, ["1", "2", "4"]),
        ({"FILTER": {"=%NAME": "%ri"}}, ["4"]),
        ({"FILTER": {"%=NAME": "%ris"}}, ["2"]),
        ({"FILTER": {"!%NAME": "ri"}}, ["3", "5"]),
        ({"FILTER": {"NAME": ["anna", "MARIA"]}}, ["1", "5"]),
        ({"FILTER": {"LAST_NAME": "Petrova", "UF_DEPARTMENT": 1}}, ["5"]),
        ({"FILTER": {"UF_DEPARTMENT": 2}}, []),
        ({"FILTER": {"USER_TYPE": "employee"}}, ["1", "2", "3", "4", "5"]),
    ],
)
async def test_users_are_filtered_and_sorted(
    webhook: httpx.AsyncClient, params: dict[str, object], expected: list[str]
) -> None:
    assert await ids(webhook, params) == expected


async def test_a_filter_in_a_query_is_nested_as_php_does(webhook: httpx.AsyncClient) -> None:
    response = await webhook.get("user.get?FILTER[ID][]=2&FILTER[ID][]=5&FILTER[ACTIVE]=1")
    assert [user["ID"] for user in response.json()["result"]] == ["2", "5"]


async def test_a_page_holds_fifty(webhook: httpx.AsyncClient, portal: SandboxPortal) -> None:
    portal.people = tuple(
        Person(
            id=number,
            name="Nn",
            last_name=str(number),
            email=f"{number}@corp.example",
            work_position="",
            handle=f"n{number}",
        )
        for number in range(1, 121)
    )
    pages = [(await webhook.post("user.get", json={"start": s})).json() for s in (0, 50, 100, 150)]
    assert [len(page["result"]) for page in pages] == [50, 50, 20, 0]
    assert [page.get("next") for page in pages] == [50, 100, None, None]
    assert {page["total"] for page in pages} == {120}
    assert [user["ID"] for page in pages for user in page["result"]] == [
        str(number) for number in range(1, 121)
    ]
    beyond = await ids(webhook, {"FILTER": {">ID": 99, "<=ID": "101"}})
    assert beyond == ["100", "101"]
    uncounted = (await webhook.post("user.get", json={"start": -1})).json()
    assert len(uncounted["result"]) == 50
    assert list(uncounted) == ["result", "time"]


@pytest.mark.parametrize(
    ("scope", "fields", "found"),
    [
        ("user", {"EMAIL", "USER_TYPE"}, ["5"]),
        ("user_basic", {"EMAIL"}, ["5"]),
        ("user_brief", set(), ["1", "2", "3", "4", "5"]),
    ],
)
async def test_what_the_scope_does_not_show_is_left_out_and_does_not_filter(
    webhook: httpx.AsyncClient,
    portal: SandboxPortal,
    scope: str,
    fields: set[str],
    found: list[str],
) -> None:
    portal.scope = frozenset({scope})
    assert await ids(webhook, {"FILTER": {"EMAIL": "anna@corp.example"}}) == found
    for method in ("user.get", "user.search"):
        [*_, anna] = (await webhook.post(method, json={"NAME": "Anna"})).json()["result"]
        assert anna.keys() & {"EMAIL", "USER_TYPE"} == fields
        assert anna["WORK_POSITION"] == "Backend Engineer"
    me = (await webhook.post("user.current")).json()["result"]
    assert me.keys() & {"EMAIL", "USER_TYPE"} == fields


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"FIND": "anna"}, ["5"]),
        ({"FIND": "engineer"}, ["2", "4", "5"]),
        ({"FIND": "anna eng"}, ["5"]),
        ({"FIND": "nna"}, []),
        ({"FILTER": {"FIND": "Pet"}}, ["5"]),
        ({"NAME": "ann%"}, ["5"]),
        ({"filter": {"LAST_NAME": "Or", "WORK_POSITION": "support"}}, ["4"]),
        ({"FILTER": {"LAST_NAME": "Or", "ACTIVE": True}}, []),
        ({}, ["1", "2", "3", "4", "5"]),
        ({"sort": "NAME", "order": "desc"}, ["1", "4", "3", "2", "5"]),
    ],
)
async def test_people_are_searched_by_names_and_position(
    webhook: httpx.AsyncClient, params: dict[str, object], expected: list[str]
) -> None:
    body = (await webhook.post("user.search", json=params)).json()
    assert [user["ID"] for user in body["result"]] == expected
    assert body["total"] == len(expected)


async def test_without_a_scope_for_people_nobody_is_shown(
    webhook: httpx.AsyncClient, portal: SandboxPortal
) -> None:
    portal.scope = frozenset({"im"})
    for method in ("user.get", "user.search", "user.current"):
        response = await webhook.post(method)
        assert (response.status_code, response.json()["error"]) == (403, "insufficient_scope")
    assert (await webhook.post("profile")).status_code == 200
