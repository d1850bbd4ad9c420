"""``b24bridge deliveries``: what is on its way, and what became of the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.cli.tables import print_rows
from adapters.cli.wiring import open_stores
from bridge.settings import load_settings

if TYPE_CHECKING:
    from bridge.delivery.state import State


async def list_deliveries(state: State | None, limit: int, *, as_json: bool) -> None:
    """Print the latest deliveries, newest first."""
    async with open_stores(load_settings()) as stores:
        rows = await stores.outbox.list_recent(limit, state)
    print_rows(rows, as_json=as_json, empty="Nothing has been sent yet.")
