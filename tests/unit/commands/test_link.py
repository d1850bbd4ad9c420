"""Linking: nobody becomes anybody without proof, and nobody learns who works here by trying."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from bridge.commands.desk import Desk, make_handlers
from bridge.commands.link import make_link_handlers
from bridge.errors import OutcomeUnknown, PortalOnHold, Rejected, TryLater
from bridge.markup import plain
from bridge.markup.nodes import Mention, Node
from bridge.people.accounts import Accounts
from bridge.people.email_links import EmailLinks
from bridge.people.identity import BitrixUserId, Identity, Platform, PortalId, Recipient, Sender
from bridge.people.linking import MOST_CODES, Proof
from bridge.people.lookups import Lookups
from bridge.people.member import Member
from bridge.people.permissions import Access
from bridge.people.proving import Prover
from bridge.replies.button import Button
from tests.fakes.clock import FakeClock
from tests.fakes.desk import make_directory, make_reception
from tests.fakes.incoming import make_incoming
from tests.fakes.members import FakeMembers
from tests.fakes.portal import ANNA, BORIS, DMITRI, FakePortal, serving
from tests.fakes.stores import MemoryStores

if TYPE_CHECKING:
    from bridge.errors import PortalError
    from tests.fakes.rows import CommandRow

PORTAL, OTHER_PORTAL = PortalId(1), PortalId(2)
EVE = Recipient(BitrixUserId(5), "Eve Adams", "eve@corp.example")
ANNA_HERE = Sender(Identity(Platform.TELEGRAM, "", "4242"), "anna_p", "Anna")
MALLORY = Sender(Identity(Platform.TELEGRAM, "", "666"), "mallory", "Mallory")
ROOT = Sender(Identity(Platform.TELEGRAM, "", "1"), "root")
ANNA_IN_SLACK = Sender(Identity(Platform.SLACK, "T1", "U5"), "anna")
ANNA_THERE = Member(identity=ANNA_IN_SLACK.identity, handle="anna", email="Anna@Corp.example")
SENT = (
    "If `{}` has an account in Bitrix24, I have sent a code to its notifications. Type "
    "`/b24link 123456`, with your code, within 10 minutes. If none comes, ask your administrator "
    "to link `telegram:666`."
)


class Scene:
    """A desk at which nobody is linked, and Root administers."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.stores = MemoryStores(self.clock)
        self.portal, self.other = FakePortal(), FakePortal(EVE)
        self.served = serving((PORTAL, self.portal))
        self.members = FakeMembers(ANNA_THERE)
        self.desk = self.make_desk(by_email=False)

    def make_desk(self, *, by_email: bool) -> Desk:
        stores, lookups = self.stores, Lookups(self.served, self.clock)
        accounts, members = Accounts(lookups), {Platform.SLACK: self.members}
        directory = make_directory(stores, self.served, members=members, lookups=lookups)
        prover = Prover(self.served, stores.portals, accounts, stores.link_codes, self.clock)
        email_links = EmailLinks(accounts, stores.linking) if by_email else None
        return Desk(
            inbox=stores.inbox,
            reception=make_reception(
                stores,
                directory,
                Access(administrators=frozenset({ROOT.identity})),
                members=members,
                email_links=email_links,
            ),
            handlers=make_handlers(directory, stores.groups)
            | make_link_handlers(directory, stores.people, stores.linking, prover, email_links),
            clock=self.clock,
            chance=lambda: 0.0,
        )

    async def type(
        self, *typed: str | Node, sender: Sender = ANNA_HERE, is_private: bool = True
    ) -> CommandRow:
        incoming = make_incoming(*typed, sender=sender)
        await self.stores.inbox.store(replace(incoming, is_private=is_private))
        for stored in await self.desk.list_open(10):
            await self.desk.carry_out(stored)
        return self.stores.commands[len(self.stores.commands)]

    async def reply(
        self, *typed: str | Node, sender: Sender = ANNA_HERE, is_private: bool = True
    ) -> str:
        row = await self.type(*typed, sender=sender, is_private=is_private)
        assert row.reply is not None
        return plain.render(row.reply)

    async def ask(self, account: str = "#5", sender: Sender = ANNA_HERE) -> str:
        """Ask for a code; returns it."""
        await self.type(f"/b24link {account}", sender=sender)
        return self.last_code()

    def last_code(self) -> str:
        match = re.search(r"\d{6}", self.portal.sent[-1][0].message)
        assert match
        return match[0]

    async def linked_to(self, sender: Sender = ANNA_HERE) -> Recipient | None:
        link = await self.stores.people.find_link(sender.identity)
        return link.recipient if link else None


