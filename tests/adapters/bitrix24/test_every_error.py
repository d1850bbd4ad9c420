"""Every documented error, from the sandbox's answer to the words that a person reads."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

import pytest

from adapters.bitrix24.auth import Webhook
from adapters.bitrix24.client import Bitrix24Portal
from adapters.bitrix24.errors import MEANINGS
from adapters.sandbox.errors import DOCUMENTED
from adapters.sandbox.faults import Fault
from adapters.sandbox.portal import SandboxPortal
from adapters.sandbox.server import serve
from bridge.delivery.notification import Delivered, Delivery, Notification, Outcome, Progress
from bridge.delivery.policy import GiveUp, HoldPortal, Policy, RetryAt
from bridge.delivery.state import State
from bridge.errors import OutcomeUnknown, PortalError, PortalOnHold, Rejected, TryLater
from bridge.markup import plain
from bridge.people.identity import BitrixUserId, Recipient
from bridge.replies.outcome import write_outcome
from bridge.replies.words import Words

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

METHOD = "im.notify.personal.add"
NOW = datetime(2026, 5, 14, 10, 0, tzinfo=UTC)
ANNA = Recipient(BitrixUserId(2), "Anna")


class Family(NamedTuple):
    """What a kind of error comes to.

    Attributes:
        error: its class.
        decision: what follows from it.
        words: how the answer to the person goes.
    """

    error: type[PortalError]
    decision: type[object]
    words: str


WRONG = Family(Rejected, GiveUp, "Not delivered to Anna: Bitrix24 refused it (`{code}`).")
HOLD = Family(
    PortalOnHold,
    HoldPortal,
    "Not delivered to Anna yet: Bitrix24 does not let me in (`{code}`). Please tell your",
)
BLOCKED = Family(
    PortalOnHold, HoldPortal, "Not delivered to Anna yet: Bitrix24 has blocked all programs"
)
LATER = Family(TryLater, RetryAt, "Not delivered to Anna yet: Bitrix24 takes no more from me at")
AWAY = Family(TryLater, RetryAt, "Not delivered to Anna yet: Bitrix24 does not answer as it should")
UNSURE = Family(OutcomeUnknown, RetryAt, "I do not know yet whether it has reached Anna: Bitrix24")

FAMILIES = {
    "USER_ID_EMPTY": WRONG,
    "MESSAGE_EMPTY": WRONG,
    "ATTACH_OVERSIZE": WRONG,
    "ATTACH_ERROR": WRONG,
    "WRONG_AUTH_TYPE": HOLD,
    "insufficient_scope": HOLD,
    "INVALID_CREDENTIALS": HOLD,
    "user_access_error": HOLD,
    "ACCESS_DENIED": HOLD,
    "NO_AUTH_FOUND": HOLD,
    "expired_token": HOLD,
    "QUERY_LIMIT_EXCEEDED": LATER,
    "OPERATION_TIME_LIMIT": LATER,
    "OVERLOAD_LIMIT": BLOCKED,
    "INTERNAL_SERVER_ERROR": UNSURE,
    "ERROR_UNEXPECTED_ANSWER": UNSURE,
    "PORTAL_DELETED": HOLD,
    "ERROR_BATCH_METHOD_NOT_ALLOWED": AWAY,
    "ERROR_BATCH_LENGTH_EXCEEDED": AWAY,
    "INVALID_REQUEST": HOLD,
    "ERROR_MANIFEST_IS_NOT_AVAILABLE": WRONG,
    "ERROR_METHOD_NOT_FOUND": WRONG,
    "APPLICATION_NOT_FOUND": HOLD,
    "authorization_error": HOLD,
    "PAYMENT_REQUIRED": HOLD,
    "CONNECTION_ERROR": AWAY,
    "METHOD_CONFIRM_WAITING": WRONG,
    "METHOD_CONFIRM_DENIED": WRONG,
    "SOMETHING_NEW": WRONG,
}


def notification(user_id: int = 2, message: str = "Hello") -> Notification:
    recipient = Recipient(BitrixUserId(user_id), "Anna")
    return Notification(recipient=recipient, message=message, message_out="", tag=f"t-{user_id}")


@pytest.fixture
async def sandbox() -> AsyncIterator[SandboxPortal]:
    portal = SandboxPortal()
    async with serve("127.0.0.1:0", portal):
        yield portal


@pytest.fixture
async def portal(sandbox: SandboxPortal) -> AsyncIterator[Bitrix24Portal]:
    address = f"{sandbox.address}/rest/{sandbox.owner_id}/{sandbox.webhook_code}/"
    async with Bitrix24Portal(Webhook.parse(address), timeout_seconds=5) as portal:
        yield portal


def test_every_documented_code_has_its_row() -> None:
    assert {code.upper() for code in FAMILIES} == {*MEANINGS, "SOMETHING_NEW"}
    not_of_calls = {
        "ERROR_ARGUMENT",
        "PARAMS_ERROR",
        "INVALID_CLIENT",
        "INVALID_GRANT",
        "UNSUPPORTED_GRANT_TYPE",
    }
    assert {code.upper() for code in DOCUMENTED} - not_of_calls <= set(MEANINGS)


@pytest.mark.parametrize(("code", "family"), FAMILIES.items())
async def test_a_single_call_that_is_refused(
    sandbox: SandboxPortal, portal: Bitrix24Portal, code: str, family: Family
) -> None:
    status = 400 if code == "SOMETHING_NEW" else 0
    sandbox.faults.append(Fault(method=METHOD, code=code, status=status))
    (outcome,) = await portal.send([notification()])
    assert_ends(outcome, code, family)
    assert sandbox.notifications == []


@pytest.mark.parametrize(("code", "family"), FAMILIES.items())
async def test_a_call_in_a_batch_that_is_refused_leaves_the_others_alone(
    sandbox: SandboxPortal, portal: Bitrix24Portal, code: str, family: Family
) -> None:
    sandbox.faults.append(Fault(method=METHOD, code=code))
    refused, *others = await portal.send([notification(), notification(3), notification(5)])
    assert_ends(refused, code, family)
    assert [type(other) for other in others] == [Delivered, Delivered]
    assert [one.user_id for one in sandbox.notifications] == [3, 5]


@pytest.mark.parametrize(("code", "family"), FAMILIES.items())
async def test_a_batch_that_is_refused_as_a_whole(
    sandbox: SandboxPortal, portal: Bitrix24Portal, code: str, family: Family
) -> None:
    status = 400 if code == "SOMETHING_NEW" else 0
    sandbox.faults.append(Fault(method="batch", code=code, status=status))
    for outcome in await portal.send([notification(), notification(3)]):
        assert_ends(outcome, code, family)


@pytest.mark.parametrize("together", [1, 2])
@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (Fault(status=502, page="<html>Bad Gateway</html>"), "UNEXPECTED_ANSWER"),
        (Fault(status=200, page="<html>Log in</html>"), "UNEXPECTED_ANSWER"),
        (Fault(drops_connection=True), "CONNECTION_BROKEN"),
        (Fault(drops_connection=True, after_processing=True), "CONNECTION_BROKEN"),
    ],
)
async def test_an_answer_that_says_nothing_leaves_the_outcome_of_all_unknown(
    sandbox: SandboxPortal, portal: Bitrix24Portal, fault: Fault, code: str, together: int
) -> None:
    sandbox.faults.append(fault)
    outcomes = await portal.send([notification(2), notification(3)][:together])
    assert len({id(outcome) for outcome in outcomes}) == together
    for outcome in outcomes:
        assert_ends(outcome, code, UNSURE)
    assert len(sandbox.notifications) == (together if fault.after_processing else 0)


@pytest.mark.parametrize("together", [1, 2])
async def test_who_has_switched_the_bell_off_is_told_apart(
    sandbox: SandboxPortal, portal: Bitrix24Portal, together: int
) -> None:
    sandbox.switched_off = {2}
    outcome = (await portal.send([notification(2), notification(3)][:together]))[0]
    words = "Not delivered to Anna: they have switched such notifications off in Bitrix24"
    assert_ends(outcome, "SWITCHED_OFF", Family(Rejected, GiveUp, words))


@pytest.mark.parametrize("together", [1, 2])
async def test_who_does_not_exist_is_told_apart(
    sandbox: SandboxPortal, portal: Bitrix24Portal, together: int
) -> None:
    outcome = (await portal.send([notification(999), notification(3)][:together]))[0]
    words = "Not delivered to Anna: Bitrix24 created no notification."
    assert_ends(outcome, "NOT_CREATED", Family(Rejected, GiveUp, words))


async def test_everything_arrives_in_a_batch_byte_for_byte(
    sandbox: SandboxPortal, portal: Bitrix24Portal
) -> None:
    texts = [
        "a&b=c+d%20#e",
        "a\nb\u2028c",
        "Привет 👋🏽",
        "\\n \" '",
        "[b]x[/b]",
        "$result [x]",
        "a\0b",
    ]
    everybody = [person.id for person in sandbox.people if person.active]
    sent = [notification(user, text) for user, text in zip(everybody * 2, texts, strict=False)]
    assert {type(outcome) for outcome in await portal.send(sent)} == {Delivered}
    assert [one.message for one in sandbox.ledger] == texts
    alone = notification(2, "$result[x][y] $error[z]")
    assert portal.travels_alone(alone)
    await portal.send([alone])
    assert sandbox.notifications[-1].message == "$result[x][y] $error[z]"


def assert_ends(outcome: Outcome, code: str, family: Family) -> None:
    assert isinstance(outcome, PortalError)
    assert (type(outcome), outcome.code) == (family.error, code.upper())
    delivery = Delivery(
        id=1, notification=notification(), attempt=1, queued_at=NOW, received_at=NOW
    )
    decision = Policy().decide(outcome, delivery, NOW + timedelta(seconds=1), 0.5)
    assert type(decision) is family.decision
    state = decision.state if isinstance(decision, GiveUp) else State.QUEUED
    progress = Progress(recipient=ANNA, state=state, code=outcome.code)
    said = plain.render(write_outcome([progress], Words(), "0a1b2c"))
    assert said.startswith(family.words.format(code=outcome.code))
    described = DOCUMENTED.get(code)
    assert not (described and described[1] and described[1] in said)
