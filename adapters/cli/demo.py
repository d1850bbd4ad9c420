"""``b24bridge demo``: the whole way of a message on one machine, with or without a browser."""

from __future__ import annotations

import asyncio
import tempfile
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import typer
from msgspec import Struct
from pydantic import SecretStr

from adapters.cli.bells import indent, print_bells
from adapters.cli.logs import set_up_logging
from adapters.cli.outcome import wait_for_outcome
from adapters.cli.sandbox import webhook_of
from adapters.cli.signals import stop_signals
from adapters.cli.terminal import visible
from adapters.cli.wiring import Bridge, open_bridge
from adapters.sandbox.bucket import LeakyBucket
from adapters.sandbox.chat import WORKSPACE, CommandHint, OptionHint, PersonHint, SandboxChat
from adapters.sandbox.people import PEOPLE, Person
from adapters.sandbox.portal import SandboxPortal
from adapters.sandbox.server import serve
from bridge.clock import SystemClock
from bridge.commands.grammar import COMMANDS
from bridge.markup import plain
from bridge.people.identity import (
    BitrixUserId,
    Identity,
    Located,
    Platform,
    Recipient,
    Sender,
)
from bridge.people.linking import Proof
from bridge.replies.outcome import is_success
from bridge.replies.tell import write_answer
from bridge.replies.texts import Say, say
from bridge.replies.words import Words
from bridge.settings import Settings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bridge.replies.untold import Untold

_PERSONAS: Final = ("maria", "boris")
_PATIENCE_SECONDS: Final = 20.0


class Demo(Struct, frozen=True):
    """A sandbox portal, a bridge and a chat that run in this process."""

    url: str
    portal: SandboxPortal
    chat: SandboxChat
    bridge: Bridge


async def run_demo(listen: str) -> None:
    """Serve the demo's page until SIGTERM or SIGINT."""
    set_up_logging("WARNING")
    async with open_demo(listen) as demo:
        typer.echo(f"The demo is at {demo.url}/  (Ctrl+C ends it)")
        with stop_signals() as stops:
            await stops.asked.wait()


async def run_once(command: str) -> None:
    """Carry out one command as Maria and print what she is told and what the recipients see.

    Ends with 1 if somebody was not notified, or the command could not be carried out.
    """
    set_up_logging("ERROR")
    async with open_demo("127.0.0.1:0") as demo:
        event_id = await demo.chat.say(_PERSONAS[0], command)
        outcome = await wait_for_outcome(
            demo.bridge.stores.inbox, (Platform.SANDBOX, WORKSPACE, event_id), _PATIENCE_SECONDS
        )
        told = plain.render(write_answer(outcome, Words())) if outcome else "nothing yet"
        typer.echo(f"Maria was told:\n{indent(visible(told, keep_lines=True))}")
        print_bells(demo.portal.notifications)
    if outcome is None or not _is_well(outcome):
        raise typer.Exit(1)


@asynccontextmanager
async def open_demo(listen: str) -> AsyncIterator[Demo]:
    """Run a demo whose people are all linked and whose database goes with it.

    Args:
        listen: host and port of its page and portal; port 0 takes a free one.
    """
    portal = SandboxPortal(bucket=LeakyBucket())
    chat = SandboxChat(
        [_sender(person) for person in PEOPLE if person.handle in _PERSONAS],
        _command_hints(),
        [PersonHint(person.handle, person.full_name, person.id) for person in _linked()],
        SystemClock(),
    )
    with tempfile.TemporaryDirectory(prefix="b24bridge-demo-") as folder:
        async with (
            serve(listen, portal, chat) as url,
            open_bridge(_settings(Path(folder), webhook_of(url, portal))) as bridge,
        ):
            await _link_everybody(bridge)
            chat.connect(bridge.intake.accept)
            work = asyncio.create_task(bridge.work({Platform.SANDBOX: chat}))
            try:
                yield Demo(url, portal, chat, bridge)
            finally:
                bridge.stop()
                await work


def _settings(folder: Path, webhook: str) -> Settings:
    # Nothing of the surroundings may reach the demo: neither variables nor an .env file.
    return Settings.model_construct(
        database_url=f"sqlite:///{folder / 'demo.db'}", portal_webhook=SecretStr(webhook)
    )


def _linked() -> list[Person]:
    return [person for person in PEOPLE if person.active]


def _sender(person: Person) -> Sender:
    identity = Identity(Platform.SANDBOX, WORKSPACE, str(person.id))
    return Sender(identity, person.handle, person.full_name)


async def _link_everybody(bridge: Bridge) -> None:
    for person in _linked():
        sender = _sender(person)
        recipient = Recipient(BitrixUserId(person.id), person.full_name)
        await bridge.stores.links.link(
            sender.identity,
            Located(bridge.portal_id, recipient),
            proof=Proof.ADMINISTRATOR,
            changed_by="demo",
            handle=sender.handle,
        )


def _command_hints() -> list[CommandHint]:
    return [
        CommandHint(
            f"/{spec.name}",
            spec.usage,
            _spell(spec.summary),
            tuple(
                OptionHint(option.name, option.value, _spell(option.summary))
                for option in spec.options
            ),
        )
        for spec in COMMANDS
    ]


def _spell(text: Say) -> str:
    return Words().spell(say(text))


def _is_well(outcome: Untold) -> bool:
    return not outcome.is_refused and is_success(outcome.progress)
