"""The time goes on, whatever is done to the clock of the machine."""

from __future__ import annotations

import ast
from datetime import timedelta
from pathlib import Path

import pytest

from bridge.clock import SteadyClock
from tests.fakes.clock import START

ROOT = Path(__file__).parents[2]
HOUR = 3600.0
ITS_OWN = {
    "bridge/clock.py",
    "storage/sqlite.py",
    "storage/postgres.py",
    "adapters/cli/since.py",  # reads what an administrator types by the clock of the machine
    "adapters/slack/chat.py",  # gives both to the library, which compares them with its own
    "adapters/slack/hook.py",
}


class Machine:
    """A machine whose clock can be set."""

    def __init__(self) -> None:
        self.real = START.timestamp()
        self.running = 7.0
        self.clock = SteadyClock(lambda: self.real, lambda: self.running)

    def run(self, seconds: float) -> None:
        self.real += seconds
        self.running += seconds

    def seconds(self) -> float:
        """Tell how long after the start it seems to be."""
        return (self.clock.now() - START).total_seconds()


@pytest.fixture
def machine() -> Machine:
    return Machine()


def test_it_tells_the_real_time(machine: Machine) -> None:
    assert machine.clock.now() == START
    machine.run(90)
    assert machine.clock.now() == START + timedelta(seconds=90)


def test_it_follows_a_clock_that_is_set_forward_at_once(machine: Machine) -> None:
    machine.real += HOUR
    assert machine.seconds() == HOUR


def test_it_goes_on_when_the_clock_is_set_back_until_that_has_caught_up(machine: Machine) -> None:
    machine.run(10)
    assert machine.seconds() == 10
    machine.real -= HOUR
    assert machine.seconds() == 10
    machine.run(60)
    assert machine.seconds() == 40
    machine.run(2 * HOUR)
    assert machine.seconds() == 70 + HOUR
    machine.run(1)
    assert machine.seconds() == 71 + HOUR


def test_it_never_goes_back(machine: Machine) -> None:
    told = []
    for jump in (0, -HOUR, HOUR, HOUR, -3 * HOUR, 2 * HOUR, -0.001):
        machine.real += jump
        machine.run(0.5)
        told += [machine.clock.now(), machine.clock.now()]
    assert told == sorted(told)


def test_nothing_that_has_happened_is_in_its_future(machine: Machine) -> None:
    machine.clock.begin_at(START + timedelta(hours=1))
    machine.run(60)
    assert machine.seconds() == HOUR + 30
    machine.clock.begin_at(START)
    assert machine.seconds() == HOUR + 30


def test_an_administrator_is_told_once_that_the_clock_was_set_back(
    machine: Machine, caplog: pytest.LogCaptureFixture
) -> None:
    machine.clock.now()
    machine.real -= 1
    machine.clock.now()
    assert not caplog.records
    machine.real -= HOUR
    for _ in range(3):
        machine.clock.now()
    assert [record.getMessage().partition(":")[0] for record in caplog.records] == [
        "The clock was set back by 3601 s"
    ]


def test_nobody_asks_the_machine_for_the_time_but_the_clocks() -> None:
    files = (
        file for room in ("bridge", "adapters", "storage") for file in (ROOT / room).rglob("*")
    )
    asking = {
        str(file.relative_to(ROOT))
        for file in files
        if file.suffix == ".py"
        and any(map(_asks_for_the_time, ast.walk(ast.parse(file.read_text()))))
    }
    assert asking == ITS_OWN


def _asks_for_the_time(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and ast.unparse(node) in {
        "datetime.now",
        "datetime.utcnow",
        "time.time",
    }