def other_than(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06}"


@pytest.fixture
def scene() -> Scene:
    return Scene()


async def test_the_code_that_was_sent_links(scene: Scene) -> None:
    code = await scene.ask("anna@corp.example")
    assert await scene.reply(f"/b24link {code}") == (
        "You are now linked to Anna Petrova in Bitrix24, number `#5`."
    )
    assert await scene.reply("/b24link") == "You are Anna Petrova in Bitrix24, number `#5`."
    assert scene.stores.changes[0].proof is Proof.CODE


async def test_the_code_stands_in_the_bell_alone(scene: Scene) -> None:
    code = await scene.ask("#5")
    ((sent,),) = scene.portal.sent
    assert sent.recipient == ANNA
    assert sent.message_out == (
        f"{code} is the code that links `@anna_p` on Telegram to you. Type `/b24link {code}` there "
        "within 10 minutes.\n\nIf that is not you, do nothing and tell nobody the code: nothing "
        "happens without it."
    )
    assert scene.stores.deliveries == {}
    assert code not in repr(scene.stores)
    assert scene.portal.turns == 0


async def test_nobody_takes_a_code_out_of_a_bell_by_typing_its_tag(scene: Scene) -> None:
    await scene.ask("#5")
    notification = scene.portal.sent[-1][0]
    # With what is typed for a tag goes the number of the recipient.
    assert not notification.tag.endswith(f"|{notification.recipient.user_id}")


async def test_a_code_works_only_for_who_asked(scene: Scene) -> None:
    code = await scene.ask("#5")
    assert "No code of yours" in await scene.reply(f"/b24link {code}", sender=MALLORY)
    await scene.ask("#2", sender=MALLORY)
    assert "Tries left: 4." in await scene.reply(f"/b24link {code}", sender=MALLORY)
    assert await scene.linked_to(MALLORY) is None


async def test_guessing_ends_after_five_tries(scene: Scene) -> None:
    code = await scene.ask("#5", sender=MALLORY)
    wrong = f"/b24link {other_than(code)}"
    replies = [await scene.reply(wrong, sender=MALLORY) for _ in range(5)]
    assert replies[:4] == [
        f"That is not the code that I sent. Tries left: {left}." for left in (4, 3, 2, 1)
    ]
    assert "it was the last try" in replies[4]
    assert "No code of yours" in await scene.reply(f"/b24link {code}", sender=MALLORY)
    assert await scene.linked_to(MALLORY) is None


async def test_a_code_is_too_old_after_ten_minutes(scene: Scene) -> None:
    code = await scene.ask("#5")
    scene.clock.advance(600)
    assert "No code of yours" in await scene.reply(f"/b24link {code}")
    assert await scene.linked_to() is None


async def test_a_new_code_ends_the_one_before(scene: Scene) -> None:
    old = await scene.ask("#5")
    new = await scene.ask("#2")
    if old != new:
        assert "Tries left" in await scene.reply(f"/b24link {old}")
    assert "Boris Ivanov" in await scene.reply(f"/b24link {new}")


@pytest.mark.parametrize("account", ["#99", "#0", "#4", "nobody@corp.example", "two@corp.example"])
async def test_nobody_learns_by_asking_who_works_here(scene: Scene, account: str) -> None:
    scene.portal.people += [
        Recipient(BitrixUserId(number), "Two", "two@corp.example") for number in (7, 8)
    ]
    for _ in range(2):
        assert await scene.reply("/b24link #5", sender=MALLORY) == SENT.format("#5")
        assert await scene.reply(f"/b24link {account}", sender=MALLORY) == SENT.format(account)
    assert [one.recipient for (one,) in scene.portal.sent] == [ANNA, ANNA]
    # And nobody learns it by trying, or from how many codes one may ask for.
    assert "Tries left: 4." in await scene.reply("/b24link 123456", sender=MALLORY)
    await scene.reply(f"/b24link {account}", sender=MALLORY)
    assert "The next one" not in await scene.reply("/b24link", sender=MALLORY)
    assert await scene.reply(f"/b24link {account}", sender=MALLORY) == (
        "You have asked for many codes. You can ask for the next one in 60 minutes."
    )


