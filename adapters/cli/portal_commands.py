"""``b24bridge portals …`` and ``secret-key``: what can be typed; only Typer is imported here."""

from __future__ import annotations

from typing import Annotated

import typer

from adapters.cli.start import quick_imports

portals = typer.Typer(help="Bitrix24 accounts: which there are, and how they are.")

Portal = Annotated[
    str, typer.Argument(metavar="PORTAL", help="Its host, as `b24bridge portals list` shows it.")
]


@portals.command("list")
def list_portals(
    json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """List all portals: what waits for them, and what an administrator must do."""
    with quick_imports():
        from adapters.cli.portals import list_portals as work
        from adapters.cli.screen import run

    run(work(as_json=json))


@portals.command("add")
def add_portal() -> None:
    """Add a portal by its incoming webhook, read from standard input or asked for."""
    with quick_imports():
        from adapters.cli.portals import add_portal as work
        from adapters.cli.portals import read_address
        from adapters.cli.screen import clear_failures, run

    with clear_failures():
        address = read_address()
    run(work(address))


@portals.command("check")
def check_portals(
    portal: Annotated[str, typer.Argument(metavar="[PORTAL]", help="All, if none is named.")] = "",
) -> None:
    """Ask portals whether they take us, and say what is missing; ends with 1 unless all is well."""
    with quick_imports():
        from adapters.cli.portal_check import check_portals as work
        from adapters.cli.screen import run

    run(work(portal))


@portals.command("hold")
def hold_portal(portal: Portal) -> None:
    """Send nothing to a portal until it is released; what comes is kept."""
    with quick_imports():
        from adapters.cli.portals import hold_portal as work
        from adapters.cli.screen import run

    run(work(portal))


@portals.command("release")
def release_portal(portal: Portal) -> None:
    """End the hold or pause of a portal."""
    with quick_imports():
        from adapters.cli.portals import release_portal as work
        from adapters.cli.screen import run

    run(work(portal))


@portals.command("default")
def choose_default(portal: Portal) -> None:
    """Choose where numbers and e-mail addresses are looked up for people without a link."""
    with quick_imports():
        from adapters.cli.portals import make_default as work
        from adapters.cli.screen import run

    run(work(portal))


@portals.command("remove")
def remove_portal(
    portal: Portal,
    move_to: Annotated[
        str, typer.Option(help="The same portal's new host: what waits, links and groups go there.")
    ] = "",
) -> None:
    """Forget a portal's credential; what waits for it is held, or goes to its new host."""
    with quick_imports():
        from adapters.cli.portals import remove_portal as work
        from adapters.cli.screen import run

    run(work(portal, move_to))


def print_secret_key() -> None:
    """Print a new key for B24BRIDGE_SECRET_KEY."""
    with quick_imports():
        from adapters.cli.stores import make_key

    typer.echo(make_key())
