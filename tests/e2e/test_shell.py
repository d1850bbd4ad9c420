"""What an administrator and a newcomer type in a shell."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.e2e.conftest import Machine
    from tests.fakes.telegram_server import TelegramServer


@pytest.mark.parametrize(
    ("command", "code", "told"),
    [
        ("/b24notify @anna **hi** there", 0, "[b]hi[/b] there"),
        ("/b24notify @anna @boris to both", 0, "Notified Anna Petrova and Boris Ivanov."),
        ("/b24notify #2 hi there", 0, "Boris Ivanov's bell shows:"),
        ("/b24notify @ana hi", 1, "Did you mean `@anna`?"),
        ("/b24notify @anna", 1, "There is no text to send."),
        ("/b24notify @anna   ", 1, "There is no text to send."),
        ("/b24notify @anna " + "long " * 6_000, 0, "its end was cut off"),
        ("/b24notify @anna [b]x[/b] [user=1]y[/user]", 0, "\n  [b]x[/b] [user=1]y[/user]\n"),
        ("/b24notify @anna <b>x</b> $result[x] it", 0, "\n  <b>x</b> $result[x] it\n"),
        ("/b24notify @anna /me leaves", 0, "\n  /me leaves\n"),
        ("/b24notify @anna Привет 👋🏽 мир", 0, "\n  Привет 👋🏽 мир\n"),
        ("/b24help", 0, "/b24who RECIPIENT"),
        ("hello", 1, "That is no command that I know."),
    ],
)
async def test_the_demo_carries_out_one_command(
    machine: Machine, command: str, code: int, told: str
) -> None:
    result = await machine.run("demo", "--once", command)
    assert (result.code, result.err) == (code, "")
    assert told in result.out


async def test_notify_rings_a_bell_and_waits_for_the_outcome(machine: Machine) -> None:
    result = await machine.run("notify", "#5, boris@corp.example", "--tag", "d x", "**hi** there")
    assert (result.code, result.out) == (0, "Notified Anna Petrova and Boris Ivanov.\n")
    assert [(one.message, one.tag) for one in machine.portal.notifications] == [
        ("[b]hi[/b] there", "d x|5"),
        ("[b]hi[/b] there", "d x|2"),
    ]


async def test_notify_shows_what_it_would_send_and_sends_nothing(machine: Machine) -> None:
    result = await machine.run("notify", "#5", "--dry-run", "**hi** there")
    assert (result.code, result.err) == (0, "")
    assert result.out == (
        "Nothing was sent. This is what Bitrix24 would show to Anna Petrova.\n\nhi there\n"
    )
    assert machine.portal.notifications == []


async def test_notify_says_why_not_and_ends_with_1(machine: Machine) -> None:
    result = await machine.run("notify", "#4", "hi")
    assert result.code == 1
    assert "Dmitri Orlov no longer works here" in result.out


async def test_notify_works_through_the_bridge_that_runs(
    machine: Machine, telegram: TelegramServer
) -> None:
    async with machine.bridge() as bridge:
        await bridge.until_log("Started")
        result = await machine.run("notify", "#5", "hi there")
    assert (result.code, result.out) == (0, "Notified Anna Petrova.\n")
    assert len(machine.portal.ledger) == 1


async def test_links_are_made_listed_and_ended(machine: Machine) -> None:
    assert (await machine.run("people", "list")).out == "Nobody has written to the bridge yet.\n"
    linked = await machine.run("people", "link", "telegram:42", "anna@corp.example")
    assert linked.out == "telegram:42 is now linked to Anna Petrova (#5).\n"
    listed = json.loads((await machine.run("people", "list", "--json")).out)
    assert (listed["identity"], listed["user_id"]) == ("telegram:42", 5)
    assert "Anna Petrova" in (await machine.run("people", "list")).out
    assert (await machine.run("people", "unlink", "telegram:42")).code == 0
    again = await machine.run("people", "unlink", "telegram:42")
    assert (again.code, again.err) == (1, "telegram:42 has no link.\n")


@pytest.mark.parametrize(
    ("identity", "recipient", "told"),
    [
        ("anna", "#5", "an identity looks like telegram:4242"),
        ("telegram:T1/U1", "#5", "on Telegram an identity is the person's number alone"),
        ("telegram:anna", "#5", "on Telegram an identity is the person's number alone"),
        ("telegram:42", "anna", "by number (#5) or by e-mail address"),
        ("telegram:42", "#4", "Dmitri Orlov no longer works here"),
        ("telegram:42", "#99", "Nobody in Bitrix24 has the number"),
    ],
)
async def test_a_wrong_link_is_refused_in_words(
    machine: Machine, identity: str, recipient: str, told: str
) -> None:
    result = await machine.run("people", "link", identity, recipient)
    assert result.code == 1
    assert told in result.err
    assert "Traceback" not in result.err


async def test_all_wrong_settings_are_told_at_once_and_end_with_2(machine: Machine) -> None:
    machine.settings |= {"B24BRIDGE_LOG_LEVEL": "loud", "B24BRIDGE_SLACK_BOT_TOKEN": "x"}
    result = await machine.run("run")
    assert result.code == 2
    assert "B24BRIDGE_LOG_LEVEL" in result.err
    assert "B24BRIDGE_SLACK_BOT_TOKEN must look like xoxb-" in result.err


async def test_a_webhook_that_is_none_is_refused_without_showing_it(machine: Machine) -> None:
    machine.settings["B24BRIDGE_PORTAL_WEBHOOK"] = "http://corp.example/rest/1/hidden-code/"
    result = await machine.run("notify", "#5", "hi")
    assert result.code == 2
    assert "must begin with https://" in result.err
    assert "hidden-code" not in result.err


async def test_a_bridge_without_chats_says_what_to_set(machine: Machine) -> None:
    result = await machine.run("run")
    assert result.code == 2
    assert "B24BRIDGE_TELEGRAM_TOKEN" in result.err


async def test_a_token_that_telegram_refuses_ends_the_bridge_in_words(
    machine: Machine, telegram: TelegramServer
) -> None:
    machine.settings["B24BRIDGE_TELEGRAM_TOKEN"] = "1:wrong"
    result = await machine.run("run")
    assert result.code == 2
    assert "B24BRIDGE_TELEGRAM_TOKEN" in result.err
    assert "1:wrong" not in result.err


async def test_the_database_is_brought_up_to_date(machine: Machine) -> None:
    result = await machine.run("db", "upgrade")
    assert (result.code, result.out) == (0, "The database is up to date.\n")
    assert (machine.folder / "b24bridge.db").exists()
