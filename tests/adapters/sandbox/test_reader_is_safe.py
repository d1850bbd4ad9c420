"""Whatever a message says, its reading is quick, consistent and harmless in a page."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.sandbox.reader import read
from tests.work import count_work

ALLOWED = {
    "b": set(),
    "i": set(),
    "u": set(),
    "s": set(),
    "br": set(),
    "pre": set(),
    "code": set(),
    "blockquote": set(),
    "a": {"class", "href", "rel", "target"},
    "span": {"class", "data-size", "data-color"},
}
PIECES = [
    *("[b]", "[/b]", "[i]", "[/i]", "[url=https://e.com]", "[url=javascript:x]", "[/url]", "[url]"),
    *("[code]", "[/code]", "[user=5]", "[/user]", "[img]", "[/img]", "[size=9]", "[/size]"),
    *("[color=#f00]", "[/color]", "[put]", "[/put]", "[call]", "[/call]", "[cut]", "[/cut]"),
    *("[br]", "[like]", "[timestamp=99999999999]", "[icon=", "]", "[", ">>", "-" * 54, "\n", " "),
    *("    ", "<b>", "</b>", '<a href="', '">', "</a>", "<script>", "</pre>", "<img src=x>", "'"),
    *('"', "&lt;", "&amp;", "&#91;", "&#0;", "#BR#", "/me", "/loud", ":)", "(c)", ":f09f9880:"),
    *("[url]https://e.com[/url]", "[img]https://e.com[/img]", "[user=5]a[/url]b[/user]"),
    *("https://e.com", "$&", "\u2060", "\0", "\ud800", "\x1b", "😀", "ж", "a", "1", "\r", "\u2028"),
]
HOSTILE = st.lists(st.sampled_from(PIECES), max_size=30).map("".join) | st.text(max_size=40)


class Page(HTMLParser):
    """Checks what a browser would make of the HTML, and gathers its text."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert {name for name, _ in attrs} <= ALLOWED[tag]
        assert not (tag == "a" and "a" in self.open)
        href = dict(attrs).get("href") or ""
        assert re.match(r"(https?|ftp|file|tel|callto|mailto|skype|viber):|$", href)
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        pytest.fail("a comment")

    def handle_decl(self, decl: str) -> None:
        pytest.fail("a declaration")

    def handle_pi(self, data: str) -> None:
        pytest.fail("an instruction")


def without_line_ends(text: str) -> str:
    shown = re.sub("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]", "\ufffd", text.replace("\n", ""))
    return shown.replace("\r", "")


@given(HOSTILE)
def test_any_message_is_read_into_harmless_html_that_says_the_same(message: str) -> None:
    reading = read(message)
    page = Page()
    page.feed(reading.html)
    page.close()
    assert page.open == []
    assert without_line_ends(page.text) == without_line_ends(reading.text)
    reading.html.encode()


@given(HOSTILE)
def test_spans_lie_in_the_text_and_nest(message: str) -> None:
    reading = read(message)
    open_ends: list[int] = []
    last_start = 0
    for span in reading.spans:
        assert last_start <= span.start <= span.end <= len(reading.text)
        last_start = span.start
        while open_ends and open_ends[-1] <= span.start and span.end > open_ends[-1]:
            open_ends.pop()
        assert not open_ends or span.end <= open_ends[-1]
        open_ends.append(span.end)
    assert "\u2060" not in reading.text


@given(
    st.text(
        alphabet=st.characters(exclude_characters="[<&#>-/:=.8;()$\u2060\0", max_codepoint=0x7E)
    )
)
def test_text_without_any_sign_is_shown_as_it_is(message: str) -> None:
    plain = re.sub(r"\s+", " ", message).strip()
    reading = read(plain)
    assert reading.text == plain
    assert reading.spans == ()


@pytest.mark.parametrize(
    "piece",
    [
        *PIECES,
        "[a=",
        "[url]https://e.com/",
        "<a href",
        "<b ",
        "&#",
        "[user=5]\n",
        "[b][i]",
        "[/i][",
        " :a",
        " :8",
        " :D:",
        " :)=)",
        "www.",
        "mailto:",
        ":f09f:",
        ">>] ",
        "] ",
    ],
    ids=ascii,
)
def test_reading_takes_work_in_proportion(piece: str) -> None:
    def work(size: int) -> int:
        message = f"x{piece * (size // len(piece))}x[/url][/put][/call]\n[/user]"
        return count_work(lambda: read(message))

    # Four times the text; work that grows with its square would be sixteen times as much.
    assert work(20_000) <= 4.5 * work(5_000)
