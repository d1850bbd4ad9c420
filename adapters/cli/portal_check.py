"""``b24bridge portals check``: does a portal take us, and for what."""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Final

import typer

from adapters.cli.clients import open_clients
from adapters.cli.logs import set_up_logging
from adapters.cli.portal_words import what_to_do
from adapters.cli.portals import find_portal, list_of_interest
from adapters.cli.stores import open_stores
from bridge.delivery.hold_news import NOT_CONNECTED
from bridge.errors import ConfigError, PortalError
from bridge.settings import load_settings

if TYPE_CHECKING:
    from collections.abc import Collection

    from adapters.cli.clients import Clients
    from adapters.cli.stores import PortalRecord

_NEEDED: Final = (frozenset({"im"}), frozenset({"user", "user_basic"}))
"""Of each set one permission is needed."""


async def check_portals(named: str) -> None:
    """Print how each portal takes us; ends with 1 unless all is well."""
    settings = load_settings()
    set_up_logging("ERROR", settings.secrets)
    async with open_stores(settings) as stores, open_clients(settings, stores) as clients:
        known = [await find_portal(stores, named)] if named else await list_of_interest(stores)
        problems = [await _find_problem(record, clients) for record in known]
    for record, problem in zip(known, problems, strict=True):
        typer.echo(f"{_name(record)}: {problem or 'all is well'}")
    if not problems:
        typer.echo("There is no portal.")
    if any(problems) or not problems:
        raise typer.Exit(1)


def _name(record: PortalRecord) -> str:
    """Name a portal; that of an application by its key, too, for a webhook may have its host."""
    return record.name if record.key == record.name else f"{record.name} ({record.key})"


async def _find_problem(record: PortalRecord, clients: Clients) -> str:
    if not clients.can_reach(record):
        code = record.status.hold_code or NOT_CONNECTED
        return f"{code}: {what_to_do(code, record.name)}"
    async with AsyncExitStack() as stack:
        try:
            portal = await clients.open(record, stack)
            await portal.check()
            scopes = await portal.asking.scopes()
        except PortalError as error:
            return f"{error}: {what_to_do(error.code, record.name)}"
        except ConfigError as error:
            return str(error)
    missing = _find_missing(scopes) if scopes is not None else ""
    if missing:
        return f"permissions are missing: {missing}"
    code = record.status.hold_code
    return f"answers, but is on hold ({code}): {what_to_do(code, record.name)}" if code else ""


def _find_missing(scopes: Collection[str]) -> str:
    missing = [needed for needed in _NEEDED if not needed.intersection(scopes)]
    return ", ".join(" or ".join(sorted(needed)) for needed in missing)
