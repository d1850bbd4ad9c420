"""Default deny, as one table, and how often somebody may type."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from bridge.commands.desk import Desk, make_handlers
from bridge.commands.link import make_link_handlers
from bridge.errors import ChatError
from bridge.markup import plain
from bridge.people.accounts import Accounts
from bridge.people.identity import BitrixUserId, Identity, Platform, PortalId, Recipient, Sender
from bridge.people.lookups import Lookups
from bridge.people.member import Member
from bridge.people.permissions import Access, Role, Rule
from bridge.people.proving import Prover
from tests.fakes.clock import FakeClock
from tests.fakes.desk import make_directory, make_reception
from tests.fakes.incoming import make_incoming
from tests.fakes.members import FakeMembers, FakeRooms
from tests.fakes.portal import ANNA, FakePortal, serving
from tests.fakes.stores import MemoryStores

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.fakes.rows import CommandRow

PORTAL = PortalId(1)
TELEGRAM, SLACK, CONSOLE = Platform.TELEGRAM, Platform.SLACK, Platform.CONSOLE

LINKED = {
    "boris in telegram": Sender(Identity(TELEGRAM, "", "2"), "boris"),
    "boris in slack": Sender(Identity(SLACK, "T1", "U2"), "boris"),
    "a linked guest": Sender(Identity(SLACK, "T1", "UGUEST"), "guest"),
    "a linked foreigner": Sender(Identity(SLACK, "T1", "UFOREIGN"), "foreigner"),
    "a linked bot": Sender(Identity(SLACK, "T1", "UBOT"), "bot"),
    "a linked closed account": Sender(Identity(SLACK, "T1", "UCLOSED"), "closed"),
    "a linked stranger to slack": Sender(Identity(SLACK, "T1", "UNOBODY"), "nobody"),
    "a linked administrator": Sender(Identity(SLACK, "T1", "UROOT"), "root"),
    "a linked workspace administrator": Sender(Identity(SLACK, "T1", "UADMIN"), "admin"),
    "the maker of a group": Sender(Identity(TELEGRAM, "", "77"), "maker"),
}
UNLINKED = {
    "a stranger in telegram": Sender(Identity(TELEGRAM, "", "666"), "mallory"),
    "a stranger in slack": Sender(Identity(SLACK, "T1", "U666"), "mallory"),
    "a stranger in another team": Sender(Identity(SLACK, "T2", "U666"), "mallory"),
    "an allowed person": Sender(Identity(TELEGRAM, "", "3"), "clara"),
    "an unlinked administrator": Sender(Identity(TELEGRAM, "", "9"), "olga"),
    "an unlinked guest": Sender(Identity(SLACK, "T1", "UGUEST2"), "guest2"),
    "an unlinked foreigner": Sender(Identity(SLACK, "T1", "UFOREIGN2"), "foreigner2"),
    "an unlinked workspace administrator": Sender(Identity(SLACK, "T1", "UADMIN2"), "admin2"),
    "an unlinked bot": Sender(Identity(SLACK, "T1", "UBOT2"), "bot2"),
    "a shell": Sender(Identity(CONSOLE, "", "root"), "root"),
}
PEOPLE = LINKED | UNLINKED
FACTS: Mapping[str, Mapping[str, bool]] = {
    "boris in slack": {},
    "a linked guest": {"is_guest": True},
    "a linked foreigner": {"is_foreign": True},
    "a linked bot": {"is_bot": True},
    "a linked closed account": {"is_active": False},
    "a linked administrator": {},
    "a linked workspace administrator": {"is_administrator": True},
    "a stranger in slack": {},
    "a stranger in another team": {},
    "an unlinked guest": {"is_guest": True},
    "an unlinked foreigner": {"is_foreign": True},
    "an unlinked workspace administrator": {"is_administrator": True},
    "an unlinked bot": {"is_bot": True},
}
ACCESS = Access(
    workspaces=frozenset({(TELEGRAM, "-100"), (SLACK, "T1")}),
    administrators=frozenset({PEOPLE["a linked administrator"].identity}),
)
DENYING = replace(ACCESS, workspaces=frozenset())
TRUSTING = replace(DENYING, trusts_workspace_administrators=True)
ADMITTING = replace(DENYING, admits_guests=True)
RULES = (
    Rule(Role.SENDER, TELEGRAM, "", "3"),
    Rule(Role.ADMINISTRATOR, TELEGRAM, "", "9"),
    Rule(Role.SENDER, TELEGRAM, "-200"),
)

NOTIFY, LINK_OTHER = "/b24notify #5 hi", "/b24link @boris #5"
CHANGE, CREATE = "/b24group delete team", "/b24group create x1 #5"
LINK, HELP = "/b24link", "/b24help"

STRANGER = "I do not know you"
NOT_ADMINISTRATOR = "administrator"
CLOSED, FOREIGN, GUEST = "account here is closed", "own organisation", "no commands from guests"
SILENCE = ""
OK = None


class Scene:
    """A desk in front of everybody in the table."""

    def __init__(self, access: Access = ACCESS, commands_per_minute: int = 20) -> None:
        self.clock = FakeClock()
        self.stores = MemoryStores(self.clock)
        self.portal = FakePortal()
        self.slack = FakeMembers(
            *(
                replace(Member(identity=PEOPLE[name].identity), **facts)
                for name, facts in FACTS.items()
            )
        )
        self.rooms = FakeRooms()
        served = serving((PORTAL, self.portal))
        members, lookups = {SLACK: self.slack}, Lookups(served, self.clock)
        directory = make_directory(self.stores, served, members=members, lookups=lookups)
        prover = Prover(
            served, self.stores.portals, Accounts(lookups), self.stores.link_codes, self.clock
        )
        stores = self.stores
        self.desk = Desk(
            inbox=stores.inbox,
            reception=make_reception(
                stores,
                directory,
                access,
                members=members,
                rooms={TELEGRAM: self.rooms},
                commands_per_minute=commands_per_minute,
            ),
            handlers=make_handlers(directory, stores.groups)
            | make_link_handlers(directory, stores.people, stores.linking, prover, None),
            clock=self.clock,
            chance=lambda: 0.0,
        )

    async def prepare(self) -> Scene:
        for number, sender in enumerate(LINKED.values()):
            recipient = Recipient(BitrixUserId(50 + number), sender.handle.title())
            await self.stores.people.link(sender.identity, PORTAL, recipient, handle=sender.handle)
        for rule in RULES:
            await self.stores.access.allow(rule, "console:root")
        await self.type("the maker of a group", "77", "/b24group create team #5")
        return self

    async def type(self, who: str, where: str, what: str) -> CommandRow:
        incoming = make_incoming(what, sender=PEOPLE[who], workspace=where)
        incoming = replace(incoming, is_private=True, received_at=self.clock.now())
        await self.stores.inbox.store(incoming)
        await self.work()
        return self.stores.commands[len(self.stores.commands)]

    def changed(self) -> tuple[object, ...]:
        """Return what a command may change."""
        stores = self.stores
        return dict(stores.links), dict(stores.groups_kept), dict(stores.deliveries)

    async def work(self) -> None:
        for stored in await self.desk.list_open(10):
            await self.desk.carry_out(stored)

    async def reply(self, who: str, where: str, what: str) -> str:
        row = await self.type(who, where, what)
        assert row.closed_at
        return plain.render(row.reply) if row.reply else ""


# Who, where, what, and the beginning of the refusal.
TABLE = [
    # Nobody is known, nothing is allowed.
    (DENYING, "a stranger in telegram", "666", NOTIFY, STRANGER),
    (DENYING, "a stranger in telegram", "666", "hello", STRANGER),
    (DENYING, "a stranger in telegram", "666", HELP, STRANGER),
    (DENYING, "a stranger in telegram", "666", "/b24who #5", STRANGER),
    (DENYING, "a stranger in telegram", "666", "/b24group list", STRANGER),
    (DENYING, "a stranger in telegram", "666", "/b24unlink", STRANGER),
    (DENYING, "a stranger in telegram", "666", "/b24undo 1", STRANGER),
    (DENYING, "a stranger in telegram", "666", "/b24choose 1 #5", STRANGER),
    (DENYING, "a stranger in slack", "T1", NOTIFY, STRANGER),
    (DENYING, "a stranger in slack", "T1", "/b24status", STRANGER),
    (DENYING, "an unlinked workspace administrator", "T1", NOTIFY, STRANGER),
    # How strangers become known: they may prove who they are.
    (DENYING, "a stranger in telegram", "666", LINK, OK),
    (DENYING, "a stranger in slack", "T1", LINK, OK),
    (DENYING, "a stranger in telegram", "666", LINK_OTHER, NOT_ADMINISTRATOR),
    (DENYING, "a stranger in slack", "T1", LINK_OTHER, NOT_ADMINISTRATOR),
    # Links.
    (DENYING, "boris in telegram", "2", NOTIFY, OK),
    (DENYING, "boris in telegram", "-999", NOTIFY, OK),
    (DENYING, "boris in slack", "T1", NOTIFY, OK),
    (DENYING, "boris in slack", "T1", CREATE, OK),
    (DENYING, "boris in telegram", "2", LINK_OTHER, NOT_ADMINISTRATOR),
    (DENYING, "boris in slack", "T1", LINK_OTHER, NOT_ADMINISTRATOR),
    # Allowed workspaces: settings, and the database.
    (ACCESS, "a stranger in telegram", "-100", NOTIFY, OK),
    (ACCESS, "a stranger in telegram", "-101", NOTIFY, STRANGER),
    (ACCESS, "a stranger in telegram", "T1", NOTIFY, STRANGER),
    (ACCESS, "a stranger in telegram", "-200", NOTIFY, OK),
    (DENYING, "a stranger in telegram", "-200", CREATE, OK),
    (ACCESS, "a stranger in slack", "T1", NOTIFY, OK),
    (ACCESS, "a stranger in another team", "T2", NOTIFY, STRANGER),
    (ACCESS, "a stranger in slack", "T1", LINK_OTHER, NOT_ADMINISTRATOR),
    (ACCESS, "a stranger in telegram", "-100", LINK_OTHER, NOT_ADMINISTRATOR),
    # Allowed people.
    (DENYING, "an allowed person", "3", NOTIFY, OK),
    (DENYING, "an allowed person", "-999", CREATE, OK),
    (DENYING, "an allowed person", "3", LINK_OTHER, NOT_ADMINISTRATOR),
    # Administrators: settings, the database, the platform only if that is switched on.
    (DENYING, "a linked administrator", "T1", LINK_OTHER, OK),
    (DENYING, "a linked administrator", "T1", NOTIFY, OK),
    (DENYING, "an unlinked administrator", "9", NOTIFY, OK),
    (DENYING, "an unlinked administrator", "9", "/b24link @boris #5", OK),
    (DENYING, "a linked workspace administrator", "T1", NOTIFY, OK),
    (DENYING, "a linked workspace administrator", "T1", LINK_OTHER, NOT_ADMINISTRATOR),
    (TRUSTING, "a linked workspace administrator", "T1", LINK_OTHER, OK),
    (TRUSTING, "an unlinked workspace administrator", "T1", LINK_OTHER, OK),
    (TRUSTING, "boris in slack", "T1", LINK_OTHER, NOT_ADMINISTRATOR),
    # Groups: makers and administrators.
    (DENYING, "the maker of a group", "77", CHANGE, OK),
    (DENYING, "boris in telegram", "2", CHANGE, NOT_ADMINISTRATOR),
    (DENYING, "an allowed person", "3", CHANGE, NOT_ADMINISTRATOR),
    (ACCESS, "a stranger in telegram", "-100", CHANGE, NOT_ADMINISTRATOR),
    (DENYING, "an unlinked administrator", "9", CHANGE, OK),
    (DENYING, "a stranger in telegram", "666", CHANGE, STRANGER),
    # Those who are no senders whatever else would allow them.
    (ACCESS, "a linked guest", "T1", NOTIFY, GUEST),
    (ACCESS, "an unlinked guest", "T1", NOTIFY, GUEST),
    (ACCESS, "an unlinked guest", "T1", LINK, GUEST),
    (ADMITTING, "a linked guest", "T1", NOTIFY, OK),
    (ADMITTING, "an unlinked guest", "T1", NOTIFY, STRANGER),
    (ADMITTING, "an unlinked guest", "T1", LINK, OK),
    (ACCESS, "a linked foreigner", "T1", NOTIFY, FOREIGN),
    (ADMITTING, "a linked foreigner", "T1", NOTIFY, FOREIGN),
    (ACCESS, "an unlinked foreigner", "T1", LINK, FOREIGN),
    (ACCESS, "an unlinked foreigner", "T1", HELP, FOREIGN),
    (ACCESS, "a linked closed account", "T1", NOTIFY, CLOSED),
    (ACCESS, "a linked stranger to slack", "T1", NOTIFY, CLOSED),
    (ACCESS, "a linked bot", "T1", NOTIFY, SILENCE),
    (ACCESS, "an unlinked bot", "T1", LINK, SILENCE),
    (ACCESS, "an unlinked bot", "T1", HELP, SILENCE),
    # Whoever has a shell has the database, too.
    (DENYING, "a shell", "", NOTIFY, OK),
    (DENYING, "a shell", "", CHANGE, OK),
]


@pytest.mark.parametrize(("access", "who", "where", "what", "refusal"), TABLE)
async def test_nobody_does_what_nothing_allows(
    access: Access, who: str, where: str, what: str, refusal: str | None
) -> None:
    scene = await Scene(access).prepare()
    before = scene.changed()
    row = await scene.type(who, where, what)
    assert row.closed_at
    if refusal is OK:
        assert not row.is_refused
    else:
        assert row.is_refused
        assert refusal in (plain.render(row.reply) if row.reply else "")
        assert bool(row.reply) is bool(refusal)
        assert scene.changed() == before


@pytest.mark.parametrize("who", sorted(name for name in PEOPLE if PEOPLE[name].identity.workspace))
@pytest.mark.parametrize(
    ("error", "told"),
    [
        (ChatError("down", retry_after_seconds=1.0), "I could not ask Slack"),
        (ChatError("refused"), "Slack does not let me ask"),
        (ChatError("missing_scope", permission="users:read"), "I lack the permission `users:read`"),
    ],
)
async def test_nobody_is_let_in_while_the_platform_cannot_be_asked(
    who: str, error: ChatError, told: str
) -> None:
    scene = await Scene(replace(ACCESS, trusts_workspace_administrators=True)).prepare()
    before = scene.changed()
    scene.slack.error = error
    row = await scene.type(who, "T1", NOTIFY)
    for _ in range(60):
        scene.clock.advance(10)
        await scene.work()
    assert row.reply
    assert told in plain.render(row.reply)
    assert scene.changed() == before


async def test_a_rule_takes_effect_within_seconds_in_a_running_bridge() -> None:
    scene = await Scene(DENYING).prepare()
    rule = Rule(Role.SENDER, SLACK, "T1")
    who = "a stranger in slack", "T1"
    assert STRANGER in await scene.reply(*who, HELP)
    await scene.stores.access.allow(rule, "console:root")
    scene.clock.advance(2)
    assert STRANGER not in await scene.reply(*who, HELP)
    await scene.stores.access.deny(rule)
    scene.clock.advance(2)
    assert STRANGER in await scene.reply(*who, HELP)


# Members of allowed chats, wherever they write


async def test_a_member_of_an_allowed_chat_may_send_elsewhere_too() -> None:
    scene = await Scene(ACCESS).prepare()
    stranger = "a stranger in telegram", "666"
    scene.rooms.people = {("-100", PEOPLE[stranger[0]].identity)}
    assert not (await scene.type(*stranger, NOTIFY)).is_refused
    assert not (await scene.type(*stranger, CREATE)).is_refused
    assert NOT_ADMINISTRATOR in await scene.reply(*stranger, CHANGE)


async def test_a_member_of_another_chat_is_a_stranger() -> None:
    scene = await Scene(ACCESS).prepare()
    stranger = "a stranger in telegram", "666"
    scene.rooms.people = {("-101", PEOPLE[stranger[0]].identity)}
    assert STRANGER in await scene.reply(*stranger, NOTIFY)


async def test_nobody_is_a_member_because_that_could_not_be_asked() -> None:
    scene = await Scene(ACCESS).prepare()
    scene.rooms.error = ChatError("down", retry_after_seconds=None)
    row = await scene.type("a stranger in telegram", "666", NOTIFY)
    assert row.is_refused
    assert not (await scene.type("boris in telegram", "2", NOTIFY)).is_refused


# Limits


async def test_too_many_commands_are_refused_with_the_time_to_come_again() -> None:
    scene = await Scene(commands_per_minute=3).prepare()
    boris = "boris in telegram", "2"
    for _ in range(3):
        assert "what you can type" in await scene.reply(*boris, HELP)
        scene.clock.advance(10)
    assert await scene.reply(*boris, NOTIFY) == (
        "That was too much at once: I take at most 3 commands a minute. "
        "Please try again in 40 seconds."
    )
    assert not scene.stores.deliveries
    assert "what you can type" in await scene.reply("boris in slack", "T1", HELP)
    scene.clock.advance(40)
    assert "what you can type" in await scene.reply(*boris, HELP)


async def test_a_shell_is_not_limited() -> None:
    scene = await Scene(commands_per_minute=1).prepare()
    for _ in range(3):
        assert "too much" not in await scene.reply("a shell", "", HELP)


async def test_a_stranger_in_telegram_gets_one_refusal_an_hour_then_silence() -> None:
    scene = await Scene(DENYING).prepare()
    stranger = "a stranger in telegram", "666"
    assert STRANGER in await scene.reply(*stranger, NOTIFY)
    for what in (NOTIFY, HELP, "hello"):
        scene.clock.advance(1000)
        assert await scene.reply(*stranger, what) == SILENCE
    scene.clock.advance(600)
    assert STRANGER in await scene.reply(*stranger, NOTIFY)
    assert await scene.reply(*stranger, NOTIFY) == SILENCE


async def test_a_stranger_who_may_link_themselves_hears_no_more_when_they_overdo_it() -> None:
    scene = await Scene(DENYING, commands_per_minute=2).prepare()
    stranger = "a stranger in telegram", "666"
    for _ in range(2):
        assert "link" in await scene.reply(*stranger, LINK)
    assert STRANGER in await scene.reply(*stranger, LINK)
    for _ in range(3):
        assert await scene.reply(*stranger, LINK) == SILENCE


async def test_strangers_in_slack_are_always_answered() -> None:
    scene = await Scene(DENYING).prepare()
    for _ in range(3):
        assert STRANGER in await scene.reply("a stranger in slack", "T1", NOTIFY)


async def test_a_stranger_who_has_been_linked_is_heard_at_once() -> None:
    scene = await Scene(DENYING).prepare()
    stranger = PEOPLE["a stranger in telegram"].identity
    await scene.reply("a stranger in telegram", "666", NOTIFY)
    await scene.stores.people.link(stranger, PORTAL, ANNA)
    assert "what you can type" in await scene.reply("a stranger in telegram", "666", HELP)