async def test_an_account_gets_five_codes_an_hour_however_many_ask(scene: Scene) -> None:
    for number in range(8):
        stranger = Sender(Identity(Platform.TELEGRAM, "", str(900 + number)))
        assert "I have sent a code" in await scene.reply("/b24link #5", sender=stranger)
    assert len(scene.portal.sent) == 5


async def test_who_has_asked_for_too_many_codes_costs_the_portal_nothing(scene: Scene) -> None:
    for number in range(MOST_CODES):
        await scene.reply(f"/b24link nobody{number}@corp.example", sender=MALLORY)
    for number in range(10):
        typed = f"/b24link other{number}@corp.example"
        assert "You have asked for many codes" in await scene.reply(typed, sender=MALLORY)
    assert scene.portal.look_ups == MOST_CODES


async def test_codes_and_accounts_are_typed_where_nobody_else_reads_them(scene: Scene) -> None:
    for typed in ("/b24link #5", "/b24link anna@corp.example", "/b24link 123456"):
        assert "private chat" in await scene.reply(typed, is_private=False)
    assert scene.portal.sent == []
    reply = await scene.reply("/b24link", is_private=False)
    assert "Type `/b24link` with the e-mail address" in reply
    assert "ask your administrator to link `telegram:4242`" in reply
    assert "private chat" in reply


async def test_in_slack_a_slash_command_is_read_by_nobody_else(scene: Scene) -> None:
    scene.members.people.append(Member(identity=ANNA_IN_SLACK.identity))
    for typed in ("/b24link", "/b24link #5"):
        reply = await scene.reply(typed, sender=ANNA_IN_SLACK, is_private=False)
        assert "type it here as `/b24link …`" in reply
    assert scene.portal.sent == []


async def test_who_is_linked_to_somebody_can_be_linked_to_somebody_else(scene: Scene) -> None:
    await scene.stores.people.link(ANNA_HERE.identity, PORTAL, BORIS)
    code = await scene.ask("#5")
    assert await scene.linked_to() == Recipient(BORIS.user_id, BORIS.name)
    await scene.type(f"/b24link {code}")
    assert await scene.linked_to() == Recipient(ANNA.user_id, ANNA.name)


async def test_a_code_that_is_typed_twice_still_says_who_one_is(scene: Scene) -> None:
    code = await scene.ask("#5")
    await scene.type(f"/b24link {code}")
    assert "You are Anna Petrova" in await scene.reply(f"/b24link {code}")


@pytest.mark.parametrize(
    ("typed", "word"), [("12345", "12345"), ("hello #5", "hello"), ("@anna", "@anna")]
)
async def test_what_is_neither_code_nor_account_is_explained(
    scene: Scene, typed: str, word: str
) -> None:
    reply = await scene.reply(f"/b24link {typed}")
    assert reply.startswith(f"`{word}` is neither a code of six digits nor somebody in Bitrix24")


async def test_a_portal_that_did_not_take_the_code_is_asked_again(scene: Scene) -> None:
    scene.portal.outcomes += [TryLater("QUERY_LIMIT_EXCEEDED", retry_after_seconds=3)] * 4
    row = await scene.type("/b24link #5")
    for _ in range(4):
        assert row.reply is None
        scene.clock.advance(20)
        for stored in await scene.desk.list_open(10):
            await scene.desk.carry_out(stored)
    assert row.reply
    assert "I have sent a code" in plain.render(row.reply)
    # What was not sent did not count.
    for _ in range(4):
        assert "I have sent a code" in await scene.reply("/b24link #5")


@pytest.mark.parametrize("error", [OutcomeUnknown("TIMEOUT"), Rejected("SWITCHED_OFF")])
async def test_a_code_that_may_not_come_is_answered_like_any_other(
    scene: Scene, error: PortalError
) -> None:
    scene.portal.outcomes.append(error)
    assert await scene.reply("/b24link #5", sender=MALLORY) == SENT.format("#5")


