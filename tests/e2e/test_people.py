"""Who is who: proved by people themselves, by their platform, or said by an administrator."""

from __future__ import annotations

import csv
import io
import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from tests.e2e.outcomes import next_outcome

if TYPE_CHECKING:
    from tests.e2e.conftest import Machine
    from tests.fakes.slack_server import SlackServer
    from tests.fakes.telegram_server import TelegramServer

HEADER = "platform,workspace,external_id,handle,portal,user_id"


async def listed(machine: Machine, *command: str) -> list[dict[str, Any]]:
    result = await machine.run("people", *command, "--json")
    assert result.code == 0, result.err
    return [json.loads(line) for line in result.out.splitlines()]


async def linked(machine: Machine) -> dict[str, tuple[int | None, str]]:
    return {
        one["identity"]: (one["user_id"], one["handle"]) for one in await listed(machine, "list")
    }


def code_in_bell(machine: Machine) -> str:
    """Read the code in the last notification."""
    match = re.search(r"[0-9]{6}", machine.portal.ledger[-1].message)
    assert match
    return match[0]


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06}"


# By a code


async def test_somebody_links_themselves_by_a_code_and_may_send_from_then_on(
    machine: Machine, telegram: TelegramServer
) -> None:
    anna = telegram.person("Anna", username="anna_p")
    async with machine.bridge() as bridge:
        telegram.send("/b24notify #2 hi", sender=anna)
        assert "I do not know you" in (await next_outcome(telegram, 20)).text
        telegram.send("/start", sender=anna)
        assert "/b24link anna@corp.example" in (await next_outcome(telegram, 20)).text
        telegram.send("/b24link anna@corp.example", sender=anna)
        assert "I have sent a code" in (await next_outcome(telegram, 20)).text
        (bell,) = machine.portal.ledger
        assert (bell.user_id, "@anna_p" in bell.message) == (5, True)
        code = code_in_bell(machine)
        telegram.send(f"/b24link {wrong(code)}", sender=anna)
        assert "Tries left: 4." in (await next_outcome(telegram, 20)).text
        telegram.send(f"/start code-{code}", sender=anna)
        assert "now linked to Anna Petrova" in (await next_outcome(telegram, 20)).text
        telegram.send("/b24notify #2 hi", sender=anna)
        assert (await next_outcome(telegram, 20)).text == "Notified Boris Ivanov."
    assert code not in bridge.log
    (change,) = await listed(machine, "history", f"telegram:{anna.id}")
    assert (change["user_id"], change["proved_by"]) == (5, "code")
    assert change["changed_by"] == f"telegram:{anna.id}"


async def test_nobody_becomes_somebody_else_by_guessing(
    machine: Machine, telegram: TelegramServer
) -> None:
    mallory = telegram.person("Mallory")
    async with machine.bridge():
        telegram.send("/b24link #5", sender=mallory)
        await next_outcome(telegram, 20)
        code = code_in_bell(machine)
        told = []
        for typed in [wrong(code)] * 5 + [code]:
            telegram.send(f"/b24link {typed}", sender=mallory)
            told.append((await next_outcome(telegram, 20)).text)
    assert "Tries left: 1." in told[3]
    assert "it was the last try" in told[4]
    assert "No code of yours" in told[5]
    assert (await linked(machine))[f"telegram:{mallory.id}"][0] is None


async def test_a_code_that_was_asked_for_before_a_crash_works_after_it(
    machine: Machine, telegram: TelegramServer
) -> None:
    anna = telegram.person("Anna")
    async with machine.bridge() as bridge:
        telegram.send("/b24link #5", sender=anna)
        await next_outcome(telegram, 20)
        bridge.kill()
    code = code_in_bell(machine)
    for path in machine.folder.glob("b24bridge.db*"):
        assert code.encode() not in path.read_bytes()
    async with machine.bridge():
        telegram.send(f"/b24link {code}", sender=anna)
        while "now linked" not in (await next_outcome(telegram, 20)).text:
            pass  # the first answer may be given once more


async def test_in_a_group_nobody_is_asked_to_show_a_code(
    machine: Machine, telegram: TelegramServer
) -> None:
    anna, room = telegram.person("Anna"), telegram.room("Operations")
    async with machine.bridge():
        for typed in ("/b24link #5", "/b24link 123456"):
            telegram.send(typed, sender=anna, chat=room)
            assert "private chat" in (await next_outcome(telegram, 20)).text
    assert machine.portal.ledger == []


async def test_two_people_with_the_same_handle_over_time_are_two_people(
    machine: Machine, telegram: TelegramServer
) -> None:
    maria = telegram.person("Maria", username="maria")
    first, second = (telegram.person(name, username="duty") for name in ("Anna", "Boris"))
    for who, number in ((maria, "#1"), (first, "#5"), (second, "#2")):
        await machine.link(f"telegram:{who.id}", number)
    async with machine.bridge():
        for who, name in ((first, "Anna Petrova"), (second, "Boris Ivanov")):
            telegram.send("/b24link", sender=who)
            assert name in (await next_outcome(telegram, 20)).text
            telegram.send("/b24who @Duty", sender=maria)
            assert name in (await next_outcome(telegram, 20)).text
    people = await linked(machine)
    assert people[f"telegram:{first.id}"] == (5, "")
    assert people[f"telegram:{second.id}"] == (2, "duty")


