"""A message as the Bot API writes it, read without the library that receives it.

Source: https://core.telegram.org/bots/api#message
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from adapters.telegram.entities import read_entities
from adapters.telegram.spans import Entity

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from bridge.markup.nodes import Typed


def read_message(payload: Mapping[str, object]) -> Typed:
    """Read a message's text, or the caption of one that has no text.

    What is wrong with an entity, or missing, makes its stretch mere text; other fields are ignored.

    Args:
        payload: ``{"text": …, "entities": […]}`` or ``{"caption": …, "caption_entities": […]}``.

    Raises:
        ValueError: there is no text; the reason repeats nothing of the payload.
    """
    name, entities = "text", "entities"
    if "text" not in payload and "caption" in payload:
        name, entities = "caption", "caption_entities"
    text = payload.get(name)
    if isinstance(text, str):
        return read_entities(text, _read_all(payload.get(entities)))
    raise ValueError(f"`{name}` must be a string" if name in payload else "there is no `text`")


def _read_all(entities: object) -> Iterator[Entity]:
    for entity in entities if isinstance(entities, list) else ():
        try:
            yield msgspec.convert(entity, Entity)
        except msgspec.ValidationError:
            continue
