"""``b24bridge deliveries``: what is on its way, and what became of the rest."""

from __future__ import annotations

import sys
from datetime import datetime
from typing import TYPE_CHECKING, Final

import msgspec
import typer
from msgspec import Struct
from msgspec.structs import replace

from adapters.cli.portal_words import what_to_do
from adapters.cli.portals import find_portal
from adapters.cli.stores import Filter, open_stores
from adapters.cli.tables import print_fields, print_rows
from adapters.cli.terminal import visible, visible_json
from bridge.delivery.history import CANCELLED
from bridge.delivery.lane import Lane
from bridge.delivery.state import State
from bridge.errors import BridgeError
from bridge.settings import load_settings

if TYPE_CHECKING:
    from adapters.cli.stores import DeliveryDetails, DeliveryRecord
    from bridge.incoming import Backlog


_REPLACED: Final = "a later one with the same tag has arrived, and its place would be taken"


class Shown(Struct, frozen=True, kw_only=True):
    """A delivery as a line of a table; the code is that of the hold, if there is one."""

    id: int
    state: State
    recipient: str
    portal: str
    sender: str
    attempts: int
    code: str
    possibly_doubled: bool
    queued_at: datetime
    next_try_at: datetime | None


class Happened(Struct, frozen=True):
    """Something that has happened to a delivery, as a line of a table."""

    at: datetime
    what: str
    attempt: int | None = None
    code: str = ""


async def list_deliveries(which: Filter, portal: str, limit: int, *, as_json: bool) -> None:
    """Print the latest deliveries that fit, newest first.

    Args:
        which: what they must fit in.
        portal: the host or key of the portal that is meant; empty for all.
        limit: how many at most.
        as_json: whether another program reads it.
    """
    async with open_stores(load_settings()) as stores:
        if portal:
            which = replace(which, portal=(await find_portal(stores, portal)).id)
        records = await stores.deliveries.list_latest(limit, which)
        commands = await stores.inbox.measure_open()
    empty = "Nothing has been sent yet." if which == Filter() else "There is no such delivery."
    is_one_portal = len({record.portal for record in records}) == 1
    rows = records if as_json else [_shown(record, is_one_portal) for record in records]
    print_rows(rows, as_json=as_json, empty=empty)
    if as_json:
        return
    for hold in dict.fromkeys(_tell_hold(record) for record in records if record.hold):
        typer.echo(hold)
    if commands.oldest_at:
        oldest, next_try = _tell_time(commands.oldest_at), _tell_next_try(commands)
        typer.echo(
            f"Commands not carried out yet: {commands.count}, the oldest of {oldest}; {next_try}."
        )


async def show_delivery(number: int, *, with_text: bool, as_json: bool) -> None:
    """Print one delivery with its history; its text only if that is asked for."""
    async with open_stores(load_settings()) as stores:
        details = await stores.deliveries.find(number, with_message=with_text)
    if details is None:
        raise _unknown(number)
    if as_json:
        sys.stdout.buffer.write(visible_json(msgspec.json.encode(details)) + b"\n")
        return
    record = details.record
    print_fields(_fields(details))
    typer.echo()
    print_rows(_history(details), as_json=False, empty="")
    if record.hold:
        typer.echo(f"\n{_tell_hold(record)}")
    if isinstance(details.message, str):
        typer.echo(f"\n{visible(details.message, keep_lines=True)}")


async def retry_delivery(number: int) -> None:
    """Queue one that was given up again."""
    async with open_stores(load_settings()) as stores:
        retried = await stores.deliveries.retry(number)
        if not retried:
            details = await stores.deliveries.find(number)
            raise _not_now(details, "Only what is dead or has failed can be retried.", number)
    if retried.replaced:
        raise BridgeError(f"Delivery {number} is not queued: {_REPLACED}.")
    typer.echo(f"Delivery {number} is queued again.")


async def retry_all_dead() -> None:
    """Queue all that were given up again."""
    async with open_stores(load_settings()) as stores:
        retried = await stores.deliveries.retry_dead()
    count, left = len(retried.queued), len(retried.replaced)
    if count or not left:
        typer.echo(f"{_count(count)} queued again." if count else "No delivery is dead.")
    if left:
        typer.echo(f"{_count(left)} not queued: {_REPLACED}.")


async def cancel_delivery(number: int) -> None:
    """Give up one that waits or is dead."""
    async with open_stores(load_settings()) as stores:
        if not await stores.deliveries.cancel(number):
            details = await stores.deliveries.find(number)
            raise _not_now(details, "Only what is queued or dead can be cancelled.", number)
    typer.echo(f"Delivery {number} is cancelled.")


def _count(count: int) -> str:
    return "1 delivery is" if count == 1 else f"{count} deliveries are"


def _unknown(number: int) -> BridgeError:
    return BridgeError(f"There is no delivery {number}.")


def _not_now(details: DeliveryDetails | None, rule: str, number: int) -> BridgeError:
    if details is None:
        return _unknown(number)
    return BridgeError(f"Delivery {number} is {details.record.state}. {rule}")


def _tell_time(at: datetime) -> str:
    return f"{at.astimezone():%Y-%m-%d %H:%M:%S}"


def _tell_next_try(commands: Backlog) -> str:
    at = commands.next_try_at
    return f"the next try is at {_tell_time(at)}" if at else "they are being tried"


def _tell_hold(record: DeliveryRecord) -> str:
    since = f" since {_tell_time(record.held_at)}" if record.held_at else ""
    to_do = what_to_do(record.hold, record.portal)
    return f"{record.portal} is on hold{since}: {record.hold}: {to_do}"


def _shown(record: DeliveryRecord, is_one_portal: bool) -> Shown:
    """Shorten a record to what fits on a screen."""
    return Shown(
        id=record.id,
        state=record.state,
        recipient=_name(record),
        portal="" if is_one_portal else record.portal,
        sender=record.sender,
        attempts=record.attempts,
        code=record.hold or record.code,
        possibly_doubled=record.is_possibly_doubled,
        queued_at=record.queued_at,
        next_try_at=record.next_try_at,
    )


def _name(record: DeliveryRecord) -> str:
    return f"{record.recipient} (#{record.user_id})".lstrip()


def _fields(details: DeliveryDetails) -> dict[str, object]:
    record = details.record
    return {
        "delivery": record.id,
        "state": record.state,
        "recipient": _name(record),
        "portal": record.portal,
        "portal's number for it": details.portal_notification_id or None,
        "on hold since": record.held_at,
        "sender": record.sender,
        "command": details.command_id,
        "trace": record.trace,
        "lane": Lane(details.lane).name.lower(),
        "tag": record.tag,
        "attempts": record.attempts,
        "last error": record.code,
        "possibly doubled": record.is_possibly_doubled,
        "next try": record.next_try_at,
    }


def _history(details: DeliveryDetails) -> list[Happened]:
    record = details.record
    known = [
        Happened(details.received_at, "received") if details.received_at else None,
        *(Happened(one.at, one.what, one.attempt, one.code) for one in details.events),
        Happened(details.started_at, "last attempt began", record.attempts)
        if details.started_at
        else None,
        Happened(record.finished_at, record.state)
        if record.finished_at and record.code != CANCELLED  # which is among the events
        else None,
    ]
    return sorted(filter(None, known), key=lambda one: one.at)
