"""A drain between a portal and stores that a test can look into."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridge.commands.decided import Decided
from bridge.delivery.drain import Drain
from bridge.delivery.lane import Lane
from bridge.delivery.meter import UNMEASURED
from bridge.delivery.notification import Notification
from bridge.errors import StorageError
from bridge.people.identity import Identity, Platform, PortalId, Recipient, Sender
from tests.fakes.clock import FakeClock
from tests.fakes.incoming import make_incoming
from tests.fakes.portal import FakePortal
from tests.fakes.stores import MemoryStores

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bridge.delivery.meter import PortalMeter
    from bridge.delivery.notification import Verdict
    from tests.fakes.rows import DeliveryRow

PORTAL = PortalId(1)


class Scene:
    """A drain with a portal and stores that a test can look into."""

    def __init__(
        self,
        request_size: int = 50,
        requests: int = 4,
        meter: PortalMeter = UNMEASURED,
        *,
        is_alone: bool = False,
    ) -> None:
        self.clock = FakeClock()
        self.stores = MemoryStores(self.clock)
        self.portal = FakePortal(request_size=request_size)
        self.progress: list[int] = []
        self.drain = Drain(
            PORTAL,
            self.portal,
            outbox=self.stores.outbox,
            portals=self.stores.portals,
            clock=self.clock,
            requests=requests,
            chance=lambda: 0.0,
            meter=meter,
            is_alone=is_alone,
        )

    async def queue(
        self, *recipients: Recipient, lane: Lane = Lane.NORMAL, message: str = "m"
    ) -> None:
        # Each of somebody else: nobody overtakes their own.
        identity = Identity(Platform.TELEGRAM, "", str(len(self.stores.commands)))
        await self.stores.inbox.store(make_incoming("/b24notify", sender=Sender(identity)))
        notifications = [
            Notification(
                recipient=recipient, message=message, message_out="m", tag=f"t{number}", lane=lane
            )
            for number, recipient in enumerate(recipients, len(self.stores.deliveries))
        ]
        await self.stores.inbox.close(
            len(self.stores.commands), Decided(reply=None, notifications={PORTAL: notifications})
        )

    def fill_disk_once(self) -> None:
        """Have the first outcomes not be written down."""
        record = self.stores.outbox.record
        failures = iter([StorageError("disk full")])

        async def fail_at_first(verdicts: Sequence[Verdict]) -> None:
            for failure in failures:
                raise failure
            await record(verdicts)

        self.stores.outbox.record = fail_at_first  # type: ignore[method-assign]

    async def run(self) -> float | None:
        """Drain; returns in how many seconds to drain again."""
        at = await self.drain.run(self.progress.append, go_on=lambda: True)
        return (at - self.clock.now()).total_seconds() if at else None

    def rows(self) -> list[DeliveryRow]:
        return list(self.stores.deliveries.values())

    def tags_sent(self) -> list[str]:
        return [notification.tag for sent in self.portal.sent for notification in sent]
