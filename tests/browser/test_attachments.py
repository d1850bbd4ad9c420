from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from tests.browser.conftest import watch_for_problems

if TYPE_CHECKING:
    from playwright.async_api import Browser

pytestmark = pytest.mark.browser

COMMAND = "\n".join(
    (
        "/b24notify @anna All hosts",
        "",
        "|Host|State|",
        "|-|-|",
        "|api|**down** [log](https://e.example/)|",
        f"|{'a_name_without_end_' * 9}|ok|",
        "",
        "|Host|State|Since|",
        "|-|-|-|",
        f"|web|ok|{'a_value_without_end_' * 9}|",
        "",
        "![the load](https://e.example/i.png)",
    )
)


@pytest.mark.parametrize("width", [360, 1280])
async def test_tables_and_pictures_are_drawn_within_the_bell(
    browser: Browser, demo_url: str, width: int
) -> None:
    page = await browser.new_page(viewport={"width": width, "height": 900})
    problems = watch_for_problems(page)
    await page.goto(demo_url)
    box = page.get_by_role("textbox", name="Message")
    await box.fill(COMMAND)
    await box.press("Enter")
    attach = page.locator(".attach")
    if width == 360:
        await page.get_by_role("navigation").get_by_role("button", name="Bells").click()
    await expect(attach.locator(".cell > b").first).to_have_text("api")
    await expect(attach.locator(".cell > span").nth(1)).to_have_text("down log")
    await expect(attach.get_by_role("link", name="the load")).to_be_visible()
    assert await attach.evaluate("element => element.scrollWidth <= element.clientWidth")
    assert await page.evaluate("document.documentElement.scrollWidth") == width
    assert problems == []
