"""``b24bridge people``: who is linked to whom."""

from __future__ import annotations

import getpass
from typing import TYPE_CHECKING

import typer

from adapters.cli.logs import set_up_logging
from adapters.cli.portals import find_portal
from adapters.cli.wiring import open_bridge, open_stores
from bridge.errors import BridgeError, CommandError, PortalError
from bridge.markup import plain
from bridge.people.identity import Identity, Platform, Sender
from bridge.people.linking import Proof
from bridge.people.recipients import Email, Number, read_recipient
from bridge.replies.words import Words
from bridge.settings import load_settings

if TYPE_CHECKING:
    from adapters.cli.wiring import Bridge
    from bridge.people.identity import Located


async def list_people(*, as_json: bool) -> None:
    """Print everybody the bridge has seen."""
    settings = load_settings()
    async with open_stores(settings) as stores:
        known = await stores.people.list_known()
    from adapters.cli.tables import print_rows

    print_rows(known, as_json=as_json, empty="Nobody has written to the bridge yet.")


async def link_person(identity: str, recipient: str, handle: str, portal: str) -> None:
    """Link an identity to a Bitrix24 person, who must exist and work here."""
    settings = load_settings(needs_portal=True)
    set_up_logging("WARNING", settings.secrets)
    who = _parse(identity)
    async with open_bridge(settings) as bridge:
        if portal:
            bridge.serving.served.default = (await find_portal(bridge.stores, portal)).id
        found = await _find(recipient, bridge)
        person = found.recipient
        await bridge.stores.links.link(
            who, found, proof=Proof.ADMINISTRATOR, changed_by=_ourselves(), handle=handle
        )
    typer.echo(f"{who} is now linked to {person.label} (#{person.user_id}).")


async def unlink_person(identity: str) -> None:
    """End the link of an identity; ends with 1 if it had none."""
    who = _parse(identity)
    async with open_stores(load_settings()) as stores:
        was_linked = await stores.links.unlink(who, changed_by=_ourselves())
    if not was_linked:
        raise BridgeError(f"{who} has no link.")
    typer.echo(f"{who} is no longer linked.")


async def _find(recipient: str, bridge: Bridge) -> Located:
    ref = read_recipient(recipient)
    if not isinstance(ref, Number | Email):
        raise BridgeError("A Bitrix24 person is named by number (#5) or by e-mail address.")
    nobody = Sender(Identity(Platform.CONSOLE, "", getpass.getuser()))
    try:
        return await bridge.make_directory().resolve(ref, nobody, None)
    except PortalError as error:
        raise BridgeError(f"Bitrix24 could not be asked who that is ({error.code}).") from None
    except CommandError as error:
        raise BridgeError(plain.render(Words().write(*error.replies))) from None


def _ourselves() -> str:
    return str(Identity(Platform.CONSOLE, "", getpass.getuser()))


def _parse(identity: str) -> Identity:
    try:
        return Identity.parse(identity)
    except ValueError as error:
        raise BridgeError(f"{identity}: {error}.") from None
