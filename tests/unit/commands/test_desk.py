"""Commands are carried out for those who may, and everybody else is told what to do."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from bridge.commands.decided import Decided
from bridge.commands.desk import Desk, make_handlers
from bridge.commands.link import make_link_handlers
from bridge.commands.past import make_past_handlers
from bridge.errors import ChatError, PortalOnHold, TryLater
from bridge.markup import plain
from bridge.markup.nodes import Document, Mention, Node, Paragraph, Text
from bridge.people.accounts import Accounts
from bridge.people.identity import Identity, Platform, PortalId, Recipient, Sender
from bridge.people.lookups import Lookups
from bridge.people.member import Member
from bridge.people.permissions import Access
from bridge.people.proving import Prover
from tests.fakes.clock import FakeClock
from tests.fakes.desk import make_directory, make_reception
from tests.fakes.incoming import MARIA, STRANGER, make_incoming
from tests.fakes.members import FakeMembers
from tests.fakes.portal import ANNA, BORIS, FakePortal, serving
from tests.fakes.stores import MemoryStores

if TYPE_CHECKING:
    from bridge.commands.handler import Request
    from bridge.delivery.notification import Notification
    from bridge.incoming import Incoming
    from bridge.ports import Members
    from tests.fakes.rows import CommandRow

PORTAL, OTHER_PORTAL = PortalId(1), PortalId(2)
EVE = Recipient(ANNA.user_id, "Eve Adams", "eve@corp.example")
ANNA_HERE = Sender(Identity(Platform.TELEGRAM, "", "5"), "Anna")
BORIS_HERE = Sender(Identity(Platform.TELEGRAM, "", "2"), "boris")


async def tell_role(request: Request) -> Decided:
    role = "administrator" if request.is_administrator else "sender"
    return Decided(reply=Document((Paragraph((Text(role),)),)))


class Scene:
    """A desk whose people are Maria, Anna and Boris, all linked, and a stranger."""

    def __init__(self, access: Access | None = None) -> None:
        self.clock = FakeClock()
        self.stores = MemoryStores(self.clock)
        self.portal = FakePortal()
        self.other = FakePortal()
        self.served = serving((PORTAL, self.portal))
        self.desk = self.make_desk(access or Access())

    def make_desk(self, access: Access, *, patience_seconds: float = 0.0) -> Desk:
        stores, lookups = self.stores, Lookups(self.served, self.clock)
        self.members: dict[Platform, Members] = {}
        directory = make_directory(stores, self.served, members=self.members, lookups=lookups)
        prover = Prover(
            self.served, stores.portals, Accounts(lookups), stores.link_codes, self.clock
        )
        self.handlers = make_handlers(directory, stores.groups) | make_link_handlers(
            directory, stores.people, stores.linking, prover, None
        )
        self.handlers |= make_past_handlers(
            stores.past, stores.overview, self.served, self.clock, self.handlers
        )
        return Desk(
            inbox=self.stores.inbox,
            reception=make_reception(stores, directory, access, members=self.members),
            handlers=self.handlers,
            clock=self.clock,
            chance=lambda: 0.0,
            patience_seconds=patience_seconds,
        )

    async def link_everybody(self) -> Scene:
        maria = Recipient(ANNA.user_id, "Maria Weber")
        for sender, recipient in ((MARIA, maria), (ANNA_HERE, ANNA), (BORIS_HERE, BORIS)):
            await self.stores.people.note_seen(sender)
            await self.stores.people.link(sender.identity, PORTAL, recipient)
        return self

    async def type(
        self, *typed: str | Node, sender: Sender = MARIA, workspace: str = "77"
    ) -> CommandRow:
        return await self.take(make_incoming(*typed, sender=sender, workspace=workspace))

    async def take(self, incoming: Incoming) -> CommandRow:
        await self.stores.inbox.store(incoming)
        for stored in await self.desk.list_open(10):
            await self.desk.carry_out(stored)
        return self.stores.commands[len(self.stores.commands)]

    async def reply(self, *typed: str | Node, sender: Sender = MARIA) -> str:
        row = await self.type(*typed, sender=sender)
        assert row.reply is not None
        return plain.render(row.reply)

    async def sends(self, *typed: str | Node) -> list[Notification]:
        row = await self.type(*typed)
        return [delivery.notification for delivery in self.stores.deliveries_of(row.id)]


@pytest.fixture
async def scene() -> Scene:
    return await Scene().link_everybody()


async def test_a_notification_is_queued_for_each_recipient(scene: Scene) -> None:
    sent = await scene.sends("/b24notify @anna @boris **api** is [down](https://status.example/1)")
    assert [one.recipient.name for one in sent] == ["Anna Petrova", "Boris Ivanov"]
    assert {one.message for one in sent} == {
        "[b]api[/b] is [url=https://status.example/1]down[/url]"
    }
    assert {one.message_out for one in sent} == {"api is down (https://status.example/1)"}


async def test_nobody_is_notified_twice_by_one_command(scene: Scene) -> None:
    assert len(await scene.sends("/b24notify @anna #5 anna@corp.example hi")) == 1


async def test_each_notification_has_a_tag_of_its_own(scene: Scene) -> None:
    sent = await scene.sends("/b24notify @anna @boris hi")
    again = await scene.sends("/b24notify @anna @boris hi")
    assert len({one.tag for one in sent + again}) == 4


async def test_a_given_tag_is_made_different_for_each_recipient(scene: Scene) -> None:
    sent = await scene.sends("/b24notify @anna @boris --tag deploy --sub-tag s hi")
    assert [(one.tag, one.sub_tag) for one in sent] == [("deploy|5", "s"), ("deploy|2", "s")]


async def test_the_text_for_the_e_mail_can_be_given(scene: Scene) -> None:
    (sent,) = await scene.sends('/b24notify @anna --mail "Look at the page" **hi**')
    assert sent.message_out == "Look at the page"


async def test_a_linked_person_mentioned_in_the_text_becomes_a_mention(scene: Scene) -> None:
    (sent,) = await scene.sends("/b24notify @anna ask ", Mention("Bo", "2"), Mention("Eve", "9"))
    assert sent.message == "ask [user=2]Boris Ivanov[/user]@Eve"


async def test_a_table_is_attached(scene: Scene) -> None:
    (sent,) = await scene.sends("/b24notify @anna all hosts\n\n|api|db|\n|-|-|\n|down|up|")
    assert sent.message == "all hosts"
    assert '"NAME":"down\u2060","VALUE":"up\u2060"' in sent.attach
    assert sent.message_out.endswith("down | up")


async def test_a_shortened_text_says_where_all_of_it_is(scene: Scene) -> None:
    incoming = make_incoming("/b24notify @anna ", "long " * 6_000, sender=MARIA)
    await scene.stores.inbox.store(replace(incoming, permalink="https://chat.example/1"))
    (stored,) = await scene.desk.list_open(10)
    await scene.desk.carry_out(stored)
    (delivery,) = scene.stores.deliveries_of(stored.id)
    end = "…\n\nwhole text: [url=https://chat.example/1]https\u2060://chat.example/1[/url]"
    assert delivery.notification.message.endswith(end)
    assert delivery.notification.message_out.endswith("…\n\nwhole text: https://chat.example/1")


async def test_a_text_that_is_too_long_is_shortened_and_the_person_told(scene: Scene) -> None:
    row = await scene.type("/b24notify @anna ", "long " * 6_000)
    (delivery,) = scene.stores.deliveries_of(row.id)
    assert len(delivery.notification.message) <= 20_000
    assert delivery.notification.message.endswith("…")
    assert row.reply
    assert "cut off" in plain.render(row.reply)


async def test_a_link_to_a_portal_that_is_not_served_is_none_here(scene: Scene) -> None:
    await scene.stores.people.link(ANNA_HERE.identity, OTHER_PORTAL, BORIS)
    assert "`@anna` is not linked" in await scene.reply("/b24notify @anna hi")
    assert "is not linked" in await scene.reply("/b24notify ", Mention("A", "5"), " hi")
    assert "You are not linked" in await scene.reply("/b24link", sender=ANNA_HERE)


@pytest.fixture
async def two_portals(scene: Scene) -> Scene:
    """Boris works in another portal, where number 5 is Eve."""
    scene.other.people[:] = [EVE, BORIS]
    scene.served.add(OTHER_PORTAL, scene.other, "other.example")
    await scene.stores.people.link(BORIS_HERE.identity, OTHER_PORTAL, BORIS)
    return scene


async def test_everybody_is_notified_in_their_own_portal(two_portals: Scene) -> None:
    row = await two_portals.type("/b24notify @anna @boris ask @anna and @boris")
    assert {
        one.portal: (one.notification.recipient.name, one.notification.message)
        for one in two_portals.stores.deliveries_of(row.id)
    } == {
        PORTAL: ("Anna Petrova", "ask [user=5]Anna Petrova[/user] and @boris"),
        OTHER_PORTAL: ("Boris Ivanov", "ask @anna and [user=2]Boris Ivanov[/user]"),
    }


async def test_a_number_is_a_person_in_the_senders_own_portal(two_portals: Scene) -> None:
    assert "Eve" in await two_portals.reply("/b24who #5", sender=BORIS_HERE)
    assert "Eve" in await two_portals.reply("/b24who eve@corp.example", sender=BORIS_HERE)
    assert "Anna Petrova" in await two_portals.reply("/b24who #5", sender=MARIA)
    assert "nobody" in (await two_portals.reply("/b24who eve@corp.example", sender=MARIA)).lower()


async def test_a_number_is_a_person_in_the_default_portal_to_who_has_no_link() -> None:
    scene = await Scene(
        Access(workspaces=frozenset({(Platform.TELEGRAM, "-100")}))
    ).link_everybody()
    scene.other.people[:] = [EVE]
    scene.served.add(OTHER_PORTAL, scene.other, "other.example")
    for portal, name in ((PORTAL, "Anna Petrova"), (OTHER_PORTAL, "Eve")):
        scene.served.default = portal
        row = await scene.type("/b24who #5", sender=STRANGER, workspace="-100")
        assert row.reply
        assert name in plain.render(row.reply)


async def test_the_same_number_in_two_portals_is_two_people(two_portals: Scene) -> None:
    await two_portals.stores.people.link(BORIS_HERE.identity, OTHER_PORTAL, EVE)
    assert len(await two_portals.sends("/b24notify @anna @boris #5 hi")) == 2


async def test_with_several_portals_an_answer_says_which_one_is_meant(two_portals: Scene) -> None:
    assert await two_portals.reply("/b24who @boris") == (
        "`@boris` is Boris Ivanov in `other.example`, number `#2`."
    )
    assert await two_portals.reply("/b24link", sender=BORIS_HERE) == (
        "You are Boris Ivanov in `other.example`, number `#2`."
    )


async def test_without_any_portal_people_are_told_so(scene: Scene) -> None:
    scene.served.drop(PORTAL)
    scene.desk = scene.make_desk(Access(workspaces=frozenset({(Platform.TELEGRAM, "77")})))
    assert "Please tell your administrator." in await scene.reply("/b24notify #5 hi")


async def test_who_is_linked_in_a_portal_that_is_not_connected_is_no_stranger() -> None:
    scene = await Scene(Access()).link_everybody()
    scene.served.drop(PORTAL)
    scene.served.add(OTHER_PORTAL, scene.portal, "other.example")
    for _ in range(2):
        assert "refuses the bridge's access" in await scene.reply("/b24notify #5 hi")


async def test_looking_for_a_suggestion_among_thousands_keeps_nobody_waiting(scene: Scene) -> None:
    for number in range(2_000):
        alike = f"{number:04}".translate(str.maketrans("0123456789", "abcdefghij")) * 8
        who = Identity(Platform.TELEGRAM, "", f"9{number}")
        await scene.stores.people.link(who, PORTAL, BORIS, handle=alike)
    reply = asyncio.create_task(scene.reply(f"/b24who @{'abcdefghij' * 3}"))
    turns, interval = 0, sys.getswitchinterval()
    sys.setswitchinterval(0.0001)  # so that threads take turns often, however busy the machine
    try:
        while not reply.done():
            await asyncio.sleep(0)
            turns += 1
    finally:
        sys.setswitchinterval(interval)
    assert "I do not know" in await reply
    assert turns > 20, turns  # waiting for all of it, there would be a handful


async def test_nobody_in_another_portal_is_suggested(scene: Scene) -> None:
    scene.served.add(OTHER_PORTAL, scene.other, "other.example")
    eve = Identity(Platform.TELEGRAM, "", "7000")
    await scene.stores.people.link(eve, OTHER_PORTAL, BORIS, handle="evelyn")
    assert "evelyn" not in await scene.reply("/b24who @evelin")


async def test_an_unknown_handle_is_suggested_and_nobody_is_notified(scene: Scene) -> None:
    reply = await scene.reply("/b24notify @ana hi")
    assert reply == "I do not know `@ana`. Did you mean `@Anna`?"
    assert not scene.stores.deliveries


async def test_handles_are_known_whatever_their_case(scene: Scene) -> None:
    assert len(await scene.sends("/b24notify @ANNA hi")) == 1


async def test_somebody_not_linked_is_told_with_the_way_to_mend_it(scene: Scene) -> None:
    await scene.stores.people.note_seen(STRANGER)
    reply = await scene.reply("/b24notify @mallory hi")
    assert "`@mallory` is not linked" in reply
    assert "`telegram:666`" in reply


@pytest.mark.parametrize(
    ("who", "answer"),
    [
        ("#99", "Nobody in Bitrix24 has the number `#99`."),
        ("#0", "Nobody in Bitrix24 has the number `#0`."),
        ("eve@corp.example", "Nobody in Bitrix24 has the e-mail address `eve@corp.example`."),
        ("#4", "Dmitri Orlov no longer works here: the Bitrix24 account is closed."),
        ("dmitri@corp.example", "Dmitri Orlov no longer works here"),
    ],
)
async def test_whoever_cannot_be_notified_is_told(scene: Scene, who: str, answer: str) -> None:
    assert (await scene.reply(f"/b24notify {who} hi")).startswith(answer)


async def test_an_address_that_two_people_have_is_never_guessed(scene: Scene) -> None:
    scene.portal.people.append(Recipient(BORIS.user_id, "Anna Other", "anna@corp.example"))
    reply = await scene.reply("/b24notify anna@corp.example hi")
    assert "More than one person" in reply
    assert "Anna Petrova (#5) and Anna Other (#2)" in reply


async def test_who_is_meant_by_an_address_that_two_people_have_is_chosen_by_a_button(
    scene: Scene,
) -> None:
    scene.portal.people.append(Recipient(BORIS.user_id, "Anna Other", "anna@corp.example"))
    asked = await scene.type("/b24notify @boris anna@corp.example --tag deploy **hi**")
    assert [button.label for button in asked.buttons] == ["Anna Petrova · #5", "Anna Other · #2"]
    command = asked.buttons[0].command
    sent = await scene.sends(command)
    assert [(one.recipient.user_id, one.message, one.tag) for one in sent] == [
        (BORIS.user_id, "[b]hi[/b]", "deploy|2"),
        (ANNA.user_id, "[b]hi[/b]", "deploy|5"),
    ]
    assert "That choice is over." in await scene.reply(command)


async def test_a_choice_is_not_offered_where_it_would_not_mend_the_command(scene: Scene) -> None:
    scene.portal.people.append(Recipient(BORIS.user_id, "Anna Other", "anna@corp.example"))
    assert (await scene.type("/b24notify @nobody anna@corp.example hi")).buttons == ()


async def test_whoever_one_asks_about_can_be_chosen_as_well(scene: Scene) -> None:
    scene.portal.people.append(Recipient(BORIS.user_id, "Anna Other", "anna@corp.example"))
    asked = await scene.type("/b24who anna@corp.example")
    assert "is Anna Petrova in Bitrix24" in await scene.reply(asked.buttons[0].command)


async def test_a_dry_run_sends_nothing(scene: Scene) -> None:
    reply = await scene.reply("/b24notify --dry-run @anna @boris **api** is down")
    assert reply.startswith("Nothing was sent.")
    assert reply.endswith("\n\napi is down")
    assert not scene.stores.deliveries


async def test_what_one_has_sent_is_shown_and_taken_back(scene: Scene) -> None:
    row = await scene.type("/b24notify @anna hi")
    assert "Anna Petrova: waiting" in await _ask_status(scene)
    assert await scene.reply(f"/b24undo {row.id}") == "Taken back: Anna Petrova."
    assert "Anna Petrova: taken back just now" in await _ask_status(scene)
    assert "private chat" in await scene.reply("/b24status")


async def _ask_status(scene: Scene) -> str:
    incoming = make_incoming("/b24status", sender=MARIA)
    row = await scene.take(replace(incoming, is_private=True))
    assert row.reply
    return plain.render(row.reply)


async def test_a_dismissed_namesake_does_not_make_an_address_ambiguous(scene: Scene) -> None:
    dismissed = Recipient(BORIS.user_id, "Anna Old", "anna@corp.example", is_active=False)
    scene.portal.people.insert(0, dismissed)
    assert len(await scene.sends("/b24notify anna@corp.example hi")) == 1


async def test_all_recipients_that_are_unknown_are_named_and_nobody_is_notified(
    scene: Scene,
) -> None:
    reply = await scene.reply("/b24notify @foo #5 #99 hi")
    assert "I do not know `@foo`." in reply
    assert "has the number `#99`" in reply
    assert reply.endswith("Nobody has been notified.")
    assert not scene.stores.deliveries


async def test_one_command_asks_the_portal_about_each_recipient_once_and_about_few(
    scene: Scene,
) -> None:
    assert len(await scene.sends("/b24notify " + "#5 " * 200 + "hi")) == 1
    assert scene.portal.look_ups == 1
    many = " ".join(f"#{number}" for number in range(1, 102))
    assert "at most 100" in await scene.reply(f"/b24notify {many} hi")
    assert scene.portal.look_ups == 1


async def test_who_shows_name_and_number(scene: Scene) -> None:
    assert await scene.reply("/b24who @boris") == (
        "`@boris` is Boris Ivanov in Bitrix24, number `#2`."
    )


async def test_help_lists_every_command_and_tells_about_one(scene: Scene) -> None:
    assert "/b24who RECIPIENT" in await scene.reply("/b24help")
    assert "--sub-tag S" in await scene.reply("/b24help b24notify")
    assert "--sub-tag S" in await scene.reply("/b24help notify")
    assert "Did you mean `/b24who`" in await scene.reply("/b24help b24wo")


async def test_one_can_see_and_end_ones_own_link(scene: Scene) -> None:
    assert "You are Boris Ivanov" in await scene.reply("/b24link", sender=BORIS_HERE)
    assert "no longer linked" in await scene.reply("/b24unlink", sender=BORIS_HERE)
    assert "You are not linked" in await scene.reply("/b24link", sender=BORIS_HERE)


async def test_who_may_send_without_a_link_is_told_how_to_get_one() -> None:
    access = Access(workspaces=frozenset({(Platform.TELEGRAM, "-100")}))
    scene = await Scene(access).link_everybody()
    row = await scene.type("/b24unlink", sender=STRANGER, workspace="-100")
    assert row.reply
    assert "`/b24link` to link yourself" in plain.render(row.reply)
    assert "ask your administrator to link `telegram:666`" in plain.render(row.reply)


@pytest.mark.parametrize("typed", ["/b24notify @anna hi", "/b24help", "/b24who @anna", "hello"])
async def test_a_stranger_is_told_how_to_be_linked_and_nothing_else(
    scene: Scene, typed: str
) -> None:
    reply = await scene.reply(typed, sender=STRANGER)
    assert reply == (
        "Sorry, I do not know you. Type `/b24link` to link yourself to your Bitrix24 account, or "
        "ask your administrator to link `telegram:666`."
    )
    assert not scene.stores.deliveries


async def test_everybody_in_an_allowed_chat_may_send() -> None:
    scene = await Scene(
        Access(workspaces=frozenset({(Platform.TELEGRAM, "-100")}))
    ).link_everybody()
    await scene.type("/b24notify @anna hi", sender=STRANGER, workspace="-100")
    await scene.type("/b24notify @anna hi", sender=STRANGER, workspace="-101")
    assert len(scene.stores.deliveries) == 1


async def test_who_administers_is_told_to_the_handlers(scene: Scene) -> None:
    scene.desk = scene.make_desk(Access(administrators=frozenset({MARIA.identity})))
    scene.handlers["b24help"] = tell_role
    assert await scene.reply("/b24help", sender=MARIA) == "administrator"
    assert await scene.reply("/b24help", sender=BORIS_HERE) == "sender"


async def test_a_stranger_may_link_themselves_and_nothing_else(scene: Scene) -> None:
    scene.handlers["b24link"] = tell_role
    assert await scene.reply("/b24link", sender=STRANGER) == "sender"
    assert "I do not know you" in await scene.reply("/b24unlink", sender=STRANGER)


async def test_what_the_platform_tells_of_a_sender_decides(scene: Scene) -> None:
    scene.members[Platform.TELEGRAM] = members = FakeMembers()
    assert "closed" in await scene.reply("/b24help", sender=BORIS_HERE)
    members.people = [Member(identity=BORIS_HERE.identity, is_guest=True)]
    assert "guests" in await scene.reply("/b24help", sender=BORIS_HERE)
    members.people = [Member(identity=BORIS_HERE.identity, language="ru")]
    assert (await scene.type("/b24unlink", sender=BORIS_HERE)).language == "ru"


async def test_a_bot_gets_no_answer(scene: Scene) -> None:
    scene.members[Platform.TELEGRAM] = FakeMembers(
        Member(identity=BORIS_HERE.identity, is_bot=True)
    )
    row = await scene.type("/b24notify @anna hi", sender=BORIS_HERE)
    assert row.closed_at
    assert row.reply is None
    assert not scene.stores.deliveries


async def test_a_platform_that_cannot_be_asked_is_asked_again(scene: Scene) -> None:
    scene.members[Platform.TELEGRAM] = members = FakeMembers(Member(identity=BORIS_HERE.identity))
    members.error = ChatError("down", retry_after_seconds=3)
    row = await scene.type("/b24notify @anna hi", sender=BORIS_HERE)
    assert row.closed_at is None
    members.error = None
    scene.clock.advance(3)
    for stored in await scene.desk.list_open(10):
        await scene.desk.carry_out(stored)
    assert len(scene.stores.deliveries) == 1


async def test_nobody_is_let_in_by_a_platform_that_cannot_be_asked(scene: Scene) -> None:
    scene.members[Platform.TELEGRAM] = members = FakeMembers()
    members.error = ChatError("may not be asked")
    reply = await scene.reply("/b24notify @anna hi", sender=BORIS_HERE)
    assert reply.startswith("Telegram does not let me ask about the people concerned")
    assert not scene.stores.deliveries


async def test_a_portal_that_cannot_be_asked_now_is_asked_again(scene: Scene) -> None:
    scene.portal.error = TryLater("QUERY_LIMIT_EXCEEDED", retry_after_seconds=3)
    row = await scene.type("/b24notify #5 hi")
    assert row.closed_at is None
    scene.portal.error = None
    scene.clock.advance(3)
    for stored in await scene.desk.list_open(10):
        await scene.desk.carry_out(stored)
    assert len(scene.stores.deliveries) == 1


async def test_who_waits_for_a_portal_that_is_away_is_told_that_it_takes_time(
    scene: Scene,
) -> None:
    scene.desk = scene.make_desk(Access(), patience_seconds=60)
    scene.portal.error = TryLater("QUERY_LIMIT_EXCEEDED", retry_after_seconds=3)
    assert (await scene.type("/b24who #5")).answer_due_at


async def test_who_waits_for_a_portal_that_is_slow_is_told_that_it_takes_time(
    scene: Scene,
) -> None:
    asked = asyncio.Event()

    async def wait(request: Request) -> Decided:
        await asked.wait()
        return Decided()

    scene.handlers["b24who"] = wait
    await scene.stores.inbox.store(make_incoming("/b24who #5"))
    (stored,) = await scene.desk.list_open(10)
    carrying_out = asyncio.create_task(scene.desk.carry_out(stored))
    async with asyncio.timeout(10):
        while not scene.stores.commands[stored.id].answer_due_at:
            await asyncio.sleep(0)
    asked.set()
    await carrying_out
    assert scene.stores.commands[stored.id].closed_at


async def test_the_answer_above_a_button_stays_while_a_portal_is_slow(scene: Scene) -> None:
    scene.portal.error = TryLater("QUERY_LIMIT_EXCEEDED", retry_after_seconds=3)
    await scene.stores.inbox.store(replace(make_incoming("/b24who #5"), replaces="message-1"))
    (stored,) = await scene.desk.list_open(10)
    await scene.desk.carry_out(stored)
    assert scene.stores.commands[stored.id].answer_due_at is None


async def test_who_gets_an_answer_at_once_is_not_told_that_it_takes_time(scene: Scene) -> None:
    scene.desk = scene.make_desk(Access(), patience_seconds=60)
    assert (await scene.type("/b24who #5")).answer_due_at is None


async def test_a_portal_that_can_never_be_asked_ends_in_an_answer(scene: Scene) -> None:
    scene.portal.error = PortalOnHold("NO_AUTH_FOUND")
    assert "Please tell your administrator." in await scene.reply("/b24notify #5 hi")


@pytest.mark.parametrize("asked_seconds", [None, 3, 25, 600])
async def test_a_person_waits_for_the_portal_a_minute_at_most(
    scene: Scene, asked_seconds: float | None
) -> None:
    scene.portal.error = TryLater("CONNECTION_ERROR", retry_after_seconds=asked_seconds)
    row = await scene.type("/b24notify #5 hi")
    for _ in range(60):
        scene.clock.advance(1)
        for stored in await scene.desk.list_open(10):
            await scene.desk.carry_out(stored)
    assert row.reply
    assert "could not ask Bitrix24" in plain.render(row.reply)


async def test_a_fault_of_ours_is_told_and_blocks_nothing(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail(identity: Identity) -> None:
        raise ZeroDivisionError

    scene.stores.people.find_link = fail  # type: ignore[method-assign]
    assert "Something went wrong" in await scene.reply("/b24notify @anna secret text")
    assert "secret text" not in caplog.text


@pytest.mark.parametrize(("option", "limit"), [("--tag", 226), ("--sub-tag", 226)])
async def test_a_tag_longer_than_the_portal_keeps_is_refused(
    scene: Scene, option: str, limit: int
) -> None:
    reply = await scene.reply(f"/b24notify @anna {option} {'x' * (limit + 1)} hi")
    assert f"at most {limit} characters" in reply
    assert len(await scene.sends(f"/b24notify @anna {option} {'x' * limit} hi")) == 1
