"""``b24bridge people sync``: links a whole workspace by verified e-mail addresses."""

from __future__ import annotations

from collections import Counter
from enum import StrEnum
from typing import TYPE_CHECKING, Final

import typer
from msgspec import Struct
from rich.console import Console
from rich.progress import Progress

from adapters.cli.chats import make_chats
from adapters.cli.identities import ourselves
from adapters.cli.logs import set_up_logging
from adapters.cli.people import name_recipient
from adapters.cli.wiring import open_bridge
from bridge.clock import SteadyClock
from bridge.errors import BridgeError, ChatError, PortalError
from bridge.people.accounts import Accounts
from bridge.people.identity import Platform
from bridge.people.linking import NewLink, Proof
from bridge.people.lookups import Lookups
from bridge.settings import load_settings

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from adapters.cli.wiring import Bridge
    from bridge.people.identity import Identity, Located
    from bridge.people.member import Member
    from bridge.ports import Members

_AT_ONCE: Final = 50
"""So many addresses are looked up with one request."""


class Result(StrEnum):
    """What becomes of a member."""

    LINKED = "linked"
    TO_BE_LINKED = "to be linked"
    ALREADY = "linked before"
    ENDED = "link was ended"
    NO_EMAIL = "has no address"
    UNKNOWN = "address is nobody's"
    SEVERAL = "address is several people's"
    NOT_FULL = "is no full member"


class _Shown(Struct, frozen=True, kw_only=True):
    """A member and what becomes of them."""

    identity: str
    handle: str
    name: str
    result: Result
    bitrix24: str


async def sync_people(platform: Platform, workspace: str, *, dry_run: bool, as_json: bool) -> None:
    """Link everybody whose address proves who they are, or show who that would be."""
    settings = load_settings(needs_portal=True)
    set_up_logging("WARNING", settings.secrets)
    chat = make_chats(settings, SteadyClock()).get(platform)
    if chat is None or chat.members is None:
        raise BridgeError(f"{platform.capitalize()} is not set up, or tells no addresses.")
    console = Console(stderr=True)
    async with open_bridge(settings) as bridge:
        with Progress(console=console, disable=not console.is_terminal) as progress:
            try:
                sync = _Sync(bridge, progress)
                shown = await sync.run(chat.members, workspace, dry_run=dry_run)
            except ChatError as error:
                raise BridgeError(f"Nothing is linked: {error}.") from None
            except PortalError as error:
                raise BridgeError(
                    f"Nothing is linked: Bitrix24 could not be asked ({error.code})."
                ) from None
    _report(shown, as_json=as_json)
    if dry_run:
        typer.echo("Nothing has been changed.", err=True)


class _Sync:
    """Goes through a workspace.

    Args:
        bridge: with the portals and the links.
        progress: shows how far it is.
    """

    def __init__(self, bridge: Bridge, progress: Progress) -> None:
        self._accounts = Accounts(Lookups(bridge.serving.served, bridge.stores.clock))
        self._links = bridge.stores.links
        self._progress = progress

    async def run(self, members: Members, workspace: str, *, dry_run: bool) -> Sequence[_Shown]:
        """Link everybody whose address proves who they are, unless it is a dry run."""
        everybody = await self._list_members(members, workspace)
        linked = {link.identity for link in await self._links.list_all()}
        results = {member.identity: await self._judge(member, linked) for member in everybody}
        open_members = [one for one in everybody if results[one.identity] is Result.UNKNOWN]
        found = await self._look_up([member.email for member in open_members])
        new: list[NewLink] = []
        for member in open_members:
            people = found[member.email]
            if len(people) == 1:
                new.append(NewLink(member.identity, people[0], member.handle))
                results[member.identity] = Result.TO_BE_LINKED if dry_run else Result.LINKED
            elif people:
                results[member.identity] = Result.SEVERAL
        if not dry_run:
            await self._links.link_all(new, proof=Proof.EMAIL, changed_by=str(ourselves()))
        persons = {link.identity: name_recipient(link.person.recipient) for link in new}
        return [
            _Shown(
                identity=str(member.identity),
                handle=member.handle,
                name=member.display_name,
                result=results[member.identity],
                bitrix24=persons.get(member.identity, ""),
            )
            for member in everybody
        ]

    async def _list_members(self, members: Members, workspace: str) -> list[Member]:
        task = self._progress.add_task("Reading members", total=None)
        everybody: list[Member] = []
        for one in [workspace] if workspace else await members.list_workspaces():
            async for member in members.list_all(one):
                everybody.append(member)
                self._progress.advance(task)
        self._progress.update(task, total=len(everybody))
        return everybody

    async def _judge(self, member: Member, linked: Collection[Identity]) -> Result:
        """Tell what becomes of a member; UNKNOWN while that is for the portal to say."""
        if not member.is_full:
            return Result.NOT_FULL
        if not member.email:
            return Result.NO_EMAIL
        if member.identity in linked:
            return Result.ALREADY
        was_linked = await self._links.was_ever_linked(member.identity)
        return Result.ENDED if was_linked else Result.UNKNOWN

    async def _look_up(self, addresses: Sequence[str]) -> dict[str, Sequence[Located]]:
        task = self._progress.add_task("Looking people up", total=len(addresses))
        found: dict[str, Sequence[Located]] = {}
        for start in range(0, len(addresses), _AT_ONCE):
            portion = addresses[start : start + _AT_ONCE]
            found |= await self._accounts.find_by_email(portion)
            self._progress.advance(task, len(portion))
        return found


def _report(shown: Sequence[_Shown], *, as_json: bool) -> None:
    from adapters.cli.tables import print_rows

    # Programs and those who left are many, and nobody waits for them.
    rows = [one for one in shown if as_json or one.result is not Result.NOT_FULL]
    print_rows(rows, as_json=as_json, empty="There is nobody in the workspace.")
    if not as_json:
        counts = Counter(one.result for one in shown)
        typer.echo(", ".join(f"{result}: {count}" for result, count in counts.items()))
