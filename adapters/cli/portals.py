"""``b24bridge portals``: which Bitrix24 accounts there are, and how they are."""

from __future__ import annotations

import sys
from contextlib import asynccontextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Final

import typer
from msgspec import Struct
from msgspec.structs import replace

from adapters.bitrix24.auth import Webhook
from adapters.bitrix24.client import Bitrix24Portal
from adapters.cli.clients import open_clients, read_webhook
from adapters.cli.identities import ourselves
from adapters.cli.logs import set_up_logging
from adapters.cli.portal_words import what_to_do
from adapters.cli.serving import choose_default
from adapters.cli.stores import open_stores
from bridge.credential import PortalKind
from bridge.delivery.hold_news import NOT_CONNECTED, REMOVED
from bridge.delivery.notification import FOR_GOOD
from bridge.errors import BridgeError, PortalError
from bridge.settings import load_settings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from adapters.cli.stores import PortalRecord, Stores
    from bridge.settings import Settings

HELD: Final = "HELD"


class Shown(Struct, frozen=True, kw_only=True):
    """A portal as it is listed."""

    portal: str
    kind: PortalKind
    default: bool
    connected: bool
    queued: int
    hold: str
    held_at: datetime | None
    resume_at: datetime | None
    what_to_do: str
    key: str


async def list_portals(*, as_json: bool) -> None:
    """Print all portals."""
    settings = load_settings()
    async with _open_known(settings) as stores:
        records = await list_of_interest(stores)
    from adapters.cli.tables import print_rows

    default = choose_default([one for one in records if _is_connected(one, settings)])
    rows = [_show(record, settings, is_default=record is default) for record in records]
    shown = rows if as_json else [_shorten(row, rows) for row in rows]
    print_rows(shown, as_json=as_json, empty="There is no portal.")
    for row in rows:
        if row.what_to_do and not as_json:
            typer.echo(f"{row.portal}: {row.hold}: {row.what_to_do}")


def _shorten(row: Shown, rows: Sequence[Shown]) -> Shown:
    """Leave out what a narrow screen has no room for: sentences, and keys that nobody needs."""
    is_unique = sum(other.portal == row.portal for other in rows) == 1
    return replace(row, what_to_do="", key="" if is_unique else row.key)


async def list_of_interest(stores: Stores, *, is_counted: bool = True) -> Sequence[PortalRecord]:
    """List all portals but those that were removed with nothing left behind.

    Without being counted, ``queued`` tells no more than whether anything waits.
    """
    records = await stores.portals.list_known(is_counted=is_counted)
    return [one for one in records if one.queued or one.status.hold_code != REMOVED]


def read_address() -> str:
    """Read the address of a webhook, without showing what is typed.

    Raises:
        BridgeError: there is no standard input.
    """
    if sys.stdin is None:
        raise BridgeError("There is no standard input.")
    if not sys.stdin.isatty():
        return sys.stdin.readline().strip()
    address: str = typer.prompt("The address of the incoming webhook", hide_input=True, err=True)
    return address


async def add_portal(address: str) -> None:
    """Keep the webhook of a portal, once the portal has taken it."""
    settings = load_settings()
    set_up_logging("WARNING", {*settings.secrets, address})
    try:
        webhook = Webhook.parse(address)
    except ValueError as error:
        raise BridgeError(f"Not added: {error}.") from None
    ours = read_webhook(settings)
    if ours and ours.key == webhook.key:
        raise BridgeError(f"Not added: {webhook.key} is the portal of B24BRIDGE_PORTAL_WEBHOOK.")
    async with Bitrix24Portal(webhook, timeout_seconds=settings.portal_timeout_seconds) as portal:
        try:
            await portal.check()
        except PortalError as error:
            problem = what_to_do(error.code, webhook.key) or "try again later"
            raise BridgeError(f"Not added: {webhook.key} says {error.code}: {problem}.") from None
    async with open_stores(settings) as stores:
        await stores.credentials.connect(webhook.key, webhook.key, PortalKind.WEBHOOK, address)
    typer.echo(f"{webhook.key} is added; a bridge that runs serves it within seconds.")


async def hold_portal(portal: str) -> None:
    """Hold a portal until it is released."""
    async with _open_known(load_settings()) as stores:
        record = await find_portal(stores, portal)
        await stores.portals.pause(record.id, FOR_GOOD, HELD)
    typer.echo(f"{record.name} is on hold; what comes for it is kept.")


