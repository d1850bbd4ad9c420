"""What the bot says shows values literally and in one voice."""

from __future__ import annotations

from string import Formatter

import pytest

from bridge.markup.nodes import Code, Document, Paragraph, Strong, Text
from bridge.replies.reply import Reply
from bridge.replies.texts import Say, say
from bridge.replies.words import Words


def test_values_become_nodes_of_their_own() -> None:
    document = Words().write(say(Say.WHO, who="@anna", name="Anna", number="#5"))
    assert document == Document(
        (
            Paragraph(
                (
                    Code("@anna"),
                    Text(" is "),
                    Strong((Text("Anna"),)),
                    Text(" in Bitrix24, number "),
                    Code("#5"),
                    Text("."),
                )
            ),
        )
    )


def test_a_value_is_never_read_as_a_template_or_markup() -> None:
    document = Words().write(say(Say.HANDLE_UNKNOWN_NEAR, handle="{0} **b**", near="{near}"))
    codes = [node for node in document.children[0].children if isinstance(node, Code)]  # type: ignore[union-attr]
    assert codes == [Code("{0} **b**"), Code("{near}")]


@pytest.mark.parametrize("text", Say)
def test_every_text_can_be_written(text: Say) -> None:
    fields = [field for _, field, _, _ in Formatter().parse(text.value) if field]
    assert Words().write(Reply(text.name, dict.fromkeys(fields, "x"))).children


def test_names_are_joined_as_in_a_sentence() -> None:
    def spell(*names: str) -> str:
        return Words().spell(say(Say.NOTIFIED, names=names))

    assert spell("Anna") == "Notified Anna."
    assert spell("Anna", "Boris") == "Notified Anna and Boris."
    assert spell("Anna", "Boris", "Clara") == "Notified Anna, Boris and Clara."
