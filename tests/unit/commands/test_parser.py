"""What people type is read as they mean it."""

from __future__ import annotations

import pytest

from bridge.commands.grammar import COMMANDS
from bridge.commands.parser import Command, parse
from bridge.errors import CommandError, UnknownCommand, UsageError
from bridge.markup import plain
from bridge.markup.nodes import Code, LineBreak, Link, Mention, Node, Strong, Text
from bridge.people.identity import BitrixUserId
from bridge.people.recipients import Email, Handle, Mentioned, MentionedGroup, Number
from bridge.replies.words import Words


def read(*typed: str | Node) -> Command:
    return parse(tuple(Text(part) if isinstance(part, str) else part for part in typed))


def refusal(*typed: str | Node) -> str:
    with pytest.raises(CommandError) as caught:
        read(*typed)
    return plain.render(Words().write(*caught.value.replies))


def test_a_handle_and_a_text() -> None:
    command = read("/b24notify @anna **api** is down")
    assert command.spec.name == "b24notify"
    assert command.recipients == (Handle("anna"),)
    assert command.text == (Text("**api** is down"),)


@pytest.mark.parametrize("separator", [" ", ",", ", ", " , ", "\n", "  "])
def test_recipients_are_separated_by_spaces_commas_or_lines(separator: str) -> None:
    typed = separator.join(["@anna", "#5", "boris@corp.example"])
    command = read(f"/b24notify {typed} hi")
    assert command.recipients == (
        Handle("anna"),
        Number(BitrixUserId(5)),
        Email("boris@corp.example"),
    )
    assert command.text == (Text("hi"),)


def test_a_mention_of_the_platform_is_a_recipient() -> None:
    command = read("/b24notify ", Mention("anna", "U1"), " ", Mention("Boris B", "U2"), " hi")
    assert command.recipients == (Mentioned("U1", "anna"), Mentioned("U2", "Boris B"))
    assert command.text == (Text("hi"),)


def test_a_mention_of_a_group_of_the_platforms_own_is_a_recipient() -> None:
    command = read("/b24notify ", Mention("oncall", "S1", is_group=True), " hi")
    assert command.recipients == (MentionedGroup("S1", "oncall"),)


def test_an_address_that_the_platform_made_a_link_is_a_recipient() -> None:
    command = read("/b24notify ", Link("mailto:anna@corp.example", (Text("anna"),)), " hi")
    assert command.recipients == (Email("anna@corp.example"),)


def test_recipients_end_at_the_first_word_that_is_none() -> None:
    command = read("/b24notify @anna ask @boris")
    assert command.recipients == (Handle("anna"),)
    assert command.text == (Text("ask @boris"),)


@pytest.mark.parametrize("end", [" -- ", " — ", " – ", ": ", " : "])
def test_recipients_end_at_two_hyphens_or_what_phones_make_of_them(end: str) -> None:
    command = read(f"/b24notify @anna{end}@boris is on duty")
    assert command.recipients == (Handle("anna"),)
    assert command.text == (Text("@boris is on duty"),)


def test_a_number_within_a_word_is_text() -> None:
    command = read("/b24notify @anna #5xx rises")
    assert command.recipients == (Handle("anna"),)
    assert command.text == (Text("#5xx rises"),)


def test_the_text_keeps_its_lines_and_indentation() -> None:
    assert read("/b24notify @anna\n\n    x = 1\n  y\n").text == (Text("    x = 1\n  y\n"),)


def test_formatting_and_mentions_in_the_text_survive() -> None:
    strong, mention = Strong((Text("api"),)), Mention("boris", "U2")
    command = read("/b24notify @anna ", strong, " is down, ", mention, LineBreak(), "bye")
    assert command.text == (strong, Text(" is down, "), mention, Text("\nbye"))


def test_formatting_right_behind_the_recipient_belongs_to_the_text() -> None:
    command = read("/b24notify @anna", Strong((Text("!"),)))
    assert command.recipients == (Handle("anna"),)
    assert command.text == (Strong((Text("!"),)),)


def test_an_object_replacement_character_of_the_person_stays_text() -> None:
    assert read("/b24notify @anna \ufffc", Code("x")).text == (Text("\ufffc"), Code("x"))


@pytest.mark.parametrize("name", ["--tag", "—tag", "–tag", "--TAG", "--Tag"])
@pytest.mark.parametrize("value", ["deploy", '"deploy"', "“deploy”", "„deploy“", "'deploy'"])
@pytest.mark.parametrize("between", [" ", "=", "  "])
def test_options_are_understood_as_phones_write_them(name: str, value: str, between: str) -> None:
    command = read(f"/b24notify @anna {name}{between}{value} Version 1.4")
    assert command.options == {"--tag": "deploy"}
    assert command.text == (Text("Version 1.4"),)


