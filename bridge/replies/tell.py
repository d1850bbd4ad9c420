"""Tells people how their commands ended, where they typed them."""

from __future__ import annotations

import logging
import random
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from bridge.commands.grammar import UNDO
from bridge.delivery.policy import Policy
from bridge.delivery.state import State
from bridge.errors import ChatError
from bridge.markup.nodes import Document
from bridge.replies.button import Button
from bridge.replies.outcome import write_outcome
from bridge.replies.texts import Say, say
from bridge.replies.words import Languages
from bridge.trace import following, trace_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from bridge.people.identity import Platform
    from bridge.ports import Answers, Chat, Clock
    from bridge.replies.untold import Untold
    from bridge.replies.words import Words

log = logging.getLogger(__name__)

PATIENCE: Final = timedelta(seconds=1.5)
"""How long a person waits for the outcome before being told that it takes time."""
_LONGEST: Final = timedelta(days=1)
_TRIES_AFTER_A_FAULT: Final = 8


class Teller:
    """Gives the answers that are due.

    Args:
        answers: what is still to be told.
        chats: where this process can answer; commands of other platforms are left to others.
        clock: the time.
        languages: finds the words for each person.
        policy: how long to wait after a chat has failed.
        chance: gives random numbers from 0 to 1.
    """

    def __init__(  # noqa: PLR0913
        self,
        answers: Answers,
        chats: Mapping[Platform, Chat],
        clock: Clock,
        *,
        languages: Languages = Languages(),  # noqa: B008 - never changes
        policy: Policy | None = None,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._answers = answers
        self._chats = chats
        self._clock = clock
        self._languages = languages
        self._policy = policy or Policy()
        self._chance = chance
        self._unmarked: dict[int, tuple[bool, str]] = {}
        self._unreadable: set[int] = set()

    async def list_untold(self, limit: int, *, without: Collection[int] = ()) -> Sequence[int]:
        """List the numbers of commands that ``tell`` has something to tell of now."""
        now = self._clock.now()
        return await self._answers.list_untold(
            tuple(self._chats),
            now,
            waiting_since=now - PATIENCE,
            limit=limit,
            without={*without, *self._unreadable},
        )

    async def tell(self, command_id: int) -> None:
        """Answer one command and note that its person knows; postpone it if the chat fails."""
        untold = await self._answers.read(command_id)
        if untold is None:
            self._unreadable.add(command_id)
            return
        with following(trace_of(untold.incoming)):
            await self._tell(untold)

    async def _tell(self, untold: Untold) -> None:
        if untold.id not in self._unmarked:
            try:
                await self._answer(untold)
            except ChatError as error:
                await self._postpone(untold, error, self._is_hopeless(untold, error))
                return
            except Exception:
                # A fault of ours must not have the same answer tried for ever.
                log.exception("The answer to command %s could not be given", untold.id)
                fault = ChatError("a fault of ours", retry_after_seconds=0)
                await self._postpone(untold, fault, untold.attempts + 1 >= _TRIES_AFTER_A_FAULT)
                return
        # If this fails, the answer is not given once more: only the note of it is tried again.
        is_final, answer_id = self._unmarked[untold.id]
        await self._answers.mark_told(untold.id, is_final=is_final, answer_id=answer_id)
        del self._unmarked[untold.id]
        log.debug("Command %s is answered", untold.id)

    async def _answer(self, untold: Untold) -> None:
        incoming, words = untold.incoming, self._languages.words(untold.language)
        # A refused press leaves the answer as it is for those who may press.
        pressed = "" if untold.is_refused else incoming.replaces
        answer_id = await self._chats[incoming.platform].answer(
            incoming.answer_to,
            write_answer(untold, words),
            buttons=(*untold.buttons, *offer_undo(untold, words)),
            replaces=untold.answer_id or pressed,
        )
        self._unmarked[untold.id] = (_is_final(untold), answer_id)

    def _is_hopeless(self, untold: Untold, error: ChatError) -> bool:
        age = self._clock.now() - untold.incoming.received_at
        return error.retry_after_seconds is None or age > _LONGEST

    async def _postpone(self, untold: Untold, error: ChatError, is_hopeless: bool) -> None:
        log.warning("Command %s could not be answered: %s", untold.id, error)
        if is_hopeless:
            await self._answers.mark_told(
                untold.id, is_final=_is_final(untold), answer_id=untold.answer_id
            )
            return
        until = self._policy.retry_at(
            untold.attempts + 1, error.retry_after_seconds, self._clock.now(), self._chance()
        )
        await self._answers.postpone(untold.id, until)


def write_answer(untold: Untold, words: Words) -> Document:
    """Write what a person is told about their command at this moment."""
    if untold.decided_at is None:
        return words.write(say(Say.ASKING))
    if untold.progress:
        trace = trace_of(untold.incoming)
        return write_outcome(untold.progress, words, trace, untold.reply)
    return untold.reply or Document(())


def offer_undo(untold: Untold, words: Words) -> tuple[Button, ...]:
    """Offer to take back what was delivered or waits, if anything was or does."""
    if not any(entry.state in {State.DELIVERED, State.QUEUED} for entry in untold.progress):
        return ()
    return (Button(words.spell(say(Say.UNDO)), f"/{UNDO.name} {untold.id}"),)


def _is_final(untold: Untold) -> bool:
    is_open = untold.decided_at is None
    return not is_open and all(entry.state.is_final for entry in untold.progress)
