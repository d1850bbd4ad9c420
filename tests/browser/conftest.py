from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import async_playwright

from adapters.cli.demo import open_demo

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from playwright.async_api import Browser, Page

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture
async def demo_url() -> AsyncIterator[str]:
    """Where the demo's page is."""
    async with open_demo("127.0.0.1:0") as demo:
        yield demo.url


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