def test_options_stand_between_recipients_and_text_in_any_order() -> None:
    command = read('/b24notify @anna --mail "see the page" --sub-tag s --tag t hi --tag x')
    assert command.options == {"--mail": "see the page", "--sub-tag": "s", "--tag": "t"}
    assert command.text == (Text("hi --tag x"),)


def test_options_may_stand_in_front_of_the_recipients() -> None:
    command = read("/b24notify --dry-run --tag t @anna #5 --sub-tag s @boris is on duty")
    assert command.options == {"--dry-run": "yes", "--tag": "t", "--sub-tag": "s"}
    assert list(map(str, command.recipients)) == ["@anna", "#5"]
    assert command.text == (Text("@boris is on duty"),)


def test_an_option_whose_value_is_an_address_is_no_recipient() -> None:
    command = read("/b24notify @anna --tag=anna@corp.example hi")
    assert (command.recipients, command.options) == (
        (Handle("anna"),),
        {"--tag": "anna@corp.example"},
    )


def test_an_option_may_quote_formatted_words() -> None:
    command = read('/b24notify @anna --mail "see ', Strong((Text("this"),)), '" hi')
    assert command.options == {"--mail": "see this"}


def test_two_hyphens_put_an_option_into_the_text() -> None:
    command = read("/b24notify @anna -- --tag is new")
    assert (command.options, command.text) == ({}, (Text("--tag is new"),))


def test_a_dash_that_is_no_option_belongs_to_the_text() -> None:
    assert read("/b24notify @anna —really?").text == (Text("—really?"),)


def test_an_unknown_option_is_not_sent_as_text() -> None:
    assert "Did you mean `--tag`?" in refusal("/b24notify @anna --tga x hi")
    assert "There is no option `--loud`" in refusal("/b24notify @anna --loud hi")


def test_an_option_without_value_is_told() -> None:
    assert refusal("/b24notify @anna --tag").startswith("`--tag` needs a value.")


@pytest.mark.parametrize("typed", ["/b24notify", "/b24notify ", "/b24who"])
def test_a_missing_recipient_gets_the_usage_line(typed: str) -> None:
    assert refusal(typed).startswith("Whom do you mean? Type it like this: `/b24")


@pytest.mark.parametrize("typed", ["/b24notify @anna", "/b24notify @anna  \n ", "/b24notify @a --"])
def test_a_missing_text_gets_the_usage_line(typed: str) -> None:
    assert refusal(typed).startswith("There is no text to send.")


@pytest.mark.parametrize(("word", "near"), [("anna", "@anna"), ("5", "#5")])
def test_a_recipient_without_its_sign_is_suggested(word: str, near: str) -> None:
    assert f"Did you mean `{near}`?" in refusal(f"/b24notify {word} hi")


def test_what_can_be_no_recipient_is_named() -> None:
    assert refusal("/b24notify !!! hi").startswith("`!!!` is not a recipient.")


def test_a_misspelt_command_is_suggested() -> None:
    with pytest.raises(UnknownCommand):
        read("/b24notfy @anna hi")
    assert "Did you mean `/b24notify`?" in refusal("/b24notfy @anna hi")


@pytest.mark.parametrize("typed", ["", "hello", "/", "b24notify @anna hi"])
def test_what_is_no_command_is_told_where_help_is(typed: str) -> None:
    with pytest.raises(UnknownCommand):
        read(typed)


@pytest.mark.parametrize("typed", ["/b24help", "/help", "/B24HELP"])
def test_help_has_the_names_that_chats_know(typed: str) -> None:
    assert read(typed).spec.name == "b24help"


def test_help_takes_one_word() -> None:
    assert read("/b24help b24notify now").words == ("b24notify",)


def test_nobody_is_named_by_markup() -> None:
    with pytest.raises(UsageError):
        read("/b24notify ", Code("@anna"), " hi")


@pytest.mark.parametrize("example", [e for spec in COMMANDS for e in spec.examples])
def test_every_example_of_the_help_can_be_typed(example: str) -> None:
    assert read(example).spec.name in example


def test_a_very_long_command_is_read_quickly_whatever_it_holds() -> None:
    text = "@a-" * 20_000 + "“" * 20_000
    assert read("/b24notify @anna x", text).text == (Text("x" + text),)


def test_an_option_without_a_value_takes_nothing_of_the_text() -> None:
    command = read("/b24notify @anna --system --tag t api is down")
    assert command.options["--tag"] == "t"
    assert command.options["--system"]
    assert command.text == (Text("api is down"),)
