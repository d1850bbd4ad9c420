"""``b24bridge people …``: what can be typed; only Typer is imported here."""

from __future__ import annotations

from typing import Annotated

import typer

from adapters.cli.start import quick_imports
from bridge.people.identity import Platform

people = typer.Typer(help="Who is who: links between chat identities and Bitrix24 people.")

Who = Annotated[
    str,
    typer.Argument(
        metavar="IDENTITY",
        help="Like telegram:4242 or slack:T012/U345; b24bridge people list shows it.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only show what would be done.")]


@people.command("list")
def list_people(json: AsJson = False) -> None:
    """List everybody the bridge has seen, and whom they are linked to."""
    with quick_imports():
        from adapters.cli.people import list_people as work
        from adapters.cli.screen import run

    run(work("", as_json=json))


@people.command("find")
def find_people(
    text: Annotated[
        str, typer.Argument(metavar="TEXT", help="A part of a name or an identity, or like '#5'.")
    ],
    json: AsJson = False,
) -> None:
    """Find people by a part of their names, here or in Bitrix24."""
    with quick_imports():
        from adapters.cli.people import list_people as work
        from adapters.cli.screen import run

    run(work(text, as_json=json))


@people.command("link")
def link_person(
    identity: Who,
    recipient: Annotated[
        str, typer.Argument(metavar="RECIPIENT", help="Like '#5' or anna@corp.example.")
    ],
    handle: Annotated[str, typer.Option(help="The name others type, without @.")] = "",
    portal: Annotated[str, typer.Option(help="Its host; without it the default one.")] = "",
) -> None:
    """Link an identity to a Bitrix24 person."""
    with quick_imports():
        from adapters.cli.people import link_person as work
        from adapters.cli.screen import run

    run(work(identity, recipient, handle.removeprefix("@"), portal))


@people.command("unlink")
def unlink_person(identity: Who) -> None:
    """End the link of an identity."""
    with quick_imports():
        from adapters.cli.people import unlink_person as work
        from adapters.cli.screen import run

    run(work(identity))


@people.command("history")
def show_history(
    who: Annotated[
        str, typer.Argument(metavar="[WHO]", help="An identity, or somebody's number, like '#5'.")
    ] = "",
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many at most.")] = 50,
    json: AsJson = False,
) -> None:
    """Show how links were made and ended, how they were proved, and by whom; latest first."""
    with quick_imports():
        from adapters.cli.people import show_history as work
        from adapters.cli.screen import run

    run(work(who, limit, as_json=json))


@people.command("import")
def import_people(
    file: Annotated[str, typer.Argument(metavar="FILE", help="- reads standard input.")],
    strict: Annotated[
        bool, typer.Option("--strict", help="Import nothing if a row is bad.")
    ] = False,
    dry_run: DryRun = False,
) -> None:
    """Link people by CSV: platform, workspace, external_id, handle, portal, user_id.

    Bad rows are listed with their line numbers, the others imported; ends with 1 if a row is bad.
    """
    with quick_imports():
        from adapters.cli.people_import import import_people as work
        from adapters.cli.people_import import read_file
        from adapters.cli.screen import clear_failures, run

    with clear_failures():
        content = read_file(file)
    run(work(content, strict=strict, dry_run=dry_run))


@people.command("export")
def export_people() -> None:
    """Print all links as CSV, as `people import` reads it."""
    with quick_imports():
        from adapters.cli.people_import import export_people as work
        from adapters.cli.screen import run

    run(work())


@people.command("sync")
def sync_people(
    platform: Annotated[Platform, typer.Option(help="Where they write: slack.")],
    workspace: Annotated[str, typer.Option(help="Its id; all the bot is in, if none.")] = "",
    dry_run: DryRun = False,
    json: AsJson = False,
) -> None:
    """Link all in a workspace whose verified e-mail address is that of one active person.

    Who is linked already, or whose link was ended, stays as they are.
    """
    with quick_imports():
        from adapters.cli.people_sync import sync_people as work
        from adapters.cli.screen import run

    run(work(platform, workspace, dry_run=dry_run, as_json=json))
