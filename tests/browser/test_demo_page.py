from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from adapters.cli.demo import open_demo
from tests.browser.conftest import watch_for_problems

if TYPE_CHECKING:
    from playwright.async_api import Browser, Locator, Page

pytestmark = pytest.mark.browser


def bell(page: Page, name: str) -> Locator:
    return page.get_by_role("region", name=name)


async def type_here(page: Page, text: str) -> None:
    """Type where the focus is, key by key, as a person without a mouse does."""
    await page.keyboard.type(text)


async def test_a_command_typed_with_the_keyboard_alone_rings_the_bell(page: Page) -> None:
    box = page.get_by_role("textbox", name="Message")
    await expect(box).to_be_focused()
    await type_here(page, "/b24n")
    await expect(page.get_by_role("option", name="/b24notify")).to_be_visible()
    await page.keyboard.press("Enter")
    await type_here(page, "@an")
    await expect(page.get_by_role("option")).to_have_count(1)
    await page.keyboard.press("Tab")
    await expect(box).to_have_value("/b24notify @anna ")
    await type_here(page, "the api is down")
    await page.keyboard.press("Enter")

    anna = bell(page, "Anna Petrova")
    await expect(anna.get_by_role("listitem")).to_contain_text("the api is down")
    await expect(anna.get_by_role("button", name="Anna Petrova: 1 unread")).to_be_visible()
    await expect(page.get_by_role("log")).to_contain_text("Notified Anna Petrova")
    await expect(page.locator("#announcer")).to_contain_text("Anna Petrova’s bell")
    await expect(page).to_have_title("(1) b24bridge")
    await expect(bell(page, "Boris Ivanov").get_by_role("listitem")).to_have_count(0)


async def test_suggestions_are_walked_through_and_put_aside_with_the_keyboard(page: Page) -> None:
    box = page.get_by_role("textbox", name="Message")
    await box.fill("/b24notify @anna ")
    await box.press_sequentially("--")
    await expect(page.get_by_role("option", name="--tag")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("listbox")).to_be_hidden()
    await box.fill("/b24notify @anna the text has begun ")
    await box.press_sequentially("--")
    await expect(page.get_by_role("listbox")).to_be_hidden()
    await box.fill("/b24notify #")
    await page.keyboard.press("ArrowDown")
    await expect(page.get_by_role("option", selected=True)).to_contain_text("Boris Ivanov")
    await page.keyboard.press("Enter")
    await expect(box).to_have_value("/b24notify #2 ")


async def test_a_message_keeps_its_lines_and_comes_back_with_arrow_up(page: Page) -> None:
    box = page.get_by_role("textbox", name="Message")
    await box.fill("/b24notify @boris one")
    await page.keyboard.press("Shift+Enter")
    await type_here(page, "<b>two</b>")
    await page.keyboard.press("Enter")
    sent = page.get_by_role("log").get_by_role("listitem").first
    await expect(sent.locator("br")).to_have_count(1)
    await expect(sent).to_contain_text("<b>two</b>")
    await expect(box).to_have_value("")
    await type_here(page, "a draft")
    await page.keyboard.press("ArrowUp")
    await expect(box).to_have_value("/b24notify @boris one\n<b>two</b>")
    await page.keyboard.press("ArrowDown")
    await expect(box).to_have_value("a draft")


async def test_an_example_is_put_into_the_box_and_reading_a_bell_quiets_it(page: Page) -> None:
    anna = bell(page, "Anna Petrova")
    await anna.get_by_role("button", name="/b24notify @anna hello").click()
    await page.keyboard.press("Enter")
    await anna.get_by_role("button", name="1 unread").click()
    await expect(anna.get_by_role("button", name="nothing unread")).to_be_visible()
    await anna.get_by_text("What was sent").click()
    await expect(anna.get_by_role("definition").first).to_contain_text("hello")


async def test_a_phone_shows_one_room_at_a_time_and_never_scrolls_sideways(
    browser: Browser, demo_url: str
) -> None:
    context = await browser.new_context(
        viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True
    )
    phone = await context.new_page()
    problems = watch_for_problems(phone)
    await phone.goto(demo_url)
    box = phone.get_by_role("textbox", name="Message")
    await box.tap()
    await box.press_sequentially("/b24notify @")
    await phone.get_by_role("option", name="Clara Novak").tap()
    await box.press_sequentially("a_word_without_end_" * 20)
    await phone.get_by_role("button", name="Send").tap()
    await phone.get_by_role("button", name="Clara Novak’s bell rings").tap()
    await expect(bell(phone, "Clara Novak").get_by_role("listitem")).to_be_visible()
    await expect(box).to_be_hidden()
    for view in ("Bells", "Chat"):
        await phone.get_by_role("navigation").get_by_role("button", name=view).tap()
        assert await phone.evaluate("document.documentElement.scrollWidth") == 360
        assert await phone.evaluate(
            "[...document.querySelectorAll('.rich')].every(e => e.scrollWidth <= e.clientWidth)"
        )
    assert problems == []


async def test_a_lost_connection_is_told_and_comes_back_by_itself(browser: Browser) -> None:
    page = await browser.new_page()
    lost = page.get_by_text("The connection to b24bridge is lost")
    async with open_demo("127.0.0.1:0") as demo:
        await page.goto(demo.url)
        await expect(page.get_by_text("Live", exact=True)).to_be_visible()
    await expect(lost).to_be_visible()
    await page.get_by_role("textbox", name="Message").fill("/b24notify @anna kept")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("The message was not sent")).to_be_visible()
    async with open_demo(demo.url.removeprefix("http://")):
        await expect(page.get_by_text("Live", exact=True)).to_be_visible(timeout=60_000)
        await expect(lost).to_be_hidden()
        await page.get_by_role("textbox", name="Message").press("Enter")
        await expect(bell(page, "Anna Petrova").get_by_role("listitem")).to_contain_text("kept")
        await page.close()