async def test_a_portal_on_hold_gets_no_code(scene: Scene) -> None:
    scene.served.add(OTHER_PORTAL, scene.other, "other.example")
    await scene.stores.portals.pause(OTHER_PORTAL, scene.clock.now(), "HELD")
    for account in ("eve@corp.example", "nobody@corp.example"):
        assert await scene.reply(f"/b24link {account}", sender=MALLORY) == SENT.format(account)
    await scene.stores.portals.pause(PORTAL, scene.clock.now(), "HELD")
    told = {await scene.reply(f"/b24link {account}") for account in ("#5", "#99")}
    assert len(told) == 1
    assert "Bitrix24 refuses" in told.pop()
    assert scene.portal.sent == scene.other.sent == []


async def test_an_address_is_looked_for_in_every_portal(scene: Scene) -> None:
    scene.served.add(OTHER_PORTAL, scene.other, "other.example")
    await scene.type("/b24link eve@corp.example")
    ((sent,),) = scene.other.sent
    code = re.findall(r"\d{6}", sent.message)[0]
    assert await scene.reply(f"/b24link {code}") == (
        "You are now linked to Eve Adams in `other.example`, number `#5`."
    )
    scene.other.error = PortalOnHold("NO_AUTH_FOUND")
    for account in ("boris@corp.example", "nobody@corp.example"):
        assert "I have sent a code" in await scene.reply(f"/b24link {account}", sender=MALLORY)


# By e-mail


async def test_a_member_with_a_verified_address_is_linked_at_the_first_command(
    scene: Scene,
) -> None:
    scene.desk = scene.make_desk(by_email=True)
    row = await scene.type("/b24notify #2 hi", sender=ANNA_IN_SLACK)
    assert row.reply
    assert plain.render(row.reply) == (
        "You are now linked to Anna Petrova in Bitrix24, number `#5`.\n\n"
        "That is because your e-mail address is the same in both; `/b24unlink` ends it."
    )
    assert len(scene.stores.deliveries_of(row.id)) == 1
    assert scene.stores.changes[0].proof is Proof.EMAIL
    assert await scene.linked_to(ANNA_IN_SLACK) == Recipient(ANNA.user_id, ANNA.name)


async def test_one_is_told_of_the_link_even_if_the_command_is_refused(scene: Scene) -> None:
    scene.desk = scene.make_desk(by_email=True)
    reply = await scene.reply("/b24notify #99 hi", sender=ANNA_IN_SLACK)
    assert reply.startswith("You are now linked to Anna Petrova")
    assert reply.endswith("has the number `#99`.")


async def test_nobody_is_linked_by_e_mail_unless_it_is_switched_on(scene: Scene) -> None:
    row = await scene.type("/b24link", sender=ANNA_IN_SLACK)
    assert await scene.linked_to(ANNA_IN_SLACK) is None
    assert row.buttons == (
        Button("Send a code to Anna@Corp.example", "/b24link Anna@Corp.example"),
    )


@pytest.mark.parametrize(
    "member",
    [
        replace(ANNA_THERE, email=""),
        replace(ANNA_THERE, email="stranger@corp.example"),
        replace(ANNA_THERE, email="dmitri@corp.example"),
        replace(ANNA_THERE, email="\u0430nna@corp.example"),
        replace(ANNA_THERE, email="anna@corp.example\u200b"),
        replace(ANNA_THERE, is_guest=True),
        replace(ANNA_THERE, is_foreign=True),
        replace(ANNA_THERE, is_bot=True),
        replace(ANNA_THERE, is_active=False),
    ],
)
async def test_what_proves_nothing_links_nobody(scene: Scene, member: Member) -> None:
    scene.desk = scene.make_desk(by_email=True)
    scene.members.people = [member]
    await scene.type("/b24notify #2 hi", sender=ANNA_IN_SLACK)
    await scene.type("/b24link", sender=ANNA_IN_SLACK)
    assert await scene.linked_to(ANNA_IN_SLACK) is None
    assert not scene.stores.deliveries


