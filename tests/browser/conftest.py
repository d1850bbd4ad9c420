from __future__ import annotations

import shutil
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import httpx
import pytest
from playwright.async_api import async_playwright

from adapters.sandbox.chat import CommandHint, OptionHint, PersonHint, SandboxChat
from adapters.sandbox.portal import SandboxPortal, SystemClock
from adapters.sandbox.server import serve
from bridge.markup.nodes import Document, Paragraph, Strong, Text
from bridge.people.identity import Identity, Platform, Sender

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from playwright.async_api import Browser, Page

    from bridge.incoming import Incoming

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


class RingingBridge:
    """Rings the bells of all whom a message names, and says so."""

    def __init__(self, portal: SandboxPortal) -> None:
        self.chat = SandboxChat(
            [_sender("maria", "Maria Weber", "1"), _sender("boris", "Boris Ivanov", "2")],
            [
                CommandHint(
                    "/b24notify",
                    "/b24notify RECIPIENT… [OPTIONS] TEXT",
                    "Notify people",
                    (OptionHint("--tag", "T", "A later one replaces this one"),),
                ),
                CommandHint("/b24who", "/b24who RECIPIENT", "Show who somebody is"),
            ],
            [PersonHint(p.handle, p.full_name, p.id) for p in portal.people if p.active],
            SystemClock(),
        )
        self.chat.connect(self.accept)
        self.url = ""
        self._portal = portal

    async def accept(self, incoming: Incoming) -> None:
        (typed,) = incoming.typed
        assert isinstance(typed, Text)
        named = [p for p in self._portal.people if f"@{p.handle}" in typed.text]
        message = typed.text.rpartition(f"@{named[-1].handle}")[2]
        address = f"{self.url}/rest/1/{self._portal.webhook_code}/im.notify.personal.add"
        async with httpx.AsyncClient() as client:
            for person in named:
                await client.post(address, json={"USER_ID": person.id, "MESSAGE": message})
        names = ", ".join(person.full_name for person in named)
        told = Paragraph((Text("Delivered to "), Strong((Text(names),))))
        await self.chat.answer(incoming.answer_to, Document((told,)))


def _sender(handle: str, name: str, external_id: str) -> Sender:
    return Sender(Identity(Platform.SANDBOX, "demo", external_id), handle, name)


@asynccontextmanager
async def serve_demo(listen: str = "127.0.0.1:0") -> AsyncIterator[str]:
    portal = SandboxPortal()
    bridge = RingingBridge(portal)
    async with serve(listen, portal, bridge.chat) as url:
        bridge.url = url
        yield url


@pytest.fixture
async def demo_url() -> AsyncIterator[str]:
    """Where the demo's page is."""
    async with serve_demo() as url:
        yield url


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    executable = shutil.which("chromium")
    if executable is None:
        pytest.skip("there is no Chromium on this machine: the page was not tried in a browser")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)
        yield browser
        await browser.close()


@pytest.fixture
async def page(browser: Browser, demo_url: str) -> AsyncIterator[Page]:
    """The demo's page on a desk; at the end it must have run without an error."""
    page = await browser.new_page(viewport={"width": 1280, "height": 800})
    problems = watch_for_problems(page)
    await page.goto(demo_url)
    yield page
    assert problems == []


def watch_for_problems(page: Page) -> list[str]:
    """Collect what the page's scripts and its security policy complain of."""
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(error.message))
    page.on("console", lambda said: problems.append(said.text) if said.type == "error" else None)
    return problems
