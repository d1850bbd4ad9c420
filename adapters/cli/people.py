"""``b24bridge people``: who is linked to whom."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING

import typer
from msgspec import Struct

from adapters.cli.identities import ourselves, parse_identity
from adapters.cli.logs import set_up_logging
from adapters.cli.portals import find_portal
from adapters.cli.stores import open_stores
from adapters.cli.wiring import open_bridge
from bridge.errors import BridgeError, CommandError, PortalError
from bridge.markup import plain
from bridge.people.identity import BitrixUserId, Sender
from bridge.people.linking import Proof
from bridge.people.recipients import Email, Number, read_recipient
from bridge.replies.words import Words
from bridge.settings import load_settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from adapters.cli.stores import KnownPerson, Stores
    from adapters.cli.wiring import Bridge
    from bridge.people.identity import Located, PortalId, Recipient
    from bridge.people.linking import LinkChange

_NUMBER = re.compile(r"#?([0-9]{1,18})")


class _Shown(Struct, frozen=True, kw_only=True):
    """Somebody as they are listed on a screen, which is narrow."""

    identity: str
    handle: str
    name: str
    bitrix24: str
    portal: str
    proved_by: str
    seen: str


class _Change(Struct, frozen=True, kw_only=True):
    """What happened to a link, for other programs."""

    changed_at: datetime
    identity: str
    is_end: bool
    portal: str
    recipient: str
    user_id: BitrixUserId
    proved_by: Proof
    changed_by: str


class _ShownChange(Struct, frozen=True, kw_only=True):
    """The same on a screen."""

    at: str
    identity: str
    bitrix24: str
    portal: str
    link: str
    by: str


async def list_people(wanted: str, *, as_json: bool) -> None:
    """Print everybody the bridge has seen, or those whom a text is about."""
    async with open_stores(load_settings()) as stores:
        known = [person for person in await stores.people.list_known() if _is_about(person, wanted)]
    if wanted and not known:
        raise BridgeError(f"Nobody is known by {wanted}.")
    from adapters.cli.tables import print_rows

    portals = {person.portal for person in known if person.portal}
    print_rows(
        known if as_json else [_show(person, is_among=len(portals) > 1) for person in known],
        as_json=as_json,
        empty="Nobody has written to the bridge yet.",
    )


async def show_history(who: str, limit: int, *, as_json: bool) -> None:
    """Print what has become of links."""
    number = _NUMBER.fullmatch(who)
    identity = parse_identity(who) if who and not number else None
    user_id = BitrixUserId(int(number[1])) if number else None
    async with open_stores(load_settings()) as stores:
        changes = await stores.links.list_changes(limit, identity=identity, user_id=user_id)
        portals = await name_portals(stores)
    from adapters.cli.tables import print_rows

    rows = [_list_change(change, portals[change.person.portal]) for change in changes]
    print_rows(
        rows if as_json else [_show_change(row, is_among=len(portals) > 1) for row in rows],
        as_json=as_json,
        empty="Nobody has been linked yet.",
    )


async def link_person(identity: str, recipient: str, handle: str, portal: str) -> None:
    """Link an identity to a Bitrix24 person, who must exist and work here."""
    settings = load_settings(needs_portal=True)
    set_up_logging("CRITICAL", settings.secrets)  # another portal's troubles are not ours
    who = parse_identity(identity)
    async with open_bridge(settings) as bridge:
        await _choose_portal(portal, bridge)
        found = await _find(recipient, bridge)
        portal = bridge.serving.served.name_among(found.portal)
        await bridge.stores.links.link(
            who, found, proof=Proof.ADMINISTRATOR, changed_by=str(ourselves()), handle=handle
        )
    where = f" in {portal}" if portal else ""
    typer.echo(f"{who} is now linked to {name_recipient(found.recipient)}{where}.")


async def unlink_person(identity: str) -> None:
    """End the link of an identity; ends with 1 if it had none."""
    who = parse_identity(identity)
    async with open_stores(load_settings()) as stores:
        was_linked = await stores.links.unlink(who, changed_by=str(ourselves()))
    if not was_linked:
        raise BridgeError(f"{who} has no link.")
    typer.echo(f"{who} is no longer linked.")


def name_recipient(recipient: Recipient) -> str:
    """Name a Bitrix24 person: ``Anna Petrova (#5)``."""
    number = f"#{recipient.user_id}"
    return f"{recipient.name} ({number})" if recipient.name else number


async def name_portals(stores: Stores) -> Mapping[PortalId, str]:
    """Name all portals as ``find_portal`` finds them: by host, or by key if hosts are alike."""
    records = await stores.portals.list_known()
    names = [record.name for record in records]
    return {
        record.id: record.name if names.count(record.name) == 1 else record.key
        for record in records
    }


async def _choose_portal(named: str, bridge: Bridge) -> None:
    """Look people up in a portal, or in the default one if none is named."""
    served = bridge.serving.served
    if named:
        record = await find_portal(bridge.stores, named)
        if record.id not in served:
            way = f"b24bridge portals check {record.name} tells why"
            raise BridgeError(f"{record.name} is not connected: {way}.")
        served.default = record.id
    if served.default is None:
        raise BridgeError(
            "No portal is connected yet. Install the application in one, or add one by its webhook "
            "with b24bridge portals add; if you have, b24bridge portals check tells more."
        )


async def _find(recipient: str, bridge: Bridge) -> Located:
    ref = read_recipient(recipient)
    if not isinstance(ref, Number | Email):
        raise BridgeError("A Bitrix24 person is named by number (#5) or by e-mail address.")
    try:
        return await bridge.make_directory().resolve(ref, Sender(ourselves()), None)
    except PortalError as error:
        raise BridgeError(f"Bitrix24 could not be asked who that is ({error.code}).") from None
    except CommandError as error:
        raise BridgeError(plain.render(Words().write(*error.replies))) from None


def _is_about(person: KnownPerson, wanted: str) -> bool:
    if number := re.fullmatch(r"#([0-9]+)", wanted):
        return person.user_id == int(number[1])
    text = wanted.removeprefix("@").casefold()
    names = (person.identity, person.handle, person.name, person.recipient)
    return any(text in name.casefold() for name in names)


def _show(person: KnownPerson, *, is_among: bool) -> _Shown:
    return _Shown(
        identity=person.identity,
        handle=person.handle,
        name=person.name,
        bitrix24="" if person.user_id is None else _name(person.user_id, person.recipient),
        portal=person.portal if is_among else "",
        proved_by=person.proved_by,
        seen=f"{person.seen_at.astimezone():%Y-%m-%d}" if person.seen_at else "",
    )


def _list_change(change: LinkChange, portal: str) -> _Change:
    recipient = change.person.recipient
    return _Change(
        changed_at=change.changed_at,
        identity=str(change.identity),
        is_end=change.is_end,
        portal=portal,
        recipient=recipient.name,
        user_id=recipient.user_id,
        proved_by=change.proof,
        changed_by=change.changed_by,
    )


def _show_change(change: _Change, *, is_among: bool) -> _ShownChange:
    return _ShownChange(
        at=f"{change.changed_at.astimezone():%Y-%m-%d %H:%M}",
        identity=change.identity,
        bitrix24=_name(change.user_id, change.recipient),
        portal=change.portal if is_among else "",
        link="ended" if change.is_end else change.proved_by,
        by="themselves" if change.changed_by == change.identity else change.changed_by,
    )


def _name(user_id: int, name: str) -> str:
    return f"#{user_id} {name}".strip()
