"""Those who watch over the bridge are told how it is, and no secret."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from adapters.web.metrics import CONTENT_TYPE, Metrics, Moment
from adapters.web.server import serve
from adapters.web.watching import Readiness, Status
from bridge.delivery.lane import Lane
from bridge.delivery.notification import Verdict
from bridge.delivery.queue import Queue
from bridge.delivery.state import State
from bridge.errors import StorageError
from bridge.incoming import Backlog
from bridge.people.identity import Platform
from tests.fakes.clock import START

READY = Readiness(
    status=Status.DEGRADED,
    database="ok",
    portals={"corp.example": "on hold: NO_AUTH_FOUND"},
    chats={"slack": "connected"},
)
HOST = "corp.example"


class FakeWatch:
    """Tells what a test says."""

    def __init__(self, readiness: Readiness = READY) -> None:
        self.readiness = readiness
        self.metrics = Metrics()
        self.error: StorageError | None = None

    async def tell_readiness(self) -> Readiness:
        return self.readiness

    async def write_metrics(self) -> tuple[str, bytes]:
        if self.error:
            raise self.error
        return CONTENT_TYPE, write(self.metrics)


def write(metrics: Metrics, *queues: Queue) -> bytes:
    moment = Moment(
        now=START,
        commands=Backlog(3, START - timedelta(seconds=4)),
        queues=queues,
        holds={HOST: True},
        levels={HOST: 2.5},
        chats={"slack": False},
    )
    return metrics.write(moment)


def read(written: bytes) -> dict[frozenset[str], float]:
    """Read all samples, each under its name and the values of its labels."""
    return {
        frozenset({sample.name, *sample.labels.values()}): sample.value
        for family in text_string_to_metric_families(written.decode())
        for sample in family.samples
    }


def key(*parts: str) -> frozenset[str]:
    return frozenset(parts)


def failed(state: State, code: str) -> Verdict:
    return Verdict(delivery_id=1, attempt=1, state=state, code=code)


async def get(watch: FakeWatch | None, path: str) -> httpx.Response:
    async with serve("127.0.0.1:0", watch=watch) as url, httpx.AsyncClient() as client:
        return await client.get(url + path)


async def test_each_part_is_named() -> None:
    answer = await get(FakeWatch(), "/readyz")
    assert answer.status_code == 200
    assert answer.json() == {
        "status": "degraded",
        "database": "ok",
        "portals": {"corp.example": "on hold: NO_AUTH_FOUND"},
        "chats": {"slack": "connected"},
    }


@pytest.mark.parametrize("status", [Status.NOT_READY, Status.STOPPING])
async def test_whoever_cannot_accept_commands_is_sent_none(status: Status) -> None:
    broken = Readiness(status=status, database="cannot be read", portals={}, chats={})
    answer = await get(FakeWatch(broken), "/readyz")
    assert (answer.status_code, answer.json()["status"]) == (503, status)


async def test_a_process_lives_whatever_else_does_not_work() -> None:
    answer = await get(None, "/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


async def test_prometheus_reads_what_is_written() -> None:
    answer = await get(FakeWatch(), "/metrics")
    assert answer.headers["Content-Type"] == CONTENT_TYPE
    told = read(answer.content)
    assert told[key("b24bridge_bucket_level", HOST)] == 2.5
    assert told[key("b24bridge_commands_open")] == 3
    assert told[key("b24bridge_commands_open_oldest_age_seconds")] == 4
    assert told[key("b24bridge_chat_connected", "slack")] == 0


async def test_metrics_that_cannot_be_gathered_are_no_empty_ones(
    caplog: pytest.LogCaptureFixture,
) -> None:
    watch = FakeWatch()
    watch.error = StorageError("database b24bridge.db: the disk is full")
    assert (await get(watch, "/metrics")).status_code == 503
    assert "the disk is full" in caplog.text


def test_everything_that_happens_is_counted() -> None:
    metrics = Metrics()
    metrics.note_accepted(Platform.SLACK)
    portal = metrics.of_portal(HOST)
    portal.note_wait(0.02)
    portal.note_call(0.3)
    portal.note_verdict(Verdict(delivery_id=1, attempt=1, state=State.DELIVERED))
    portal.note_verdict(failed(State.QUEUED, "TIMEOUT"))
    portal.note_verdict(failed(State.FAILED, "NOT_CREATED"))
    portal.note_verdict(failed(State.DEAD, "TIMEOUT"))
    portal.note_hold("NO_AUTH_FOUND")
    told = read(write(metrics))
    assert told[key("b24bridge_commands_accepted_total", "slack")] == 1
    assert told[key("b24bridge_notifications_delivered_total", HOST)] == 1
    assert told[key("b24bridge_retries_total", HOST, "TIMEOUT")] == 1
    assert told[key("b24bridge_notifications_failed_total", HOST, "failed", "NOT_CREATED")] == 1
    assert told[key("b24bridge_notifications_failed_total", HOST, "dead", "TIMEOUT")] == 1
    assert told[key("b24bridge_holds_total", HOST, "NO_AUTH_FOUND")] == 1
    assert told[key("b24bridge_event_to_call_seconds_bucket", HOST, "0.025")] == 1
    assert told[key("b24bridge_portal_call_seconds_sum", HOST)] == 0.3


def test_queues_are_told_as_they_are_and_empty_ones_as_well() -> None:
    metrics = Metrics()
    queue = Queue(portal=HOST, lane=Lane.BULK, depth=7, oldest_at=START - timedelta(seconds=90))
    told = read(write(metrics, queue))
    assert told[key("b24bridge_queue_depth", HOST, "bulk")] == 7
    assert told[key("b24bridge_queue_oldest_age_seconds", HOST, "bulk")] == 90
    assert told[key("b24bridge_portal_on_hold", HOST)] == 1
    told = read(write(metrics))
    assert told[key("b24bridge_queue_depth", HOST, "bulk")] == 0
    assert told[key("b24bridge_queue_oldest_age_seconds", HOST, "bulk")] == 0


def test_two_queues_of_one_host_are_told_as_one() -> None:
    by_webhook, by_application = (
        Queue(portal=HOST, lane=Lane.NORMAL, depth=depth, oldest_at=START - timedelta(seconds=age))
        for depth, age in ((3, 90), (4, 60))
    )
    told = read(write(Metrics(), by_webhook, by_application))
    assert told[key("b24bridge_queue_depth", HOST, "normal")] == 7
    assert told[key("b24bridge_queue_oldest_age_seconds", HOST, "normal")] == 90


def test_metrics_are_named_and_described_as_prometheus_wants_them() -> None:
    """Source: https://prometheus.io/docs/practices/naming/, as ``promtool`` checks it."""
    metrics = Metrics()
    metrics.note_accepted(Platform.SLACK)
    portal = metrics.of_portal(HOST)
    portal.note_verdict(failed(State.FAILED, "NOT_CREATED"))
    portal.note_verdict(failed(State.QUEUED, "TIMEOUT"))
    portal.note_hold("NO_AUTH_FOUND")
    families = list(text_string_to_metric_families(write(metrics).decode()))
    for family in families:
        assert family.documentation.endswith("."), family.name
        assert family.name.startswith(("b24bridge_", "process_")), family.name
        is_counted = {sample.name.endswith("_total") for sample in family.samples} == {True}
        assert is_counted is (family.type == "counter"), family.name
        assert family.type != "histogram" or family.name.endswith("_seconds"), family.name
    labels = {label for family in families for one in family.samples for label in one.labels}
    assert labels == {"platform", "portal", "lane", "state", "code", "le"}


def test_codes_that_a_portal_invents_do_not_grow_without_end() -> None:
    metrics = Metrics()
    portal = metrics.of_portal(HOST)
    for number in range(1000):
        portal.note_verdict(failed(State.FAILED, f"CODE_{number}"))
    told = read(write(metrics))
    assert told[key("b24bridge_notifications_failed_total", HOST, "failed", "OTHER")] == 900
    assert len(told) < 1000


def test_two_bridges_in_one_process_count_apart() -> None:
    one, other = Metrics(), Metrics()
    one.note_accepted(Platform.SLACK)
    assert key("b24bridge_commands_accepted_total", "slack") not in read(write(other))
