"""Codes can be typed by people, and guessed by nobody."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bridge.people.linking import (
    MOST_CODES,
    WINDOW,
    hash_code,
    is_code,
    make_code,
    next_code_at,
    read_code,
)
from tests.fakes.clock import START


def test_codes_are_six_digits_and_hardly_ever_the_same() -> None:
    codes = [make_code() for _ in range(200)]
    assert all(read_code(code) == code for code in codes)
    assert len(set(codes)) > 190


@pytest.mark.parametrize(
    "typed", ["012345", " 012345 ", "012 345", "012-345", "code-012345", "code-012 345"]
)
def test_a_code_is_read_however_people_write_it(typed: str) -> None:
    assert read_code(typed) == "012345"


@pytest.mark.parametrize(
    "typed", ["", "12345", "1234567", "01234a", "٠١٢٣٤٥", "012345 678", "code-", "0 1 2 3 4 5"]
)
def test_nothing_else_is_a_code(typed: str) -> None:
    assert read_code(typed) is None


def test_a_hash_tells_its_code_and_no_other() -> None:
    code_hash = hash_code("012345")
    assert is_code("012345", code_hash)
    assert not is_code("012346", code_hash)
    assert "012345" not in code_hash


def test_the_same_code_has_another_hash_each_time() -> None:
    assert hash_code("012345") != hash_code("012345")


def test_what_nobody_was_sent_is_no_code() -> None:
    assert not is_code("012345", "")
    assert not is_code("", "")


def test_the_next_code_can_be_asked_for_when_the_first_is_an_hour_old() -> None:
    times = [START + timedelta(minutes=number) for number in range(MOST_CODES + 2)]
    assert next_code_at([]) is None
    assert next_code_at(times[: MOST_CODES - 1]) is None
    assert next_code_at(times[:MOST_CODES]) == START + WINDOW
    assert next_code_at(times) == times[2] + WINDOW
