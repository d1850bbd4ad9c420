"""``b24bridge sandbox``: a Bitrix24 portal on this machine."""

from __future__ import annotations

import typer

from adapters.cli.logs import set_up_logging
from adapters.cli.signals import stop_signals
from adapters.sandbox.bucket import LeakyBucket
from adapters.sandbox.portal import SandboxPortal
from adapters.sandbox.server import serve


async def run_sandbox(listen: str, *, limit: bool) -> None:
    """Serve the portal and its page until SIGTERM or SIGINT."""
    set_up_logging("INFO")
    portal = SandboxPortal(bucket=LeakyBucket() if limit else None)
    async with serve(listen, portal, None) as url:
        typer.echo(f"The sandbox portal's bells:  {url}/")
        typer.echo(f"Its incoming webhook:        {webhook_of(url, portal)}")
        with stop_signals() as stops:
            await stops.wait()


def webhook_of(url: str, portal: SandboxPortal) -> str:
    """Tell the address of a sandbox's incoming webhook, as a portal would show it."""
    return f"{url}/rest/1/{portal.webhook_code}/"
