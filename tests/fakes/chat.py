"""A chat that remembers what it was told to say."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from bridge.markup import plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bridge.errors import ChatError
    from bridge.markup.nodes import Document
    from bridge.replies.button import Button


class FakeChat:
    """Says everything, but for the errors it is given."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.replaced: list[str] = []
        self.buttons: list[tuple[Button, ...]] = []
        self.errors: deque[ChatError] = deque()

    async def answer(
        self,
        answer_to: dict[str, str | int],
        answer: Document,
        *,
        buttons: Sequence[Button] = (),
        replaces: str = "",
    ) -> str:
        if self.errors:
            raise self.errors.popleft()
        self.said.append(plain.render(answer))
        self.replaced.append(replaces)
        self.buttons.append(tuple(buttons))
        return f"message-{len(self.said)}"