# By Slack's verified address


async def test_a_full_member_is_linked_at_the_first_command_and_others_are_not(
    machine: Machine, slack: SlackServer
) -> None:
    slack.people.add("U5", name="anna", email="Anna@corp.example")
    slack.people.add("U6", name="guest", email="boris@corp.example", is_restricted=True)
    slack.people.add("U7", name="other", email="boris@corp.example", team_id="T666")
    machine.settings["B24BRIDGE_LINK_BY_EMAIL"] = "true"
    async with machine.bridge():
        await slack.until_connected(timeout=20)
        for user, told in (
            ("U5", "You are now linked to Anna Petrova in Bitrix24"),
            ("U6", "guests"),
            ("U7", "own organisation"),
        ):
            await slack.command("/b24notify", "#1 hi", user=user, timeout=20)
            assert told in (await next_outcome(slack, 20)).text
        await slack.command("/b24unlink", "", user="U5", timeout=20)
        assert "no longer linked" in (await next_outcome(slack, 20)).text
        await slack.command("/b24notify", "#1 hi", user="U5", timeout=20)
        assert "I do not know you" in (await next_outcome(slack, 20)).text
    assert [one.user_id for one in machine.portal.ledger] == [1]
    history = await listed(machine, "history", f"slack:{slack.team}/U5")
    assert [(one["is_end"], one["proved_by"]) for one in history] == [
        (True, "email"),
        (False, "email"),
    ]


async def test_a_whole_workspace_is_linked_at_once_after_a_dry_run(
    machine: Machine, slack: SlackServer
) -> None:
    for user, name, fields in (
        ("U1", "maria", {"email": "maria@corp.example"}),
        ("U2", "boris", {"email": "BORIS@corp.example"}),
        ("U4", "dmitri", {"email": "dmitri@corp.example"}),
        ("U5", "anna", {"email": "anna@corp.example", "is_ultra_restricted": True}),
        ("U7", "nobody", {"email": "nobody@corp.example"}),
        ("U8", "shy", {}),
        ("U9", "bot", {"email": "clara@corp.example", "is_bot": True}),
        ("U10", "gone", {"email": "clara@corp.example", "deleted": True}),
    ):
        slack.people.add(user, name=name, **fields)
    await machine.link(f"slack:{slack.team}/U1", "#3")
    expected = {
        "U1": "linked before",
        "U2": "to be linked",
        "U4": "address is nobody's",
        "U5": "is no full member",
        "U7": "address is nobody's",
        "U8": "has no address",
        "U9": "is no full member",
        "U10": "is no full member",
    }
    shown = await listed(machine, "sync", "--platform", "slack", "--dry-run")
    results = {one["identity"].partition("/")[2]: one["result"] for one in shown}
    assert expected.items() <= results.items()
    assert f"slack:{slack.team}/U2" not in await linked(machine)
    done = await machine.run("people", "sync", "--platform", "slack")
    assert done.code == 0, done.err
    assert "Boris Ivanov (#2)" in done.out
    assert await linked(machine) == {
        f"slack:{slack.team}/U1": (3, ""),
        f"slack:{slack.team}/U2": (2, "boris"),
    }
    assert (await machine.run("people", "unlink", f"slack:{slack.team}/U2")).code == 0
    again = await listed(machine, "sync", "--platform", "slack", "--workspace", slack.team)
    assert [one["result"] for one in again][:2] == ["linked before", "link was ended"]


async def test_a_platform_that_tells_no_addresses_cannot_be_synchronised(
    machine: Machine, telegram: TelegramServer, slack: SlackServer
) -> None:
    for platform in ("telegram", "sandbox"):
        refused = await machine.run("people", "sync", "--platform", platform)
        assert (refused.code, "tells no addresses" in refused.err) == (1, True)
    slack.people.scopes.remove("users:read")
    refused = await machine.run("people", "sync", "--platform", "slack")
    assert (refused.code, "missing_scope" in refused.err) == (1, True)


# By an administrator


async def test_an_administrator_links_others_in_the_chat(
    machine: Machine, telegram: TelegramServer
) -> None:
    root, anna = telegram.person("Root"), telegram.person("Anna", username="anna_p")
    machine.settings["B24BRIDGE_ADMINISTRATORS"] = f"telegram:{root.id}"
    async with machine.bridge():
        telegram.send("/b24link @anna_p #5", sender=root)
        assert "I do not know @anna_p yet" in (await next_outcome(telegram, 20)).text
        telegram.send("/b24link", sender=anna)
        await next_outcome(telegram, 20)
        telegram.send("/b24link @anna_p #5", sender=anna)
        assert "Only an administrator" in (await next_outcome(telegram, 20)).text
        telegram.send("/b24link @anna_p #5", sender=root)
        assert "is now Anna Petrova" in (await next_outcome(telegram, 20)).text
    assert (await linked(machine))[f"telegram:{anna.id}"] == (5, "anna_p")


