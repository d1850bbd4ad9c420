"""``b24bridge notify``: a notification from the administrator's shell."""

from __future__ import annotations

import asyncio
import getpass
import sys
from typing import TYPE_CHECKING, Final
from uuid import uuid4

import typer

from adapters.cli.logs import set_up_logging
from adapters.cli.outcome import wait_for_outcome
from adapters.cli.terminal import visible
from adapters.cli.wiring import open_bridge
from bridge.commands.grammar import NOTIFY
from bridge.errors import BridgeError
from bridge.incoming import Incoming
from bridge.markup import plain
from bridge.markup.nodes import Node, Strong, Text
from bridge.people.identity import Identity, Platform, Sender
from bridge.replies.outcome import is_success
from bridge.replies.tell import write_answer
from bridge.replies.words import Languages
from bridge.settings import load_settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from adapters.cli.wiring import Bridge
    from bridge.ports import Clock
    from bridge.replies.untold import Untold

_PATIENCE_SECONDS: Final = 30.0
_GRACE_SECONDS: Final = 5.0


async def notify(recipients: str, text: str, options: Mapping[str, str]) -> None:
    """Carry out ``/b24notify`` and print what became of it; ends with 1 unless all have it.

    Works by itself, or through the bridge that is already running on the same database.
    """
    settings = load_settings(needs_portal=True)
    set_up_logging("WARNING", settings.secrets)
    async with open_bridge(settings) as bridge:
        incoming = _make_incoming(bridge.stores.clock, recipients, text, options)
        untold = await _carry_out(bridge, incoming)
    if untold is None:
        typer.echo("The command is kept, but nobody has carried it out yet.", err=True)
        raise typer.Exit(1)
    words = Languages(settings.language).words(untold.language)
    typer.echo(visible(plain.render(write_answer(untold, words)), keep_lines=True))
    if untold.is_refused or not is_success(untold.progress):
        raise typer.Exit(1)


def read_text(text: str) -> str:
    """Return the text to send: what was typed, or standard input for ``-``.

    Raises:
        BridgeError: there is no standard input.
    """
    if text != "-":
        return text
    if sys.stdin is None:
        raise BridgeError("There is no standard input.")
    if sys.stdin.isatty():
        typer.echo("Type the text, then Ctrl+D:", err=True)
    return sys.stdin.read()


async def _carry_out(bridge: Bridge, incoming: Incoming) -> Untold | None:
    is_alone = bridge.stores.database.try_lock()
    work = asyncio.create_task(bridge.work({})) if is_alone else None
    event = (incoming.platform, incoming.workspace, incoming.event_id)
    try:
        await bridge.intake.accept(incoming)
        untold = await wait_for_outcome(bridge.stores.inbox, event, _PATIENCE_SECONDS)
    finally:
        if work:
            bridge.stop()
            await asyncio.wait([work], timeout=_GRACE_SECONDS)
            work.cancel()
            await asyncio.wait([work])
    if untold:
        await bridge.stores.answers.mark_told(untold.id, is_final=True)
    return untold


def _make_incoming(
    clock: Clock, recipients: str, text: str, options: Mapping[str, str]
) -> Incoming:
    user = getpass.getuser()
    return Incoming(
        platform=Platform.CONSOLE,
        workspace="",
        event_id=uuid4().hex,
        sender=Sender(Identity(Platform.CONSOLE, "", user), display_name=user),
        typed=(Text(f"/{NOTIFY.name} {recipients} "), *_write(options), Text(f"-- {text}")),
        answer_to={},
        received_at=clock.now(),
    )


def _write(options: Mapping[str, str]) -> list[Node]:
    nodes: list[Node] = []
    for name, value in options.items():
        nodes.append(Text(f"{name} "))
        if value:
            # What is no text is one word to the parser, whatever stands in it.
            nodes += [Strong((Text(value),)), Text(" ")]
    return nodes
