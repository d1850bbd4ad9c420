"""Where chaos takes place: two portals, two chats, a database, and machines that run the bridge.

All but the bridge is in the test's own process, and outlives its kills.
"""

from __future__ import annotations

import asyncio
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

import aiohttp
import msgspec
from sqlmodel import col, func, or_, select

from adapters.sandbox.installing import install
from storage.deliveries import DeliveryRecord
from storage.tables import CommandRow, DeliveryRow, PortalRow
from tests.chaos.evidence import Bell, Evidence, Row, Taken
from tests.chaos.typists import number_in

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sqlmodel.sql.expression import SelectOfScalar

    from adapters.sandbox.portal import SandboxPortal
    from storage.database import Database
    from tests.chaos.driver import Driver
    from tests.chaos.nodes import Node
    from tests.chaos.troubles import Troubles

B24BRIDGE: Final = str(Path(sys.executable).with_name("b24bridge"))
_LOOK_SECONDS: Final = 0.2
_RELEASE_SECONDS: Final = 1.0
_INSTALL_SECONDS: Final = 3.0
_MOST: Final = 10_000


class Stage:
    """A bridge under chaos; made by ``open_stage``.

    Attributes:
        nodes: where it runs.
        driver: has people type.
        troubles: what goes wrong in the portals.
        tagged: the portal of an application, which honours tags.
        tagless: the portal of a webhook, which ignores them.
    """

    def __init__(
        self, database: Database, driver: Driver, troubles: Troubles, settings: Mapping[str, str]
    ) -> None:
        self.nodes: list[Node] = []
        self.driver = driver
        self.troubles = troubles
        self.tagged, self.tagless = troubles.portals
        self._database = database
        self._settings = settings

    async def administer(self) -> None:
        """Do what an administrator does about portals on hold, until cancelled.

        A machine that is killed after it was given new tokens, and before it has kept them, leaves
        the application to be installed again.
        """
        held = select(PortalRow.name, PortalRow.hold_code).where(col(PortalRow.hold_code) != "")
        while True:
            for name, code in await self._database.read(lambda one: one.exec(held).all()):
                if code == "INVALID_GRANT":
                    await self._install_again()
                else:
                    await run(self._settings, "portals", "release", name)
            await asyncio.sleep(_RELEASE_SECONDS)

    async def _install_again(self) -> None:
        for node in self.nodes:
            with suppress(OSError, aiohttp.ClientError, TimeoutError):
                async with asyncio.timeout(_INSTALL_SECONDS):
                    await install(self.tagged, install_url(node))
                return

    async def until_settled(self) -> None:
        """Wait until everything is delivered, carried out, sent for good, and told."""
        await self.driver.until_delivered()
        waiting = select(func.count()).where(col(DeliveryRow.finished_at).is_(None))
        while await self._count_untold() or await self._count(waiting):
            await asyncio.sleep(_LOOK_SECONDS)

    async def until_told(self) -> None:
        """Wait until everything is delivered and carried out, and everybody told how it stands."""
        await self.driver.until_delivered()
        while await self._count_untold():
            await asyncio.sleep(_LOOK_SECONDS)

    async def collect(self) -> Evidence:
        """Collect what is left behind; nothing should run meanwhile."""
        texts = select(DeliveryRow.id, DeliveryRow.message)
        commands = await self._database.read(lambda session: session.exec(select(CommandRow)).all())
        messages = await self._database.read(lambda session: session.exec(texts).all())
        numbers = {delivery_id: number_in(message) for delivery_id, message in messages}
        records = await self._list_deliveries()
        return Evidence(
            commands=self.driver.commands,
            taken={number_in(str(row.incoming.typed)): _taken(row) for row in commands},
            rows=[_row(record, numbers[record.id]) for record in records],
            bells=[bell for portal in self.troubles.portals for bell in _bells(portal)],
            told=self.driver.read_told(),
            tagless=frozenset({self.tagless.domain}),
            has_stragglers=self.troubles.may_straggle,
        )

    async def _count_untold(self) -> int:
        ended = col(CommandRow.closed_at).is_not(None), col(CommandRow.answer_due_at).is_(None)
        knows = or_(
            col(CommandRow.told_at).is_not(None), col(CommandRow.told_waiting_at).is_not(None)
        )
        told = select(func.count()).where(*ended, knows)
        return await self._count(select(func.count(col(CommandRow.id)))) - await self._count(told)

    async def _count(self, query: SelectOfScalar[int]) -> int:
        return await self._database.read(lambda session: session.exec(query).one())

    async def _list_deliveries(self) -> list[DeliveryRecord]:
        out = await run(self._settings, "deliveries", "list", "--json", "--limit", str(_MOST))
        return [msgspec.json.decode(line, type=DeliveryRecord) for line in out.splitlines()]


def install_url(node: Node) -> str:
    """Tell where an application is installed through a machine."""
    return f"http://{node.settings['B24BRIDGE_HTTP_LISTEN']}/bitrix24/install"


async def run(settings: Mapping[str, str], *arguments: str, typed: str = "") -> bytes:
    """Run a command of the shell that must go well; returns what it printed."""
    process = await asyncio.create_subprocess_exec(
        B24BRIDGE,
        *arguments,
        cwd=settings["HOME"],
        env=settings,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate(typed.encode())
    assert process.returncode == 0, err.decode()
    return out


def _taken(row: CommandRow) -> Taken:
    return Taken(is_closed=row.closed_at is not None, is_untold=row.answer_due_at is not None)


def _row(record: DeliveryRecord, number: int) -> Row:
    return Row(
        command=number,
        recipient=record.user_id,
        state=record.state,
        is_possibly_doubled=record.is_possibly_doubled,
        next_try_at=record.next_try_at,
        hold=record.hold,
        finished_at=record.finished_at,
    )


def _bells(portal: SandboxPortal) -> Iterator[Bell]:
    for one in portal.ledger:
        yield Bell(
            portal=portal.domain,
            command=number_in(one.message),
            recipient=one.user_id,
            at=one.created_at,
            is_shown=portal.bells.fate(one) == "accepted",
        )
