"""The commands about earlier commands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridge.commands.choose import Choose
from bridge.commands.grammar import CHOOSE, STATUS, UNDO
from bridge.commands.status import Status
from bridge.commands.undo import Undo

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bridge.commands.handler import Handler
    from bridge.delivery.served import Served
    from bridge.ports import Clock, Overview, Past


def make_past_handlers(
    past: Past,
    overview: Overview,
    served: Served,
    clock: Clock,
    handlers: Mapping[str, Handler],
) -> dict[str, Handler]:
    """Make the handlers of the commands about earlier commands, under their names.

    Args:
        past: earlier commands.
        overview: what people have sent.
        served: the portals.
        clock: the time.
        handlers: carry out a command once it is known who was meant in it.
    """
    return {
        STATUS.name: Status(overview, clock),
        UNDO.name: Undo(past, served, clock),
        CHOOSE.name: Choose(past, handlers),
    }