async def test_an_address_that_two_active_people_have_links_nobody(scene: Scene) -> None:
    scene.desk = scene.make_desk(by_email=True)
    scene.portal.people.append(replace(BORIS, email="anna@corp.example"))
    await scene.type("/b24link", sender=ANNA_IN_SLACK)
    assert await scene.linked_to(ANNA_IN_SLACK) is None
    scene.portal.people[-1] = replace(DMITRI, email="anna@corp.example")
    scene.clock.advance(61)
    await scene.type("/b24link", sender=ANNA_IN_SLACK)
    assert await scene.linked_to(ANNA_IN_SLACK) is not None


async def test_who_ended_a_link_is_linked_again_only_when_they_ask(scene: Scene) -> None:
    scene.desk = scene.make_desk(by_email=True)
    await scene.type("/b24link", sender=ANNA_IN_SLACK)
    assert "no longer linked" in await scene.reply("/b24unlink", sender=ANNA_IN_SLACK)
    assert "do not know you" in await scene.reply("/b24notify #2 hi", sender=ANNA_IN_SLACK)
    assert "now linked to Anna" in await scene.reply("/b24link", sender=ANNA_IN_SLACK)
    assert [(one.is_end, one.changed_by) for one in scene.stores.changes] == [
        (False, "slack:T1/U5"),
        (True, "slack:T1/U5"),
        (False, "slack:T1/U5"),
    ]


# By an administrator


@pytest.mark.parametrize("who", ["@Anna_P", Mention("Anna", "4242")])
@pytest.mark.parametrize("account", ["#5", "anna@corp.example"])
async def test_an_administrator_links_others(
    scene: Scene, who: str | Mention, account: str
) -> None:
    await scene.stores.people.note_seen(ANNA_HERE)
    reply = await scene.reply("/b24link ", who, f" {account}", sender=ROOT, is_private=False)
    name = who if isinstance(who, str) else "@Anna"
    assert reply == f"`{name}` (`telegram:4242`) is now Anna Petrova in Bitrix24, number `#5`."
    (change,) = scene.stores.changes
    assert (change.proof, change.changed_by) == (Proof.ADMINISTRATOR, "telegram:1")


async def test_nobody_else_links_others(scene: Scene) -> None:
    await scene.stores.people.link(MALLORY.identity, PORTAL, BORIS)
    await scene.stores.people.note_seen(ANNA_HERE)
    reply = await scene.reply("/b24link @anna_p #2", sender=MALLORY)
    assert reply == "Only an administrator may do that."
    assert await scene.linked_to(ANNA_HERE) is None


async def test_an_administrator_is_told_what_is_wrong(scene: Scene) -> None:
    await scene.stores.people.note_seen(ANNA_HERE)
    for typed, told in (
        ("@nobody #5", "I do not know `@nobody` yet."),
        ("@anna_p #99", "Nobody in Bitrix24 has the number `#99`."),
        ("@anna_p #4", "no longer works here"),
        ("@anna_p @anna_p", "One of the two must be a name here"),
        ("#5 #2", "One of the two must be a name here"),
    ):
        assert told in await scene.reply(f"/b24link {typed}", sender=ROOT)
    assert scene.stores.changes == []


# From a link to the bot


async def test_who_opens_the_bot_is_told_how_to_be_linked(scene: Scene) -> None:
    for typed in ("/start", "/start link", "/start something-else"):
        assert "You are not linked" in await scene.reply(typed, sender=MALLORY)


async def test_who_is_linked_and_opens_the_bot_is_told_what_to_type(scene: Scene) -> None:
    await scene.stores.people.link(ANNA_HERE.identity, PORTAL, ANNA)
    for typed in ("/start", "/start something-else"):
        assert "This is what you can type" in await scene.reply(typed)
    assert "You are Anna Petrova" in await scene.reply("/start link")


async def test_a_link_to_the_bot_can_carry_the_code(scene: Scene) -> None:
    code = await scene.ask("#5")
    assert "private chat" in await scene.reply(f"/start code-{code}", is_private=False)
    assert "now linked" in await scene.reply(f"/start code-{code}")


async def test_unlinking_is_written_down_with_who_did_it(scene: Scene) -> None:
    await scene.stores.people.link(ANNA_HERE.identity, PORTAL, ANNA)
    assert "no longer linked to Anna Petrova" in await scene.reply("/b24unlink")
    assert scene.stores.changes[-1].is_end
    assert scene.stores.changes[-1].changed_by == "telegram:4242"
    assert await scene.linked_to() is None
