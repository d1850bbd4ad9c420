"""A dry run shows what Bitrix24 would show, and to whom."""

from __future__ import annotations

from bridge.commands.draft import Draft
from bridge.commands.preview import write_preview
from bridge.markup import markdown, plain
from bridge.markup.compose import compose
from bridge.markup.nodes import Mention, Node, Paragraph, Strong, Text
from bridge.people.identity import PortalId
from bridge.replies.words import Words
from tests.fakes.portal import ANNA, BORIS


def draft(*typed: str | Node, portal: int = 1) -> Draft:
    text = tuple(Text(part) if isinstance(part, str) else part for part in typed)
    document = markdown.parse(text)
    return Draft(PortalId(portal), [ANNA, BORIS], document, compose(document))


def show(drafts: list[Draft], **options: str) -> str:
    given = {f"--{name}": value for name, value in options.items()}
    return plain.render(write_preview(drafts, given, Words()))


def test_a_preview_names_the_recipients_and_shows_the_message() -> None:
    assert show([draft("**api** is down")]) == (
        "Nothing was sent. This is what Bitrix24 would show to Anna Petrova and Boris Ivanov.\n\n"
        "api is down"
    )
    children = write_preview([draft("**api** is down")], {}, Words()).children
    assert children[-1] == markdown.parse((Text("**api** is down"),)).children[0]


def test_what_would_be_cut_off_or_attached_is_told_in_front_of_the_message() -> None:
    assert "its end was cut off.\n\nlong long" in show([draft("long " * 6_000)])
    assert "as an attachment.\n\na | b" in show([draft("|a|b|\n|-|-|\n|1|2|")])


def test_another_text_for_the_e_mail_and_another_sender_are_told() -> None:
    shown = show([draft("hi")], mail="Look **here**", system="yes")
    assert "It would come from Bitrix24 itself" in shown
    assert shown.endswith("An e-mail would say:\n\nLook **here**")


def test_what_goes_to_two_portals_is_shown_as_each_shows_it() -> None:
    shown = show([draft("ask ", Mention("anna", "5", 5)), draft("ask anna", portal=2)])
    assert shown.count("This is what Bitrix24 would show") == 2


def test_a_hostile_message_stays_what_it_is() -> None:
    hostile = Strong((Text("<!channel> [b]x[/b] @everyone /b24undo 1"),))
    assert write_preview([draft(hostile)], {}, Words()).children[1:] == (Paragraph((hostile,)),)
