"""Answers that are more than a word to be patient: on a busy machine any command may get one."""

from __future__ import annotations

from typing import Protocol, TypeVar

from bridge.replies.texts import Say

_PATIENCE = tuple(text.value.partition("{")[0] for text in (Say.ON_ITS_WAY, Say.ASKING))


MAYBE_TWICE = "Notified Anna Petrova.\n" + Say.DOUBLED.value.replace("{names!b}", "Anna Petrova")
"""What is told when the portal has not answered the first time."""


class _Answer(Protocol):
    @property
    def text(self) -> str: ...


A_co = TypeVar("A_co", bound=_Answer, covariant=True)


class _Chat(Protocol[A_co]):
    async def next_answer(self, seconds: float, /) -> A_co: ...


async def next_outcome(chat: _Chat[A_co], timeout_seconds: float = 20) -> A_co:
    """Wait for the next answer that tells how something ended, or why it takes longer."""
    while (answer := await chat.next_answer(timeout_seconds)).text.startswith(_PATIENCE):
        pass
    return answer
