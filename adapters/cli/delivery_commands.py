"""``b24bridge deliveries …``: what can be typed; only Typer is imported here."""

from __future__ import annotations

from typing import Annotated

import typer

from adapters.cli.start import quick_imports
from bridge.delivery.state import State

deliveries = typer.Typer(help="Notifications on their way and what became of them.")

Number = Annotated[
    int, typer.Argument(metavar="ID", help="As `b24bridge deliveries list` shows it.", min=1)
]


@deliveries.command("list")
def list_deliveries(  # noqa: PLR0913, PLR0917 - one for each option
    state: Annotated[State | None, typer.Option(help="Only those in this state.")] = None,
    portal: Annotated[str, typer.Option(help="Only those for this portal: its host.")] = "",
    since: Annotated[
        str, typer.Option(help="Only those queued since: 30m, 2h, 7d, or 2026-03-01T22:00.")
    ] = "",
    trace: Annotated[
        str, typer.Option(help="Only those of one command: what its sender was told to quote.")
    ] = "",
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many at most.")] = 50,
    json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """List deliveries, the latest first, with the time of the next try."""
    with quick_imports():
        from adapters.cli.deliveries import list_deliveries as work
        from adapters.cli.screen import clear_failures, run
        from adapters.cli.since import read_since
        from adapters.cli.stores import Filter

    with clear_failures():
        start = read_since(since) if since else None
    which = Filter(state=state, since=start, trace=trace)
    run(work(which, portal, limit, as_json=json))


@deliveries.command("show")
def show_delivery(
    number: Number,
    text: Annotated[
        bool, typer.Option("--text", help="Also the text, which is its people's own.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="As one JSON object.")] = False,
) -> None:
    """Show one delivery and all that has happened to it."""
    with quick_imports():
        from adapters.cli.deliveries import show_delivery as work
        from adapters.cli.screen import run

    run(work(number, with_text=text, as_json=json))


@deliveries.command("retry")
def retry_deliveries(
    number: Annotated[
        int | None,
        typer.Argument(metavar="[ID]", help="One that is dead or has failed.", min=1),
    ] = None,
    all_dead: Annotated[bool, typer.Option("--all-dead", help="All that were given up.")] = False,
) -> None:
    """Queue what was given up again, as if it were new; who sent it is told what comes of it."""
    with quick_imports():
        from adapters.cli.deliveries import retry_all_dead, retry_delivery
        from adapters.cli.screen import run

    if (number is None) is not all_dead:
        raise typer.BadParameter("name one by its ID, or all with --all-dead")
    run(retry_all_dead() if number is None else retry_delivery(number))


@deliveries.command("cancel")
def cancel_delivery(number: Number) -> None:
    """Give up one that waits, or that was kept because it is dead."""
    with quick_imports():
        from adapters.cli.deliveries import cancel_delivery as work
        from adapters.cli.screen import run

    run(work(number))
