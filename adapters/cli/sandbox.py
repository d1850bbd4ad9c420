"""``b24bridge sandbox``: a Bitrix24 portal on this machine."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

import typer

from adapters.cli.logs import set_up_logging
from adapters.cli.signals import stop_signals
from adapters.sandbox.bucket import LeakyBucket
from adapters.sandbox.portal import SandboxPortal
from adapters.sandbox.server import serve
from bridge.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence

_INSTALL_PATH = "/bitrix24/install"


def make_portal(
    *,
    limit: bool,
    tags: Literal["documented", "coded"],
    latency_ms: int,
    call_ms: int,
    switched_off: Sequence[int],
) -> SandboxPortal:
    """Make a portal as the options of the command want it."""
    portal = SandboxPortal(bucket=LeakyBucket() if limit else None, tags=tags)
    portal.request_seconds, portal.call_seconds = latency_ms / 1000, call_ms / 1000
    portal.switched_off.update(switched_off)
    return portal


async def run_sandbox(listen: str, portal: SandboxPortal, bridge: str) -> None:
    """Serve a portal and its page until SIGTERM or SIGINT.

    Args:
        listen: ``host:port``.
        portal: the portal.
        bridge: the address of a bridge whose application can be installed; empty without one.

    Raises:
        ConfigError: one of the addresses cannot be used.
    """
    set_up_logging("INFO")
    # Bridges tell portals apart by it; it stays the same for whoever starts the sandbox again.
    portal.member_id = sha256(listen.encode()).hexdigest()[:32]
    install_url = _install_url(bridge) if bridge else ""
    async with serve(listen, portal, install_url=install_url) as url:
        typer.echo(f"The sandbox portal's bells:  {url}/")
        typer.echo(f"Its incoming webhook:        {webhook_of(url, portal)}")
        if install_url:
            _show_application(url, portal)
        with stop_signals() as stops:
            await stops.asked.wait()


def webhook_of(url: str, portal: SandboxPortal) -> str:
    """Tell the address of a sandbox's incoming webhook, as a portal would show it."""
    return f"{url}/rest/1/{portal.webhook_code}/"


def _install_url(bridge: str) -> str:
    parts = urlsplit(bridge)
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        raise ConfigError([f"--bridge {bridge}: an address looks like http://127.0.0.1:8080"])
    return bridge if parts.path.strip("/") else bridge.rstrip("/") + _INSTALL_PATH


def _show_application(url: str, portal: SandboxPortal) -> None:
    application = portal.application
    typer.echo("The bridge's settings:")
    typer.echo(f"  B24BRIDGE_BITRIX24_CLIENT_ID={application.client_id}")
    typer.echo(f"  B24BRIDGE_BITRIX24_CLIENT_SECRET={application.client_secret}")
    typer.echo(f"  B24BRIDGE_BITRIX24_OAUTH_URL={url}")
    typer.echo(f"When it runs, install it:    curl -X POST {url}/sandbox/install")
