"""What ``/metrics`` tells, in Prometheus' format.

Source: https://prometheus.io/docs/instrumenting/exposition_formats/
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final

from msgspec import Struct
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)

from bridge.delivery.lane import Lane
from bridge.delivery.queue import Queue
from bridge.delivery.state import State
from bridge.incoming import Backlog

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bridge.delivery.notification import Verdict
    from bridge.people.identity import Platform

CONTENT_TYPE: Final = CONTENT_TYPE_LATEST

_MOST_CODES: Final = 100
"""Portals invent error codes; so many have a series of their own."""
_OTHER_CODES: Final = "OTHER"
_SHARED: Final = "All machines that share a database tell the same: take the maximum."
_WAIT_BUCKETS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3600)
_CALL_BUCKETS: Final = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 75)


class Moment(Struct, frozen=True, kw_only=True):
    """What is looked up whenever somebody asks.

    Attributes:
        now: the time.
        commands: those that are not carried out yet.
        queues: what waits.
        holds: by the host of each portal, whether it is on hold.
        levels: by the host of each portal, how full its bucket is, in requests.
        chats: by its platform, whether each chat is connected.
    """

    now: datetime
    commands: Backlog
    queues: Sequence[Queue]
    holds: Mapping[str, bool]
    levels: Mapping[str, float]
    chats: Mapping[str, bool]


class Metrics:
    """Implements ``bridge.delivery.meter.Meter``, in a registry of its own."""

    def __init__(self) -> None:
        # When a series began is of no use here, and doubles them.
        disable_created_metrics()  # type: ignore[no-untyped-call]  # the library forgot to say
        self.registry = CollectorRegistry()
        self.series = _Series(self.registry)
        self._queues = _Queues(self.registry)
        self._open = Gauge(
            "b24bridge_commands_open",
            f"Commands that are accepted and not carried out yet. {_SHARED}",
            registry=self.registry,
        )
        self._open_age = Gauge(
            "b24bridge_commands_open_oldest_age_seconds",
            f"Age of the oldest command that is not carried out yet. {_SHARED}",
            registry=self.registry,
        )
        self._on_hold = Gauge(
            "b24bridge_portal_on_hold",
            f"Whether an administrator must act before the portal takes anything. {_SHARED}",
            ["portal"],
            registry=self.registry,
        )
        self._level = Gauge(
            "b24bridge_bucket_level",
            "How full the portal's bucket is, in requests, as far as this machine knows.",
            ["portal"],
            registry=self.registry,
        )
        self._connected = Gauge(
            "b24bridge_chat_connected",
            "Whether commands can come from the chat.",
            ["platform"],
            registry=self.registry,
        )
        ProcessCollector(registry=self.registry)

    def note_accepted(self, platform: Platform) -> None:
        """Count a new command."""
        self.series.accepted.labels(platform).inc()

    def of_portal(self, name: str) -> PortalMetrics:
        """Return what measures the portal with this host."""
        return PortalMetrics(self.series, name)

    def write(self, moment: Moment) -> bytes:
        """Write everything as it stands."""
        self._open.set(moment.commands.count)
        oldest_at = moment.commands.oldest_at or moment.now
        self._open_age.set(_age_seconds(moment.now, oldest_at))
        self._queues.set(moment.now, moment.holds, moment.queues)
        _set(self._on_hold, moment.holds)
        _set(self._level, moment.levels)
        _set(self._connected, moment.chats)
        return generate_latest(self.registry)


class PortalMetrics:
    """Implements ``bridge.delivery.meter.PortalMeter``."""

    def __init__(self, series: _Series, name: str) -> None:
        self._series = series
        self._name = name
        self._wait = series.wait.labels(name)
        self._call = series.call.labels(name)
        self._delivered = series.delivered.labels(name)

    def note_wait(self, seconds: float) -> None:
        """Note how long after its event a notification leaves for the first time."""
        self._wait.observe(max(seconds, 0.0))

    def note_call(self, seconds: float) -> None:
        """Note how long a request with notifications has taken."""
        self._call.observe(seconds)

    def note_verdict(self, verdict: Verdict) -> None:
        """Note what has become of a delivery after an attempt."""
        if verdict.state is State.DELIVERED:
            self._delivered.inc()
            return
        code = self._series.bound(verdict.code)
        if verdict.state is State.QUEUED:
            self._series.retries.labels(self._name, code).inc()
        else:
            self._series.failed.labels(self._name, verdict.state, code).inc()

    def note_hold(self, code: str) -> None:
        """Note that an attempt has found that an administrator must act."""
        self._series.holds.labels(self._name, self._series.bound(code)).inc()


class _Series:
    """What is counted as it happens."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._codes: set[str] = set()
        self.accepted = Counter(
            "b24bridge_commands_accepted",
            "Commands stored and acknowledged.",
            ["platform"],
            registry=registry,
        )
        self.delivered = Counter(
            "b24bridge_notifications_delivered",
            "Notifications that the portal has created.",
            ["portal"],
            registry=registry,
        )
        self.failed = Counter(
            "b24bridge_notifications_failed",
            "Notifications that were refused (failed) or given up (dead).",
            ["portal", "state", "code"],
            registry=registry,
        )
        self.retries = Counter(
            "b24bridge_retries",
            "Attempts that failed and will be repeated.",
            ["portal", "code"],
            registry=registry,
        )
        self.holds = Counter(
            "b24bridge_holds",
            "Attempts that found that an administrator must act.",
            ["portal", "code"],
            registry=registry,
        )
        self.wait = Histogram(
            "b24bridge_event_to_call_seconds",
            "From the event in the chat to the first request to the portal.",
            ["portal"],
            buckets=_WAIT_BUCKETS,
            registry=registry,
        )
        self.call = Histogram(
            "b24bridge_portal_call_seconds",
            "How long requests with notifications take.",
            ["portal"],
            buckets=_CALL_BUCKETS,
            registry=registry,
        )

    def bound(self, code: str) -> str:
        """Return a code, or a common name for all that come after the first hundred."""
        if len(self._codes) < _MOST_CODES:
            self._codes.add(code)
        return code if code in self._codes else _OTHER_CODES


class _Queues:
    """What is looked up whenever somebody asks."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._depth = Gauge(
            "b24bridge_queue_depth",
            f"Notifications that wait. {_SHARED}",
            ["portal", "lane"],
            registry=registry,
        )
        self._age = Gauge(
            "b24bridge_queue_oldest_age_seconds",
            f"Age of the oldest notification that waits. {_SHARED}",
            ["portal", "lane"],
            registry=registry,
        )

    def set(self, now: datetime, portals: Iterable[str], queues: Sequence[Queue]) -> None:
        """Have the gauges tell this, and nothing of what was before.

        A portal that can be reached in two ways, by one host, has two queues; they are one here.
        """
        ages = {(portal, lane): 0.0 for portal in portals for lane in Lane}
        depths = dict.fromkeys(ages, 0)
        for queue in queues:
            place = queue.portal, queue.lane
            depths[place] = depths.get(place, 0) + queue.depth
            ages[place] = max(_age_seconds(now, queue.oldest_at), ages.get(place, 0.0))
        for gauge, values in ((self._depth, depths), (self._age, ages)):
            gauge.clear()
            for (portal, lane), value in values.items():
                gauge.labels(portal, lane.name.lower()).set(value)


def _age_seconds(now: datetime, at: datetime) -> float:
    return max((now - at).total_seconds(), 0.0)


def _set(gauge: Gauge, values: Mapping[str, float]) -> None:
    gauge.clear()
    for name, value in values.items():
        gauge.labels(name).set(value)
