"""What the bot says shows values literally and in one voice."""

from __future__ import annotations

from string import Formatter

import pytest

from bridge.markup.nodes import Code, Document, Paragraph, Strong, Text
from bridge.replies.reply import Reply
from bridge.replies.texts import Say, join_names, say, write


def test_values_become_nodes_of_their_own() -> None:
    document = write(say(Say.WHO, who="@anna", name="Anna", number="#5"))
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
    document = write(say(Say.HANDLE_UNKNOWN_NEAR, handle="{0} **b**", near="{near}"))
    codes = [node for node in document.children[0].children if isinstance(node, Code)]  # type: ignore[union-attr]
    assert codes == [Code("{0} **b**"), Code("{near}")]


@pytest.mark.parametrize("text", Say)
def test_every_text_can_be_written(text: Say) -> None:
    fields = [field for _, field, _, _ in Formatter().parse(text.value) if field]
    assert write(Reply(text.name, dict.fromkeys(fields, "x"))).children


def test_names_are_joined_as_in_a_sentence() -> None:
    assert join_names(["Anna"]) == "Anna"
    assert join_names(["Anna", "Boris"]) == "Anna and Boris"
    assert join_names(["Anna", "Boris", "Clara"]) == "Anna, Boris and Clara"
