"""Judges, from what is left behind, whether each command came to exactly one good end.

It knows no process and no database: it compares what people typed with what the bridge's own lists
say, what the portals' ledgers say, and what the people were told.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Final, Literal, get_args

from msgspec import Struct

from bridge.delivery.state import State
from tests.chaos.evidence import Told

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.chaos.evidence import Bell, Command, Evidence, Pair, Row

Kind = Literal["lost", "doubled", "unmarked", "disordered", "inconsistent"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
_CLOCKS_APART: Final = timedelta(seconds=1)
"""How far the clocks of the bridge and of a portal may be apart."""


class Finding(Struct, frozen=True):
    """Something that must not be."""

    kind: Kind
    what: str


class Verdict(Struct, frozen=True, kw_only=True):
    """What the evidence comes to.

    Attributes:
        commands: how many were typed,
        undelivered: and how many of them their platform considers not delivered.
        shown: how many notifications, as all numbers from here on,
        replaced: how many rang again and replaced themselves,
        shown_twice: and how many are to be seen more than once.
    """

    commands: int
    undelivered: int
    shown: int
    replaced: int
    shown_twice: int
    told_failed: int
    waiting: int
    marked: int
    findings: Sequence[Finding]


def judge(evidence: Evidence) -> Verdict:
    """Judge the evidence."""
    ends = _Ends(evidence)
    findings = [
        *(finding for command in evidence.commands for finding in ends.judge(command)),
        *ends.find_strangers(),
        *_find_disorder(evidence),
    ]
    states = Counter(row.state for row in evidence.rows)
    seen = Counter((bell.command, bell.recipient) for bell in evidence.bells if bell.is_shown)
    return Verdict(
        commands=len(evidence.commands),
        undelivered=sum(not command.is_delivered for command in evidence.commands),
        replaced=sum(not bell.is_shown for bell in evidence.bells),
        shown_twice=sum(times > 1 for times in seen.values()),
        shown=states[State.DELIVERED],
        told_failed=sum(told is Told.FAILED for told in evidence.told.values()),
        waiting=states[State.QUEUED],
        marked=sum(row.is_possibly_doubled for row in evidence.rows),
        findings=findings,
    )


class _Ends:
    """How each command ended, for each of its recipients."""

    def __init__(self, evidence: Evidence) -> None:
        self._evidence = evidence
        self._rows: defaultdict[Pair, list[Row]] = defaultdict(list)
        self._bells: defaultdict[Pair, list[Bell]] = defaultdict(list)
        for row in evidence.rows:
            self._rows[row.command, row.recipient].append(row)
        for bell in evidence.bells:
            self._bells[bell.command, bell.recipient].append(bell)

    def judge(self, command: Command) -> Iterator[Finding]:
        """Find what is wrong with a command."""
        taken = self._evidence.taken.get(command.number)
        if taken is None:
            if command.is_delivered:
                yield Finding("lost", f"{command}: the bridge has never heard of it")
            for recipient in command.recipients:
                yield from self._expect_no_bell(command, recipient)
            return
        if not taken.is_closed:
            yield Finding("inconsistent", f"{command}: it was never carried out")
        if taken.is_untold:
            yield Finding("inconsistent", f"{command}: there is something still to be told")
        for recipient in command.recipients:
            yield from self._judge_recipient(command, recipient)

    def find_strangers(self) -> Iterator[Finding]:
        """Find what is queued or rings without anybody having typed it."""
        wanted = {
            (command.number, recipient)
            for command in self._evidence.commands
            for recipient in command.recipients
        }
        for pair in sorted({*self._rows, *self._bells} - wanted):
            if self._rows[pair] or self._bells[pair]:
                yield Finding("inconsistent", f"{pair}: nobody has typed it")

    def _judge_recipient(self, command: Command, recipient: int) -> Iterator[Finding]:
        rows = self._rows[command.number, recipient]
        told = self._evidence.told.get((command.number, recipient))
        name = f"{command} to {recipient}"
        if not rows:
            yield from self._expect_no_bell(command, recipient)
            if told is not Told.FAILED:
                yield Finding("lost", f"{name}: not queued, but {told}")
            return
        if len(rows) > 1:
            yield Finding("doubled", f"{name}: queued {len(rows)} times")
        (row, *_) = rows
        if told is not _TOLD.get(row.state) and not (
            told is Told.WAITING and self._is_waiting(command)
        ):
            yield Finding("inconsistent", f"{name}: {row.state}, but {told}")
        match row.state:
            case State.DELIVERED:
                yield from self._expect_bell(command, row)
            case State.QUEUED if not (row.next_try_at or row.hold):
                yield Finding("inconsistent", f"{name}: it waits for nothing")
            case State.FAILED | State.DEAD if not row.is_possibly_doubled:
                yield from self._expect_no_bell(command, recipient)
            case State.SENDING | State.CANCELLED:
                yield Finding("inconsistent", f"{name}: {row.state}")

    def _is_waiting(self, command: Command) -> bool:
        """Tell whether its person is to be told of it again: when nothing of it waits any more."""
        rows = [row for one in command.recipients for row in self._rows[command.number, one]]
        return any(row.state is State.QUEUED for row in rows)

    def _expect_bell(self, command: Command, row: Row) -> Iterator[Finding]:
        bells = self._bells[command.number, row.recipient]
        shown = sum(bell.is_shown for bell in bells)
        name = f"{command} to {row.recipient}"
        if not shown:
            yield Finding("lost", f"{name}: delivered, but in no bell")
        if shown > 1 and command.portal not in self._evidence.tagless:
            yield Finding("doubled", f"{name}: shown {shown} times")
        elif shown > 1 and not row.is_possibly_doubled:
            yield Finding("unmarked", f"{name}: shown {shown} times, and is not marked")
        if row.finished_at and not self._evidence.has_stragglers:
            for bell in bells:
                if bell.at > row.finished_at + _CLOCKS_APART:
                    yield Finding("doubled", f"{name}: rang behind its outcome, at {bell.at}")

    def _expect_no_bell(self, command: Command, recipient: int) -> Iterator[Finding]:
        if self._bells[command.number, recipient]:
            yield Finding("inconsistent", f"{command} to {recipient}: not delivered, but it rang")


_TOLD = {
    State.DELIVERED: Told.NOTIFIED,
    State.FAILED: Told.FAILED,
    State.DEAD: Told.FAILED,
    State.QUEUED: Told.WAITING,
}


def _find_disorder(evidence: Evidence) -> Iterator[Finding]:
    """Find what rang for the first time behind something that its sender typed later."""
    ours = {command.number: command for command in evidence.commands if command.is_delivered}
    places = {number: place for place, number in enumerate(ours)}
    rung: set[Pair] = set()
    latest: dict[tuple[str, str, int], Command] = {}
    for bell in evidence.bells:
        command = ours.get(bell.command)
        if command is None or (bell.command, bell.recipient) in rung:
            continue
        rung.add((bell.command, bell.recipient))
        way = command.sender, bell.portal, bell.recipient
        before = latest.get(way)
        if before and places[before.number] > places[command.number]:
            what = f"{command} to {bell.recipient}: it rang behind {before.number}"
            yield Finding("disordered", what)
        else:
            latest[way] = command
