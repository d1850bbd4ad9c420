"""The command ``b24bridge``: what can be typed, and where the work of each command is.

Only Typer is imported here. The work is imported when its command runs, so that ``--help`` and
``convert`` start at once.
"""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from adapters.cli.access_commands import access
from adapters.cli.delivery_commands import deliveries
from adapters.cli.nodes import NodeRole
from adapters.cli.people_commands import people
from adapters.cli.portal_commands import portals, print_secret_key
from adapters.cli.start import quick_imports
from bridge.markup.dialects import Source, Target

LISTEN = "127.0.0.1:8024"

app = typer.Typer(
    name="b24bridge",
    help="Notify colleagues in Bitrix24 from Slack and Telegram.",
    epilog="Try it without any account: b24bridge demo",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
db = typer.Typer(help="Keep the database up to date.")
groups = {
    "portals": portals,
    "people": people,
    "access": access,
    "deliveries": deliveries,
    "db": db,
}
for name, group in groups.items():
    group.info.no_args_is_help = True
    app.add_typer(group, name=name)
app.command("secret-key")(print_secret_key)


def _show_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"b24bridge {version('b24bridge')}")
        raise typer.Exit


@app.callback()
def _main(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    pass


@app.command()
def demo(
    once: Annotated[
        str | None,
        typer.Option(
            metavar="COMMAND",
            help="Carry out one command, like '/b24notify @anna **hi**', print what the person "
            "was told and what the recipient sees, and end.",
        ),
    ] = None,
    listen: Annotated[str, typer.Option(help="Host and port of the page.")] = LISTEN,
) -> None:
    """Try everything on this machine: a sandbox portal, a bridge and a page with a chat."""
    with quick_imports():
        from adapters.cli.demo import run_demo, run_once
        from adapters.cli.screen import run

    run(run_demo(listen) if once is None else run_once(once))


@app.command(name="run")
def run_bridge(
    role: Annotated[
        NodeRole,
        typer.Option(help="With several machines on one PostgreSQL: what this one does."),
    ] = NodeRole.ALL,
) -> None:
    """Run the bridge with the chats and the portal of your settings (B24BRIDGE_…, .env)."""
    with quick_imports():
        from adapters.cli.run import run_bridge as work
        from adapters.cli.screen import run

    run(work(role))


@app.command()
def sandbox(  # noqa: PLR0913, PLR0917 - an argument for each option
    listen: Annotated[str, typer.Option(help="Host and port of the portal and its page.")] = LISTEN,
    limit: Annotated[
        bool, typer.Option(help="Refuse requests as the cloud does: 50 at once, 2 a second.")
    ] = True,
    tags: Annotated[
        Literal["documented", "coded"],
        typer.Option(help="What a tag replaces: as documented, or as the published code does it."),
    ] = "documented",
    latency_ms: Annotated[int, typer.Option(min=0, help="How long each request takes.")] = 0,
    call_ms: Annotated[
        int, typer.Option(min=0, help="How long each call takes besides, alone or in a batch.")
    ] = 0,
    switched_off: Annotated[
        list[int] | None,
        typer.Option(metavar="USER_ID", help="Who takes no notifications; may be repeated."),
    ] = None,
    bridge: Annotated[
        str,
        typer.Option(
            metavar="URL",
            help="A bridge, like http://127.0.0.1:8080, whose application is to be played with: "
            "POST to /sandbox/install, /sandbox/expire (its tokens) and /sandbox/uninstall, or "
            "use the page.",
        ),
    ] = "",
) -> None:
    """Run a Bitrix24 portal on this machine, with a page that shows its bells."""
    with quick_imports():
        from adapters.cli.sandbox import make_portal, run_sandbox
        from adapters.cli.screen import run

    portal = make_portal(
        limit=limit,
        tags=tags,
        latency_ms=latency_ms,
        call_ms=call_ms,
        switched_off=switched_off or (),
    )
    run(run_sandbox(listen, portal, bridge))


@app.command()
def convert(
    source: Annotated[Source, typer.Option("--from", help="What is read.")] = Source.MARKDOWN,
    target: Annotated[Target, typer.Option("--to", help="What is written.")] = Target.BB,
    jsonl: Annotated[
        bool,
        typer.Option(
            help='Read a message in JSON on each line: {"text"}, for telegram with "entities", for '
            'slack-blocks {"blocks"}. Write {"bb", "plain", "attach"} for each, or {"error"}.'
        ),
    ] = False,
) -> None:
    """Convert a message from standard input to what Bitrix24 shows."""
    with quick_imports():
        from adapters.cli.convert import convert_input

    convert_input(source, target, jsonl=jsonl)


@app.command()
def notify(  # noqa: PLR0913, PLR0917 - an argument for each option
    recipients: Annotated[
        str, typer.Argument(metavar="RECIPIENTS", help="Like '#5' or '#5, boris@corp.example'.")
    ],
    text: Annotated[
        str, typer.Argument(metavar="TEXT", help="Markdown; - reads it from standard input.")
    ],
    tag: Annotated[str, typer.Option(help="Replaces the notification with the same tag.")] = "",
    sub_tag: Annotated[str, typer.Option(help="A second tag, which replaces nothing.")] = "",
    mail: Annotated[str, typer.Option(help="Another text for the e-mail.")] = "",
    system: Annotated[bool, typer.Option("--system", help="In the name of Bitrix24.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only show what would be sent.")
    ] = False,
) -> None:
    """Notify colleagues from this shell, and wait for the outcome."""
    with quick_imports():
        from adapters.cli.notify import notify as work
        from adapters.cli.notify import read_text
        from adapters.cli.screen import clear_failures, run

    with clear_failures():
        whole = read_text(text)
    values = {"--tag": tag, "--sub-tag": sub_tag, "--mail": mail}
    options = {name: value for name, value in values.items() if value}
    flags = {"--system": system, "--dry-run": dry_run}
    run(work(recipients, whole, options | {name: "" for name, is_set in flags.items() if is_set}))


@db.command("upgrade")
def upgrade_database() -> None:
    """Bring the database up to date; starting the bridge does it, too."""
    with quick_imports():
        from adapters.cli.db import upgrade_database as work
        from adapters.cli.screen import run

    run(work())