async def test_people_are_found_by_a_part_of_any_of_their_names(machine: Machine) -> None:
    await machine.link("telegram:4242", "#5", "nusha")
    await machine.link("slack:T1/U2", "#2", "boris")
    for text in ("NUSH", "@nusha", "petrova", "4242", "#5"):
        (found,) = await listed(machine, "find", text)
        assert found["identity"] == "telegram:4242"
    nobody = await machine.run("people", "find", "#55")
    assert (nobody.code, nobody.err) == (1, "Nobody is known by #55.\n")


async def test_the_history_tells_who_was_whom_and_through_whom(machine: Machine) -> None:
    await machine.link("telegram:4242", "#5")
    await machine.link("telegram:4242", "#2")
    assert (await machine.run("people", "unlink", "telegram:4242")).code == 0
    history = await listed(machine, "history")
    assert [(one["user_id"], one["is_end"]) for one in history] == [
        (2, True),
        (2, False),
        (5, True),
        (5, False),
    ]
    assert all(one["changed_by"].startswith("console:") for one in history)
    assert len(await listed(machine, "history", "#5")) == 2
    assert len(await listed(machine, "history", "telegram:4242", "--limit", "1")) == 1
    shown = await machine.run("people", "history")
    assert "#5 Anna Petrova" in shown.out


async def test_a_file_with_bom_and_semicolons_is_imported_but_for_its_bad_rows(
    machine: Machine,
) -> None:
    rows = (
        HEADER,
        "telegram,,4242,anna,,5",
        "telegram,,43,dmitri,,4",
        "telegram,,44,nobody,,99",
        "telegram,,4242,again,,2",
        "telegram,,45,elsewhere,nowhere.example,2",
        "slack,T1,U2,@boris,,#2",
    )
    text = "\r\n".join(rows).replace(",", ";")
    path = machine.folder / "people.csv"
    path.write_bytes(text.encode("utf-8-sig"))
    strict = await machine.run("people", "import", "people.csv", "--strict")
    assert strict.out == "Rows: 2 to be linked, 0 as before, 4 bad.\nNothing has been changed.\n"
    assert await linked(machine) == {}
    result = await machine.run("people", "import", "people.csv")
    assert (result.code, result.out) == (1, "Rows: 2 linked, 0 as before, 4 bad.\n")
    assert result.err.splitlines() == [
        "line 3: Dmitri Orlov (#4) is dismissed",
        "line 4: nobody in Bitrix24 has the number 99",
        "line 5: telegram:4242 has line 2 already",
        "line 6: the portal nowhere.example is not known",
    ]
    assert await linked(machine) == {"telegram:4242": (5, "anna"), "slack:T1/U2": (2, "boris")}
    assert {one["proved_by"] for one in await listed(machine, "history")} == {"import"}


async def test_what_is_exported_can_be_imported_elsewhere_and_executes_nothing(
    machine: Machine,
) -> None:
    await machine.link("telegram:4242", "#5", "=1+1")
    await machine.link("slack:T1/U2", "#2", 'b"o,r;is')
    await machine.link("telegram:43", "#3")
    exported = await machine.run("people", "export")
    cells = [cell for row in csv.reader(io.StringIO(exported.out)) for cell in row]
    assert "'=1+1" in cells
    assert not [cell for cell in cells if cell.startswith("=")]
    before = await linked(machine)
    same = await machine.run("people", "import", "-", typed=exported.out)
    assert (same.code, same.out) == (0, "Rows: 0 linked, 3 as before, 0 bad.\n")
    machine.settings["B24BRIDGE_DATABASE_URL"] = "sqlite:///other.db"
    other = await machine.run("people", "import", "-", typed=exported.out)
    assert (other.code, other.out) == (0, "Rows: 3 linked, 0 as before, 0 bad.\n")
    assert await linked(machine) == before


@pytest.mark.parametrize("people", [120])
async def test_many_are_imported_with_few_requests(machine: Machine, people: int) -> None:
    rows = [f"telegram,,{number},,,{1 + number % 3}" for number in range(people)]
    asked = machine.portal.counters.requests
    result = await machine.run("people", "import", "-", typed="\n".join([HEADER, *rows]))
    assert result.out == f"Rows: {people} linked, 0 as before, 0 bad.\n"
    assert machine.portal.counters.requests - asked <= 5


async def test_nothing_is_imported_when_the_portal_cannot_be_asked(machine: Machine) -> None:
    machine.portal.scope = frozenset({"im"})
    result = await machine.run("people", "import", "-", typed=f"{HEADER}\ntelegram,,4242,anna,,5\n")
    assert result.code == 1
    assert result.err.startswith("Nothing is imported: Bitrix24 could not be asked")
    assert await linked(machine) == {}
