"""``b24bridge db``."""

from __future__ import annotations

import typer

from adapters.cli.stores import open_stores
from bridge.settings import load_settings


async def upgrade_database() -> None:
    """Bring the database up to date and say so."""
    async with open_stores(load_settings()):
        typer.echo("The database is up to date.")
