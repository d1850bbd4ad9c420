"""Whoever reaches the port gets an answer, and writes nothing into the log."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

import pytest

from adapters.web import server
from bridge.hooks import HookAnswer
from tests.fakes.oauth_portal import CLIENT_SECRET

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping


class Hook:
    """Takes what is posted; notices nothing but its length.

    Attributes:
        error: what is wrong with it.
    """

    path = "/hook"

    def __init__(self) -> None:
        self.error: Exception | None = None

    async def receive(self, headers: Mapping[str, str], body: bytes) -> HookAnswer:
        if self.error:
            raise self.error
        return HookAnswer(200, str(len(body)).encode())


@pytest.fixture
def hook() -> Hook:
    return Hook()


@pytest.fixture
async def port(hook: Hook) -> AsyncIterator[int]:
    async with server.serve("127.0.0.1:0", hooks=[hook]) as url:
        yield int(url.rpartition(":")[2])


async def send(port: int, *lines: str, body: bytes = b"") -> str:
    """Send a request as it is written; returns the first line of the answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write("".join(f"{line}\r\n" for line in (*lines, "")).encode() + body)
        return (await reader.readline()).decode().strip()
    finally:
        writer.close()
        await writer.wait_closed()


@pytest.mark.parametrize(
    ("lines", "body", "status"),
    [
        (("\0\x7f",), b"", 400),
        (
            (
                "Host: x",
                "X Token: secret",
            ),
            b"",
            400,
        ),
        (("Host: x", f"X: {'a' * 9_000}"), b"", 400),
        (("Host: x", "Content-Length: 6", "Content-Encoding: gzip"), b"secret", 400),
        (("Host: x", "Content-Length: 1048577"), bytes(1_048_577), 413),
    ],
)
async def test_what_cannot_be_read_is_refused_without_a_word(
    port: int,
    lines: tuple[str, ...],
    body: bytes,
    status: int,
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.DEBUG):
        assert f" {status} " in await send(port, "POST /hook HTTP/1.1", *lines, body=body)
    assert [record for record in caplog.records if record.name != "asyncio"] == []


async def test_whoever_sends_too_slowly_is_not_waited_for(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "_BODY_SECONDS", 0.05)
    lines = ("POST /hook HTTP/1.1", "Host: x", "Content-Length: 100")
    assert " 408 " in await send(port, *lines, body=b"abc")


async def test_a_fault_of_ours_is_told_without_the_words_of_others(
    hook: Hook, port: int, caplog: pytest.LogCaptureFixture
) -> None:
    hook.error = LookupError(CLIENT_SECRET)
    lines = ("POST /hook HTTP/1.1", "Host: x", "Content-Length: 0")
    assert " 500 " in await send(port, *lines)
    assert "LookupError" in caplog.text
    assert "in receive" in caplog.text
    assert CLIENT_SECRET not in caplog.text


async def test_whoever_has_sent_half_a_request_keeps_nobody_from_stopping(
    hook: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "_BODY_SECONDS", 3600)
    monkeypatch.setattr(server, "_STOP_SECONDS", 0.01)
    async with server.serve("127.0.0.1:0", hooks=[hook]) as url:
        reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2]))
        writer.write(b"POST /hook HTTP/1.1\r\nHost: b\r\nExpect: 100-continue\r\n")
        writer.write(b"Content-Length: 9\r\n\r\n1234")
        assert await reader.readline() == b"HTTP/1.1 100 Continue\r\n"  # it is being received
    assert await reader.read() == b"\r\n"
    writer.close()
