from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import httpx

    from adapters.sandbox.portal import SandboxPortal

PERSONAL = "im.notify.personal.add"
SYSTEM = "im.notify.system.add"
DELETE = "im.notify.delete"
APP = {"CLIENT_ID": "bridge"}


def bells(portal: SandboxPortal) -> list[tuple[int, str]]:
    return [(one.user_id, one.message) for one in portal.notifications]


async def add(webhook: httpx.AsyncClient, user_id: int, message: str, **more: object) -> object:
    params = {"USER_ID": user_id, "MESSAGE": message, **more}
    response = await webhook.post(PERSONAL, json=params)
    assert response.status_code == 200
    result: object = response.json()["result"]
    return result


async def test_a_system_notification_is_from_nobody_and_else_as_a_personal_one(
    webhook: httpx.AsyncClient, portal: SandboxPortal
) -> None:
    good = await webhook.post(SYSTEM, json={"USER_ID": 5, "MESSAGE": "hi", "TAG": "t", **APP})
    assert good.json()["result"] == 1
    assert (portal.ledger[0].author_id, portal.ledger[0].tag) == (0, "t")
    for params, code in (
        ({"MESSAGE": "hi"}, "USER_ID_EMPTY"),
        ({"USER_ID": 5}, "MESSAGE_EMPTY"),
        ({"USER_ID": 5, "MESSAGE": "hi", "ATTACH": "{"}, "ATTACH_ERROR"),
    ):
        response = await webhook.post(SYSTEM, json=params)
        assert (response.status_code, response.json()["error"]) == (400, code)


async def test_with_a_webhook_a_tag_counts_as_documented_but_not_as_coded(
    webhook: httpx.AsyncClient, portal: SandboxPortal
) -> None:
    for message in ("old", "new"):
        await add(webhook, 5, message, TAG="t", **APP)
    assert bells(portal) == [(5, "new")]
    portal.tags = "coded"
    await add(webhook, 5, "newer", TAG="t", **APP)
    assert bells(portal) == [(5, "new"), (5, "newer")]
    assert portal.ledger[-1].tag == ""


async def test_somebody_who_wants_no_notifications_gets_none_and_the_id_is_the_time(
    webhook: httpx.AsyncClient, portal: SandboxPortal
) -> None:
    portal.switched_off.add(5)
    result = await add(webhook, 5, "hi")
    assert isinstance(result, int)
    assert abs(result - time.time()) <= 5
    assert portal.ledger == []


async def test_a_notification_is_deleted_by_its_id(
    webhook: httpx.AsyncClient, portal: SandboxPortal
) -> None:
    notification = await add(webhook, 5, "hi")
    for expected in (True, False):
        response = await webhook.post(DELETE, json={"ID": notification})
        assert (response.status_code, response.json()["result"]) == (200, expected)
    assert bells(portal) == []
    assert portal.bells.fate(portal.ledger[0]) == "deleted"


@pytest.mark.parametrize(
    ("by", "left"),
    [
        ({"TAG": "t1", **APP}, ["second", "other"]),
        ({"SUB_TAG": "s", **APP}, ["other"]),
        ({"TAG": "nothing", **APP}, ["first", "second", "other"]),
        ({"SUB_TAG": "s", "CLIENT_ID": "other"}, ["first", "second"]),
    ],
)
async def test_the_notifications_of_an_application_are_deleted_by_a_tag(
    webhook: httpx.AsyncClient, portal: SandboxPortal, by: dict[str, str], left: list[str]
) -> None:
    await add(webhook, 5, "first", TAG="t1", SUB_TAG="s", **APP)
    await add(webhook, 2, "second", TAG="t2", SUB_TAG="s", **APP)
    await add(webhook, 2, "other", TAG="t1", SUB_TAG="s", CLIENT_ID="other")
    response = await webhook.post(DELETE, json=by)
    assert response.json()["result"] is True
    assert [one.message for one in portal.notifications] == left


async def test_what_is_to_be_deleted_must_be_told(webhook: httpx.AsyncClient) -> None:
    for params, error in (
        ({}, (400, "PARAMS_ERROR", "Incorrect params")),
        ({"ID": 0}, (400, "PARAMS_ERROR", "Incorrect params")),
        ({"TAG": "t"}, (403, "ACCESS_DENIED", "Access denied! Client ID not specified")),
    ):
        response = await webhook.post(DELETE, json=params)
        body = response.json()
        assert (response.status_code, body["error"], body["error_description"]) == error


async def test_a_webhook_has_no_application_to_tell_about(webhook: httpx.AsyncClient) -> None:
    response = await webhook.post("app.info")
    assert response.status_code == 400
    assert response.json() == {
        "error": "ACCESS_DENIED",
        "error_description": "Access denied! Application context required",
    }
