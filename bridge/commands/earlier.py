"""Commands about an earlier command, which they name by its number."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from bridge.errors import NotAllowed, UsageError
from bridge.replies.texts import Say, say

if TYPE_CHECKING:
    from bridge.commands.parser import Command
    from bridge.incoming import ClosedCommand
    from bridge.people.identity import Sender
    from bridge.ports import Past

_NUMBER: Final = re.compile(r"[0-9]{1,18}")


def read_number(command: Command) -> int:
    """Read which command is meant.

    Raises:
        UsageError: it does not say.
    """
    word = command.words[0] if command.words else ""
    if not _NUMBER.fullmatch(word):
        raise UsageError(say(Say.NO_NUMBER, usage=command.spec.usage))
    return int(word)


async def find_earlier(past: Past, number: int, sender: Sender) -> ClosedCommand:
    """Find the command that is meant.

    Raises:
        NotAllowed: it is not one of the sender's own; whether there is one at all is not told.
    """
    found = await past.find(number)
    if found is None or found.incoming.sender.identity != sender.identity:
        raise NotAllowed(say(Say.NOT_YOURS))
    return found
