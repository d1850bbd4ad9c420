"""A process that stores commands and says so after each one, until it is killed."""

from __future__ import annotations

import asyncio
import sys

from storage.database import Database
from storage.inbox import SqlInbox
from tests.contract.stores import make_sender
from tests.fakes.incoming import make_incoming


async def main(url: str) -> None:
    database = Database(url)
    await database.open()
    inbox = SqlInbox(database)

    async def store_for_ever() -> None:
        while True:
            incoming = make_incoming("hello", sender=make_sender())
            await inbox.store(incoming)
            sys.stdout.write(f"{incoming.event_id}\n")
            sys.stdout.flush()

    await asyncio.gather(*(store_for_ever() for _ in range(4)))


asyncio.run(main(sys.argv[1]))
