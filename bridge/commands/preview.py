"""``/b24notify --dry-run``: what Bitrix24 would show, and to whom."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridge.markup.nodes import Document, Paragraph, Text
from bridge.replies.texts import Say, say

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from bridge.commands.draft import Draft
    from bridge.markup.nodes import Block
    from bridge.replies.words import Words


def write_preview(drafts: Sequence[Draft], options: Mapping[str, str], words: Words) -> Document:
    """Write what would be sent, and to whom, in front of it what is to be known of it.

    The message is shown by its tree, so that each chat shows it as far as it can, and literally.
    """
    return Document(
        tuple(block for draft in drafts for block in _write_draft(draft, options, words))
    )


def _write_draft(draft: Draft, options: Mapping[str, str], words: Words) -> Iterator[Block]:
    names = tuple(recipient.label for recipient in draft.recipients)
    notes = {
        Say.SHORTENED: draft.composed.is_shortened,
        Say.DRY_RUN_ATTACHED: bool(draft.composed.attach),
        Say.DRY_RUN_SYSTEM: "--system" in options,
    }
    yield from words.write(say(Say.DRY_RUN, names=names)).children
    yield from words.write(*(say(note) for note, is_so in notes.items() if is_so)).children
    yield from draft.document.children
    if mail := options.get("--mail"):
        yield from words.write(say(Say.DRY_RUN_MAIL)).children
        yield Paragraph((Text(mail),))
