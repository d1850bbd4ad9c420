"""The judge of chaos can find fault: it is shown evidence that somebody has meddled with."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from bridge.delivery.state import State
from tests.chaos.driver import read_outcome
from tests.chaos.evidence import Bell, Command, Evidence, Row, Taken, Told
from tests.chaos.judge import judge

if TYPE_CHECKING:
    from collections.abc import Iterable

NOW = datetime(2026, 3, 1, tzinfo=UTC)
TAGLESS = "tagless.example"


def command(number: int, portal: str = "p.example") -> Command:
    return Command(number=number, sender="telegram:1", portal=portal, recipients=(5,))


def bell(number: int, portal: str = "p.example") -> Bell:
    at = NOW + timedelta(seconds=number)
    return Bell(portal=portal, command=number, recipient=5, at=at)


def row(number: int) -> Row:
    done = NOW + timedelta(seconds=number + 0.5)
    return Row(command=number, recipient=5, state=State.DELIVERED, finished_at=done)


def evidence(commands: Iterable[Command]) -> Evidence:
    """What is left behind when all went well."""
    kept = list(commands)
    return Evidence(
        commands=kept,
        taken={one.number: Taken() for one in kept},
        rows=[row(one.number) for one in kept],
        bells=[bell(one.number, one.portal) for one in kept],
        told={(one.number, 5): Told.NOTIFIED for one in kept},
        tagless=frozenset({TAGLESS}),
    )


GOOD = evidence([command(1), command(2), command(3, TAGLESS)])
LATER = NOW + timedelta(minutes=1)
WAITING = replace(row(1), state=State.QUEUED, next_try_at=LATER, finished_at=None)
AGAIN = replace(bell(1), at=NOW)
MARKED = replace(row(1), is_possibly_doubled=True)


def told(outcome: Told) -> dict[tuple[int, int], Told]:
    return {**GOOD.told, (1, 5): outcome}


def found(doctored: Evidence) -> list[str]:
    return [finding.kind for finding in judge(doctored).findings]


def test_what_went_well_is_no_fault() -> None:
    verdict = judge(GOOD)
    assert not verdict.findings
    assert (verdict.commands, verdict.shown, verdict.waiting) == (3, 3, 0)


@pytest.mark.parametrize(
    "well",
    [
        replace(
            GOOD, bells=[replace(AGAIN, is_shown=False), *GOOD.bells], rows=[MARKED, row(2), row(3)]
        ),
        replace(
            GOOD, bells=GOOD.bells[1:], rows=[WAITING, row(2), row(3)], told=told(Told.WAITING)
        ),
        replace(GOOD, bells=GOOD.bells[1:], rows=GOOD.rows[1:], told=told(Told.FAILED)),
    ],
    ids=["replaced by its own repeat", "waiting", "refused"],
)
def test_every_other_good_end_is_no_fault_either(well: Evidence) -> None:
    assert found(well) == []


AT_TAGLESS = replace(bell(3, TAGLESS), at=NOW)


@pytest.mark.parametrize(
    ("kind", "doctored"),
    [
        ("lost", replace(GOOD, bells=GOOD.bells[1:])),
        ("lost", replace(GOOD, taken={2: Taken(), 3: Taken()}, bells=GOOD.bells[1:])),
        ("lost", replace(GOOD, rows=GOOD.rows[1:], bells=GOOD.bells[1:])),
        ("doubled", replace(GOOD, bells=[AGAIN, *GOOD.bells], rows=[MARKED, *GOOD.rows[1:]])),
        ("doubled", replace(GOOD, bells=[*GOOD.bells, replace(bell(3, TAGLESS), at=LATER)])),
        ("doubled", replace(GOOD, rows=[*GOOD.rows, row(1)])),
        ("unmarked", replace(GOOD, bells=[AT_TAGLESS, *GOOD.bells])),
        ("disordered", replace(GOOD, bells=[bell(2), bell(1), GOOD.bells[2]])),
        ("inconsistent", replace(GOOD, bells=[*GOOD.bells, bell(4)])),
        ("inconsistent", replace(GOOD, taken={**GOOD.taken, 1: Taken(is_closed=False)})),
        ("inconsistent", replace(GOOD, taken={**GOOD.taken, 1: Taken(is_untold=True)})),
        ("inconsistent", replace(GOOD, told=told(Told.FAILED))),
        ("inconsistent", replace(GOOD, told=told(Told.WAITING))),
        (
            "inconsistent",
            replace(GOOD, rows=[replace(row(1), state=State.SENDING), *GOOD.rows[1:]]),
        ),
        ("inconsistent", replace(GOOD, rows=[replace(row(1), state=State.FAILED), *GOOD.rows[1:]])),
        (
            "inconsistent",
            replace(GOOD, rows=[replace(WAITING, next_try_at=None), *GOOD.rows[1:]]),
        ),
    ],
    ids=[
        "told as delivered and in no bell",
        "never heard of",
        "neither queued nor refused",
        "shown twice although its tag is honoured",
        "sent again behind its outcome",
        "queued twice",
        "twice where tags are ignored",
        "overtaken",
        "typed by nobody",
        "never carried out",
        "still to be told",
        "delivered and told as failed",
        "delivered and told as waiting",
        "stuck on its way",
        "failed and in a bell",
        "waiting for nothing",
    ],
)
def test_what_must_not_be_is_found(kind: str, doctored: Evidence) -> None:
    assert kind in found(doctored)


def test_what_its_person_saw_fail_may_have_come_to_nothing() -> None:
    failed = replace(command(4), is_delivered=False)
    assert found(replace(GOOD, commands=[*GOOD.commands, failed])) == []
    assert found(
        replace(GOOD, commands=[*GOOD.commands, failed], bells=[*GOOD.bells, bell(4)])
    ) == ["inconsistent"]


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("Notified Colleague1 A and Colleague2 B.", [Told.NOTIFIED, Told.NOTIFIED]),
        (
            "Notified Colleague1 A.\nNot delivered to Colleague2 B: Bitrix24 refused it (X).",
            [Told.NOTIFIED, Told.FAILED],
        ),
        (
            "On its way to Colleague1 A and Colleague2 B. I will tell you how it ends.",
            [Told.WAITING] * 2,
        ),
        ("Bitrix24 could not be asked.", [Told.FAILED] * 2),
        ("I am asking Bitrix24. That takes a little longer this time.", [Told.WAITING] * 2),
    ],
)
def test_answers_are_read(text: str, outcome: list[Told]) -> None:
    assert read_outcome(text, (1, 2)) == dict(zip((1, 2), outcome, strict=True))
