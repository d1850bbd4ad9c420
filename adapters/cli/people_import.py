"""``b24bridge people import`` and ``export``: many links at once, as CSV."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import typer
from rich.console import Console
from rich.progress import track

from adapters.cli.identities import ourselves
from adapters.cli.logs import set_up_logging
from adapters.cli.people import name_portals
from adapters.cli.people_csv import BadRow, Row, read_rows, write_rows
from adapters.cli.stores import open_stores
from adapters.cli.terminal import visible
from adapters.cli.wiring import open_bridge
from bridge.errors import BridgeError, PortalError
from bridge.people.identity import Located
from bridge.people.linking import NewLink, Proof
from bridge.settings import load_settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from adapters.cli.wiring import Bridge
    from bridge.people.identity import BitrixUserId, Identity, PortalId, Recipient

_AT_ONCE: Final = 50
"""So many people are looked up with one request."""


def read_file(file: str) -> bytes:
    """Read a whole file, or standard input.

    Raises:
        BridgeError: it cannot be read.
    """
    if file == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(file).read_bytes()
    except OSError as error:
        raise BridgeError(f"{file} cannot be read: {error.strerror}.") from None


async def import_people(content: bytes, *, strict: bool, dry_run: bool) -> None:
    """Link everybody in a file; ends with 1 if a row is bad, having named it."""
    settings = load_settings(needs_portal=True)
    set_up_logging("CRITICAL", settings.secrets)  # the rows tell what concerns them
    rows, bad = _without_repetitions(read_rows(content))
    async with open_bridge(settings) as bridge:
        located = await _find_portals(rows, bad, bridge)
        links = await _find_people(located, bad, bridge)
        new = await _leave_out_known(links, bridge)
        is_done = not dry_run and not (strict and bad)
        if is_done:
            await bridge.stores.links.link_all(new, proof=Proof.IMPORT, changed_by=str(ourselves()))
    for row in sorted(bad, key=lambda row: row.line):
        typer.echo(visible(f"line {row.line}: {row.problem}"), err=True)
    _report(new, len(links) - len(new), bad, is_done=is_done)
    if bad:
        raise typer.Exit(1)


async def export_people() -> None:
    """Print all links as CSV."""
    async with open_stores(load_settings()) as stores:
        portals = await name_portals(stores)
        rows = [
            (
                link.identity.platform,
                link.identity.workspace,
                link.identity.external_id,
                link.handle,
                portals[link.portal],
                str(link.recipient.user_id),
            )
            for link in await stores.links.list_all()
        ]
    text = write_rows(rows)
    if sys.stdout.isatty():
        text = visible(text, keep_lines=True)
    sys.stdout.buffer.write(text.encode())


def _without_repetitions(read: Iterable[Row | BadRow]) -> tuple[list[Row], list[BadRow]]:
    rows: list[Row] = []
    bad: list[BadRow] = []
    lines: dict[Identity | tuple[str, str, str], int] = {}
    for row in read:
        if isinstance(row, BadRow):
            bad.append(row)
            continue
        who = row.identity
        handle = (who.platform, who.workspace, row.handle.casefold())
        if who in lines:
            bad.append(BadRow(row.line, f"{who} has line {lines[who]} already"))
        elif row.handle and handle in lines:
            bad.append(BadRow(row.line, f"@{row.handle} is the handle of line {lines[handle]}"))
        else:
            lines[who] = lines[handle] = row.line
            rows.append(row)
    return rows, bad


async def _find_portals(
    rows: Iterable[Row], bad: list[BadRow], bridge: Bridge
) -> dict[PortalId, list[Row]]:
    records = await bridge.stores.portals.list_known()
    served = bridge.serving.served
    found: dict[PortalId, list[Row]] = {}
    for row in rows:
        named = [one.id for one in records if row.portal in {one.key, one.name}]
        here = [portal for portal in named if portal in served]
        if not row.portal:
            here = [bridge.portal_id]
        if len(here) == 1:
            found.setdefault(here[0], []).append(row)
        else:
            problem = (
                "can be reached in several ways; name it by its key"
                if here
                else ("is not connected" if named else "is not known")
            )
            bad.append(BadRow(row.line, f"the portal {row.portal} {problem}"))
    return found


async def _find_people(
    located: Mapping[PortalId, Sequence[Row]], bad: list[BadRow], bridge: Bridge
) -> list[NewLink]:
    portions = [
        (portal, rows[start : start + _AT_ONCE])
        for portal, rows in located.items()
        for start in range(0, len(rows), _AT_ONCE)
    ]
    links: list[NewLink] = []
    console = Console(stderr=True)
    for portal, rows in track(
        portions, "Looking people up", console=console, disable=not console.is_terminal
    ):
        people = await _look_up(portal, rows, bridge)
        for row in rows:
            person = people.get(row.user_id)
            if person is None:
                bad.append(BadRow(row.line, f"nobody in Bitrix24 has the number {row.user_id}"))
            elif not person.is_active:
                bad.append(BadRow(row.line, f"{person.label} (#{row.user_id}) is dismissed"))
            else:
                links.append(NewLink(row.identity, Located(portal, person), row.handle))
    return links


async def _look_up(
    portal: PortalId, rows: Sequence[Row], bridge: Bridge
) -> dict[BitrixUserId, Recipient]:
    try:
        found = await bridge.serving.served[portal].find_people([row.user_id for row in rows], ())
    except PortalError as error:
        raise BridgeError(
            f"Nothing is imported: Bitrix24 could not be asked who that is ({error.code})."
        ) from None
    return {person.user_id: person for person in found}


async def _leave_out_known(links: Sequence[NewLink], bridge: Bridge) -> list[NewLink]:
    known = {
        (link.identity, link.portal, link.recipient.user_id): link.handle
        for link in await bridge.stores.links.list_all()
    }
    new: list[NewLink] = []
    for link in links:
        person = link.person
        handle = known.get((link.identity, person.portal, person.recipient.user_id))
        if handle is None or link.handle not in {"", handle}:
            new.append(link)
    return new


def _report(
    new: Sequence[NewLink], unchanged: int, bad: Sequence[BadRow], *, is_done: bool
) -> None:
    done = "linked" if is_done else "to be linked"
    typer.echo(f"Rows: {len(new)} {done}, {unchanged} as before, {len(bad)} bad.")
    if not is_done:
        typer.echo("Nothing has been changed.")
