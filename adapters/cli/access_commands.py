"""``b24bridge access …``: what can be typed; only Typer is imported here."""

from __future__ import annotations

from typing import Annotated

import typer

from adapters.cli.start import quick_imports

access = typer.Typer(help="Who may send without a link, and who administers.")

Who = Annotated[
    str,
    typer.Argument(
        metavar="WHO",
        help="A person, like telegram:4242 or slack:T012/U345, or everybody in a workspace, like "
        "slack:T012 or telegram:-100123.",
    ),
]


@access.command("allow")
def allow(
    who: Who,
    administrator: Annotated[
        bool, typer.Option("--administrator", help="Let a person link others and change groups.")
    ] = False,
) -> None:
    """Let somebody send, or administer; a running bridge knows it within seconds."""
    with quick_imports():
        from adapters.cli.access import allow as work
        from adapters.cli.screen import run

    run(work(who, is_administrator=administrator))


@access.command("deny")
def deny(
    who: Who,
    administrator: Annotated[
        bool, typer.Option("--administrator", help="End only that they administer.")
    ] = False,
) -> None:
    """End what was allowed; a link, or what the settings allow, stays."""
    with quick_imports():
        from adapters.cli.access import deny as work
        from adapters.cli.screen import run

    run(work(who, is_administrator=administrator))


@access.command("list")
def list_access(
    json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """List everything that is allowed besides links, by the settings, too."""
    with quick_imports():
        from adapters.cli.access import list_access as work
        from adapters.cli.screen import run

    run(work(as_json=json))
