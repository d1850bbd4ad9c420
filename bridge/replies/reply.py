"""A reply before it has words: a key and the values that go into it."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct


class Reply(Struct, frozen=True):
    """What to tell a person.

    Attributes:
        key: the name of the text, a member of ``bridge.replies.texts.Say``.
        values: what goes into the text's fields, one value or several. They are shown literally,
            whatever they hold.
    """

    key: str
    values: Mapping[str, str | tuple[str, ...]] = {}
