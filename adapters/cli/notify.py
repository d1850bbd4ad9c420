"""``b24bridge notify``: a notification from the administrator's shell."""

from __future__ import annotations

import asyncio
import getpass
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Final
from uuid import uuid4

import typer

from adapters.cli.ask import wait_for_outcome
from adapters.cli.clock import SystemClock
from adapters.cli.logs import set_up_logging
from adapters.cli.wiring import open_bridge
from bridge.commands.grammar import NOTIFY
from bridge.incoming import Incoming
from bridge.markup import plain
from bridge.markup.nodes import Text
from bridge.people.identity import Identity, Platform, Sender
from bridge.replies.outcome import is_success
from bridge.replies.tell import write_answer
from bridge.settings import load_settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from adapters.cli.wiring import Bridge
    from bridge.ports import Untold

_PATIENCE_SECONDS: Final = 30.0
_QUOTES: Final = ('""', "''", "“”")


async def notify(recipients: str, text: str, options: Mapping[str, str]) -> None:
    """Carry out ``/b24notify`` and print what became of it; ends with 1 unless all have it.

    Works by itself, or through the bridge that is already running on the same database.
    """
    settings = load_settings(needs_portal=True)
    set_up_logging("WARNING", settings.secrets)
    words = [f"/{NOTIFY.name}", recipients, *_write(options), "--", _read(text)]
    incoming = _make_incoming(" ".join(words))
    async with open_bridge(settings) as bridge:
        untold = await _carry_out(bridge, incoming)
    if untold is None:
        raise typer.Exit(_say("The command is kept, but nobody has carried it out yet."))
    typer.echo(plain.render(write_answer(untold)))
    if untold.is_refused or not is_success(untold.progress):
        raise typer.Exit(1)


async def _carry_out(bridge: Bridge, incoming: Incoming) -> Untold | None:
    is_alone = bridge.stores.database.try_lock()
    work = asyncio.create_task(bridge.work({})) if is_alone else None
    await bridge.intake.accept(incoming)
    try:
        untold = await wait_for_outcome(
            bridge.stores.inbox,
            (incoming.platform, incoming.workspace, incoming.event_id),
            _PATIENCE_SECONDS,
        )
    finally:
        if work:
            bridge.stop()
            with suppress(asyncio.CancelledError):
                await work
    if untold:
        await bridge.stores.answers.mark_told(untold.id, is_final=True)
    return untold


def _make_incoming(command: str) -> Incoming:
    user = getpass.getuser()
    return Incoming(
        platform=Platform.CONSOLE,
        workspace="",
        event_id=uuid4().hex,
        sender=Sender(Identity(Platform.CONSOLE, "", user), display_name=user),
        typed=(Text(command),),
        answer_to={},
        received_at=SystemClock().now(),
    )


def _write(options: Mapping[str, str]) -> list[str]:
    return [f"{name} {_quote(value)}" for name, value in options.items()]


def _quote(value: str) -> str:
    for opening, closing in _QUOTES:
        if opening not in value and closing not in value:
            return f"{opening}{value}{closing}"
    raise typer.BadParameter("an option's value cannot hold every kind of quotation mark")


def _read(text: str) -> str:
    return sys.stdin.read() if text == "-" else text


def _say(message: str) -> int:
    typer.echo(message, err=True)
    return 1
