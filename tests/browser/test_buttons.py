from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from tests.browser.conftest import watch_for_problems

if TYPE_CHECKING:
    from playwright.async_api import Browser, Locator, Page

pytestmark = pytest.mark.browser


def undo(page: Page) -> Locator:
    return page.get_by_role("log").get_by_role("button", name="Undo")


async def test_what_was_sent_is_taken_back_with_the_keyboard_alone(page: Page) -> None:
    await expect(page.get_by_role("textbox", name="Message")).to_be_focused()
    await page.keyboard.type("/b24notify @anna oh no")
    await page.keyboard.press("Enter")
    bell = page.get_by_role("region", name="Anna Petrova")
    await expect(bell.get_by_role("listitem")).to_contain_text("oh no")
    await expect(undo(page)).to_be_visible()
    await page.keyboard.press("Shift+Tab")
    await expect(undo(page)).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("log")).to_contain_text("Taken back: Anna Petrova.")
    await expect(bell.get_by_role("listitem")).to_have_count(0)
    await expect(undo(page)).to_have_count(0)


async def test_another_persons_button_is_refused_and_stays(page: Page) -> None:
    box = page.get_by_role("textbox", name="Message")
    await box.fill("/b24notify @anna hi there")
    await box.press("Enter")
    await page.get_by_role("radio", name="Boris").check(force=True)
    await undo(page).click()
    log = page.get_by_role("log")
    await expect(log).to_contain_text("Only who sent that command can do this.")
    await expect(log).to_contain_text("Notified Anna Petrova.")
    await expect(undo(page)).to_be_enabled()


async def test_a_finger_presses_a_button_on_a_phone(browser: Browser, demo_url: str) -> None:
    context = await browser.new_context(
        viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True
    )
    phone = await context.new_page()
    problems = watch_for_problems(phone)
    await phone.goto(demo_url)
    await phone.get_by_role("textbox", name="Message").fill("/b24notify @clara hi")
    await phone.get_by_role("button", name="Send").tap()
    await expect(undo(phone)).to_be_visible()
    box = await undo(phone).bounding_box()
    assert box
    assert box["height"] >= 44
    await undo(phone).tap()
    await expect(phone.get_by_role("log")).to_contain_text("Taken back: Clara Novak.")
    assert await phone.evaluate("document.documentElement.scrollWidth") == 360
    assert problems == []
