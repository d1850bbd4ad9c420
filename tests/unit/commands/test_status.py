"""People see what became of their last notifications, in a line each."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from bridge.commands.status import Status
from bridge.delivery.history import CANCELLED
from bridge.delivery.overview import Sent
from bridge.delivery.state import State
from bridge.errors import UsageError
from bridge.markup import plain
from bridge.people.identity import Platform
from bridge.replies.words import Words
from tests.fakes.clock import START, FakeClock
from tests.fakes.incoming import make_incoming
from tests.fakes.portal import ANNA
from tests.unit.commands.requests import make_request, request_of

if TYPE_CHECKING:
    from bridge.people.identity import Identity

NOW = START + timedelta(hours=2)
SENT = Sent(recipient=ANNA, state=State.QUEUED, queued_at=START)


class Overview:
    """``bridge.ports.Overview`` over a list."""

    def __init__(self, *sent: Sent) -> None:
        self.sent = sent

    async def list_sent(self, identity: Identity, limit: int) -> list[Sent]:
        return list(self.sent[:limit])

    async def count_waiting(self, identity: Identity) -> int:
        return sum(not one.state.is_final for one in self.sent)


async def show(*sent: Sent, language: str = "en") -> str:
    clock = FakeClock()
    clock.advance(7200)
    incoming = replace(make_incoming("/b24status"), is_private=True)
    request = replace(request_of(incoming), words=Words(language))
    decided = await Status(Overview(*sent), clock)(request)
    assert decided.reply
    return plain.render(decided.reply)


async def test_who_has_sent_nothing_is_told_how() -> None:
    assert await show() == "You have sent nothing yet. `/b24help` shows how."


async def test_what_one_has_sent_is_told_in_no_group() -> None:
    show_status = Status(Overview(SENT), FakeClock())
    with pytest.raises(UsageError, match="LINK_IN_PRIVATE"):
        await show_status(make_request("/b24status"))
    in_channel = replace(make_incoming("/b24status"), platform=Platform.SLACK)
    assert (await show_status(request_of(in_channel))).reply


async def test_the_last_ten_are_shown_in_a_line_each() -> None:
    shown = await show(*[SENT] * 12)
    assert shown.startswith("This became of your last notifications:\n\n")
    assert shown.count("Anna Petrova: waiting, first try at once") == 10
    assert shown.endswith("\nMore that wait: 2")


@pytest.mark.parametrize(
    ("sent", "line"),
    [
        (
            replace(SENT, state=State.DELIVERED, finished_at=NOW),
            "Anna Petrova: delivered just now",
        ),
        (
            replace(SENT, state=State.DELIVERED, finished_at=START, is_possibly_doubled=True),
            "Anna Petrova: delivered 2 h ago; it may be shown twice",
        ),
        (replace(SENT, state=State.SENDING), "Anna Petrova: on its way"),
        (
            replace(SENT, code="TIMEOUT", next_try_at=NOW + timedelta(seconds=30)),
            "Anna Petrova: not delivered yet, Bitrix24 did not answer; next try in 30 s",
        ),
        (
            replace(SENT, code="BRAND_NEW", next_try_at=NOW + timedelta(seconds=61)),
            (
                "Anna Petrova: not delivered yet, Bitrix24 does not answer as it should; "
                "next try in 2 min"
            ),
        ),
        (
            replace(
                SENT,
                code="TIMEOUT",
                hold_code="NO_AUTH_FOUND",
                held_at=START,
                next_try_at=NOW + timedelta(minutes=5),
            ),
            (
                "Anna Petrova: waiting for your administrator, Bitrix24 does not let me in "
                "(`NO_AUTH_FOUND`); that began 2 h ago; next try in 5 min"
            ),
        ),
        (
            replace(SENT, hold_code="HELD", held_at=NOW, is_possibly_doubled=True),
            (
                "Anna Petrova: waiting for your administrator, what goes to Bitrix24 is paused "
                "(`HELD`); that began just now; it may be shown twice"
            ),
        ),
        (
            replace(SENT, state=State.FAILED, code="NOT_CREATED", finished_at=START),
            (
                "Anna Petrova: not delivered, Bitrix24 created no notification (`NOT_CREATED`), "
                "2 h ago"
            ),
        ),
        (
            replace(SENT, state=State.DEAD, code="TIMEOUT", finished_at=NOW - timedelta(days=3)),
            "Anna Petrova: given up 3 d ago after many tries, Bitrix24 did not answer (`TIMEOUT`)",
        ),
        (
            replace(SENT, state=State.CANCELLED, finished_at=NOW - timedelta(minutes=2)),
            "Anna Petrova: taken back 2 min ago",
        ),
        (
            replace(SENT, state=State.CANCELLED, code=CANCELLED, finished_at=NOW),
            "Anna Petrova: cancelled by an administrator just now",
        ),
    ],
)
async def test_what_became_of_each_is_told_in_words(sent: Sent, line: str) -> None:
    assert (await show(sent)).splitlines()[-1] == line


async def test_it_is_told_in_russian_as_well() -> None:
    sent = replace(SENT, code="TIMEOUT", next_try_at=NOW + timedelta(hours=5))
    assert (await show(sent, language="ru")).splitlines()[-1] == (
        "Anna Petrova: пока не доставлено, Битрикс24 не ответил; следующая попытка через 5 ч."
    )
