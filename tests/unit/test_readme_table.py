"""The README's table of what you type and what Bitrix24 shows is true, row by row."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from markdown_it import MarkdownIt

from adapters.sandbox.reader import read
from adapters.slack import mrkdwn
from adapters.telegram.message import read_message
from bridge.markup import attach, bbcode
from bridge.markup.markdown import parse
from bridge.people.identity import BitrixUserId, Identity, Platform, PortalId, Recipient, Sender
from bridge.people.mentions import resolve_mentions
from tests.fakes.clock import FakeClock
from tests.fakes.desk import make_directory
from tests.fakes.portal import FakePortal, serving
from tests.fakes.stores import MemoryStores

if TYPE_CHECKING:
    from collections.abc import Callable

    from _pytest.mark.structures import ParameterSet

    from bridge.markup.nodes import Document

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
READERS: dict[str, Callable[[str], Document]] = {
    "Slack": lambda text: parse(mrkdwn.parse(text)),
    "Telegram": lambda text: parse(read_message({"text": text})),
    "shell": parse,
}
KINDS = {"strong": "b", "em": "i", "s": "s", "a": "url"}
MARKED = {
    "in a box": "code",
    "as a quote": "quote",
    "larger": "size",
    "with a link to her": "user",
}
ATTACHED = {"with a table": "GRID", "with a picture": "IMAGE"}


def rows() -> list[ParameterSet]:
    """Read the table: a case for each row and each place where it holds."""
    table = README.split("| you type | in |", 1)[1].split("\n\n", 1)[0]
    found = []
    for row in table.splitlines()[2:]:
        typed, places, shown = re.split(r"(?<!\\) \| ", row.removeprefix("| ").removesuffix(" |"))
        found += [
            pytest.param(typed, place, shown, id=f"{typed} in {place}")
            for place in (READERS if places == "anywhere" else places.split(", "))
        ]
    return found


class Cell(HTMLParser):
    """What a browser shows of a cell: its text, and the formats of its characters."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text = ""
        self.formats: list[tuple[str, str]] = []
        self._open: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "br":
            self.text += "\n"
        if tag in KINDS:
            self._open.append(KINDS[tag])

    def handle_endtag(self, tag: str) -> None:
        if tag in KINDS:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        self.text += data
        self.formats += [(kind, data) for kind in self._open]


def typed_text(cell: str) -> str:
    """Read what is typed: a span of code for each line."""
    spans = [re.fullmatch("(`+)( ?)(.*?)\\2\\1", line) for line in cell.split("<br>")]
    lines = [span[3] for span in spans if span is not None]
    assert len(lines) == len(spans)
    return "\n".join(lines).replace("\\|", "|")


async def name_people(document: Document) -> Document:
    """Link Anna, and name her."""
    stores = MemoryStores(FakeClock())
    people = stores.people
    anna = Recipient(BitrixUserId(5), "Anna Petrova")
    await people.link(Identity(Platform.TELEGRAM, "", "1"), PortalId(1), anna, handle="anna")
    sender = Sender(Identity(Platform.TELEGRAM, "", "2"))
    portal = PortalId(1)
    directory = make_directory(stores, serving((portal, FakePortal())))
    return await resolve_mentions(document, sender, directory, portal)


@pytest.mark.parametrize(("typed", "place", "shown"), rows())
async def test_what_is_typed_is_shown_as_the_readme_says(
    typed: str, place: str, shown: str
) -> None:
    look, _, note = shown.partition(" – ")
    cell = Cell(MarkdownIt("commonmark").enable("strikethrough").renderInline(look))
    document = await name_people(READERS[place](typed_text(typed)))
    attached = attach.render(document) if note in ATTACHED else None
    reading = read(bbcode.render(attached.lead if attached else document))
    formats = [
        (span.kind, reading.text[span.start : span.end])
        for span in reading.spans
        if span.kind in KINDS.values()
    ]
    assert reading.text.replace("\xa0", " ").strip() == cell.text
    assert sorted(formats) == sorted(cell.formats)
    others = {span.kind for span in reading.spans} - set(KINDS.values())
    assert others == ({MARKED[note]} if note in MARKED else set())
    assert not reading.dangers
    if attached:
        assert [*json.loads(attached.json)["BLOCKS"][0]] == [ATTACHED[note]]
    assert bool(attached) == (note in ATTACHED)