async def release_portal(portal: str) -> None:
    """End the hold of a portal."""
    async with _open_known(load_settings()) as stores:
        record = await find_portal(stores, portal)
        await stores.portals.release(record.id)
        sends = not stores.database.try_lock()
    when = "now" if sends else "when the bridge runs: b24bridge run"
    rest = f"; {_go(record.queued)} out {when}" if record.queued else ""
    typer.echo(f"{record.name} is released{rest}.")


async def make_default(portal: str) -> None:
    """Make a portal the default one."""
    settings = load_settings()
    async with _open_known(settings) as stores:
        record = await find_portal(stores, portal)
        if not _is_connected(record, settings):
            raise BridgeError(f"{record.name} is not connected.")
        await stores.portals.make_default(record.id)
    typer.echo(f"{record.name} is the default portal now.")


async def remove_portal(portal: str, move_to: str) -> None:
    """Forget the credential of a portal."""
    settings = load_settings()
    async with _open_known(settings) as stores:
        record = await find_portal(stores, portal)
        if record.kind is PortalKind.SETTINGS and _is_connected(record, settings):
            raise BridgeError(f"{record.name} is removed with B24BRIDGE_PORTAL_WEBHOOK.")
        to = await find_portal(stores, move_to) if move_to else None
        if to and to.id == record.id:
            raise BridgeError("A portal cannot be moved to itself.")
        await stores.credentials.disconnect(record.id, REMOVED)
        under_way = await _move(stores, record, to) if to else 0
    left = record.queued - under_way
    moved = f"{_go(left)} to {to.name}, and so do its links and groups" if to else ""
    typer.echo(f"{record.name} is removed; {moved or f'{_stay(left)} kept'}.")
    if under_way:
        way = "b24bridge portals list shows whether any comes back"
        typer.echo(f"{_stay(under_way)} under way to it: {way}.")


async def _move(stores: Stores, record: PortalRecord, to: PortalRecord) -> int:
    """Move what waits for a portal; returns how many notifications are under way to it."""
    if stores.database.try_lock():  # no bridge runs, so nothing is under way, whatever is noted
        await stores.outbox.recover(record.id)
    return await stores.portals.move(record.id, to.id, changed_by=str(ourselves()))


async def find_portal(stores: Stores, named: str) -> PortalRecord:
    """Find a portal by its key, or by its host if no key is like that.

    Raises:
        BridgeError: there is none, or there are several; the message names them.
    """
    records = await stores.portals.list_known()
    found = [record for record in records if record.key == named]
    found = found or [record for record in records if record.name == named.lower()]
    if len(found) == 1:
        return found[0]
    if found:
        keys = ", ".join(record.key for record in found)
        raise BridgeError(f"{named} can be reached in several ways; name one by its key: {keys}.")
    of_interest = await list_of_interest(stores)
    names = ", ".join(record.name for record in of_interest) or "none at all"
    raise BridgeError(f"There is no portal {named}. There are: {names}.")


@asynccontextmanager
async def _open_known(settings: Settings) -> AsyncIterator[Stores]:
    """Open the database; the portal of the settings is known in it, too."""
    async with open_stores(settings) as stores, open_clients(settings, stores):
        yield stores


def _is_connected(record: PortalRecord, settings: Settings) -> bool:
    if record.kind is not PortalKind.SETTINGS:
        return record.connected_at is not None
    webhook = read_webhook(settings)
    return webhook is not None and webhook.key == record.key


def _show(record: PortalRecord, settings: Settings, *, is_default: bool) -> Shown:
    is_connected = _is_connected(record, settings)
    code = record.status.hold_code or ("" if is_connected else NOT_CONNECTED)
    resume_at = record.status.resume_at
    return Shown(
        portal=record.name,
        kind=record.kind,
        default=is_default,
        connected=is_connected,
        queued=record.queued,
        hold=code,
        held_at=record.status.held_at,
        resume_at=None if resume_at == FOR_GOOD or not is_connected else resume_at,
        what_to_do=what_to_do(code, record.name),
        key=record.key,
    )


def _go(count: int) -> str:
    return "1 notification goes" if count == 1 else f"{count} notifications go"


def _stay(count: int) -> str:
    return "1 notification is" if count == 1 else f"{count} notifications are"
