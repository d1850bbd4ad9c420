"""``b24bridge access``: what administrators allow besides links."""

from __future__ import annotations

import getpass
from typing import TYPE_CHECKING

import typer

from adapters.cli.stores import Allowed, open_stores
from bridge.errors import BridgeError
from bridge.people.identity import Identity, Platform
from bridge.people.permissions import Role, Rule
from bridge.settings import PREFIX, load_settings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from adapters.cli.stores import Stores
    from bridge.settings import Settings


async def allow(who: str, *, is_administrator: bool) -> None:
    """Let somebody send, or administer."""
    rule = _parse(who, Role.ADMINISTRATOR if is_administrator else Role.SENDER)
    async with open_stores(load_settings()) as stores:
        is_new = await stores.access.allow(rule, f"{Platform.CONSOLE}:{getpass.getuser()}")
    when = "now" if is_new else "already"
    typer.echo(f"{_name(rule, 'Everybody')} may {when} {_tell(rule)}.")


async def deny(who: str, *, is_administrator: bool) -> None:
    """End what was allowed; ends with 1 if nothing was, and tells what still allows it."""
    roles = [Role.ADMINISTRATOR] if is_administrator else _list_roles(who)
    rules = [_parse(who, role) for role in roles]
    settings = load_settings()
    async with open_stores(settings) as stores:
        ended = [rule for rule in rules if await stores.access.deny(rule)]
        reasons = [reason async for reason in _list_reasons(rules, stores, settings)]
    still = "".join(f"\n{reason}" for reason in reasons)
    if not ended:
        raise BridgeError(f"No rule here allows {_name(rules[0])} anything.{still}")
    for rule in ended:
        typer.echo(f"No rule allows {_name(rule)} to {_tell(rule)} any more.")
    if still:
        typer.echo(still.lstrip())


async def list_access(*, as_json: bool) -> None:
    """Print what is allowed, by the database and by the settings."""
    settings = load_settings()
    async with open_stores(settings) as stores:
        rows = await stores.access.list_allowed()
    from adapters.cli.tables import print_rows

    by_settings = [
        Allowed(who=str(rule), role=rule.role, allowed_by=f"{PREFIX}{name.upper()}")
        for name, rule in _list_settings(settings)
    ]
    if settings.slack_admins:
        by_settings.append(
            Allowed(
                who=f"{Platform.SLACK}: its administrators",
                role=Role.ADMINISTRATOR,
                allowed_by=f"{PREFIX}SLACK_ADMINS",
            )
        )
    empty = "Only linked people may send; nobody administers."
    print_rows([*rows, *by_settings], as_json=as_json, empty=empty)


async def _list_reasons(
    rules: list[Rule], stores: Stores, settings: Settings
) -> AsyncIterator[str]:
    """List what allows the same all the same."""
    for name, rule in _list_settings(settings):
        if rule in rules:
            yield f"{PREFIX}{name.upper()} still allows {_name(rule)} to {_tell(rule)}."
    person = rules[-1]
    may_administer = Role.ADMINISTRATOR in {rule.role for rule in rules}
    if settings.slack_admins and may_administer and person.platform is Platform.SLACK:
        yield f"{PREFIX}SLACK_ADMINS still allows the Slack team's administrators to administer."
    if Role.SENDER in {rule.role for rule in rules} and person.external_id:
        identity = Identity(person.platform, person.workspace, person.external_id)
        if link := await stores.people.find_link(identity):
            way = f"b24bridge people unlink {identity}"
            yield f"They are still linked to {link.recipient.label}, and so may send: {way}"


def _list_settings(settings: Settings) -> Iterator[tuple[str, Rule]]:
    for chat in sorted(settings.telegram_chats):
        yield "telegram_chats", Rule(Role.SENDER, Platform.TELEGRAM, str(chat))
    for team in sorted(settings.slack_workspaces):
        yield "slack_workspaces", Rule(Role.SENDER, Platform.SLACK, team)
    for identity in sorted(settings.administrators):
        yield "administrators", Rule.parse(identity, Role.ADMINISTRATOR)


def _list_roles(who: str) -> list[Role]:
    is_person = bool(_parse(who, Role.SENDER).external_id)
    return [Role.ADMINISTRATOR, Role.SENDER] if is_person else [Role.SENDER]


def _parse(who: str, role: Role) -> Rule:
    try:
        return Rule.parse(who, role)
    except ValueError as error:
        raise BridgeError(f"{who}: {error}.") from None


def _name(rule: Rule, everybody: str = "everybody") -> str:
    return str(rule) if rule.external_id else f"{everybody} in {rule}"


def _tell(rule: Rule) -> str:
    return "administer" if rule.role is Role.ADMINISTRATOR else "send"
