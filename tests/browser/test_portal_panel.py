from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest
from playwright.async_api import expect

from adapters.sandbox.faults import Fault
from adapters.sandbox.notifications import Draft
from adapters.sandbox.portal import SandboxPortal
from adapters.sandbox.server import serve
from tests.browser.conftest import watch_for_problems
from tests.fakes.application import Application, serve_application

if TYPE_CHECKING:
    from playwright.async_api import Browser, Locator, Page

pytestmark = pytest.mark.browser

NOTIFY = "im.notify.personal.add"


async def open_panel(page: Page, url: str) -> Locator:
    await page.goto(url)
    await page.get_by_role("button", name="Portal", exact=True).click()
    return page.get_by_role("dialog", name="The portal")


async def test_a_fault_is_added_with_the_keyboard_met_by_a_call_and_cleared(
    browser: Browser,
) -> None:
    portal = SandboxPortal()
    page = await browser.new_page()
    problems = watch_for_problems(page)
    async with serve("127.0.0.1:0", portal) as url:
        panel = await open_panel(page, url)
        await panel.get_by_label("Error code").fill("OVERLOAD_LIMIT")
        await panel.get_by_label("For how many calls").fill("2")
        await panel.get_by_label("Share in %").fill("100")
        await panel.get_by_label("Only this method").fill(NOTIFY)
        await page.keyboard.press("Enter")
        pending = panel.get_by_role("list", name="Faults to come")
        await expect(pending).to_contain_text(f"OVERLOAD_LIMIT · {NOTIFY} · 2 calls")
        assert list(portal.faults) == [Fault(code="OVERLOAD_LIMIT", method=NOTIFY, calls=2)]
        async with httpx.AsyncClient(base_url=f"{url}/rest/1/sandbox-secret/") as client:
            response = await client.post(NOTIFY, json={"USER_ID": 5, "MESSAGE": "hi"})
            assert response.status_code == 503
        await expect(pending).to_contain_text("1 call")
        await panel.get_by_role("button", name="Clear all faults").click()
        await expect(pending.get_by_role("listitem")).to_have_count(0)
        assert not portal.faults
        await page.close()
    assert problems == []


@pytest.mark.parametrize(
    ("kind", "fault"),
    [
        ("It is answered late", Fault(latency_seconds=2)),
        (
            "The connection is lost after it was carried out",
            Fault(drops_connection=True, after_processing=True, latency_seconds=2),
        ),
    ],
)
async def test_each_kind_of_fault_has_its_own_fields(
    browser: Browser, kind: str, fault: Fault
) -> None:
    portal = SandboxPortal()
    page = await browser.new_page()
    async with serve("127.0.0.1:0", portal) as url:
        panel = await open_panel(page, url)
        await panel.get_by_label("What goes wrong").select_option(kind)
        await expect(panel.get_by_label("Error code")).to_be_hidden()
        await panel.get_by_role("button", name="Add").click()
        await expect(panel.get_by_role("list", name="Faults to come")).to_contain_text("2 s")
        assert list(portal.faults) == [fault]
        await page.close()


async def test_the_ledger_and_the_counters_are_shown_on_a_phone_too(browser: Browser) -> None:
    portal = SandboxPortal()
    portal.counters.by_method[NOTIFY] = 7
    for message in ("a <b>first</b> one", "one_word_without_end_" * 20):
        portal.add(Draft(user_id=5, message=message, application="a", tag="t"))
    context = await browser.new_context(viewport={"width": 360, "height": 740}, has_touch=True)
    phone = await context.new_page()
    problems = watch_for_problems(phone)
    async with serve("127.0.0.1:0", portal) as url:
        panel = await open_panel(phone, url)
        rows = panel.get_by_role("row")
        await expect(rows).to_have_count(3)
        await expect(rows.nth(1)).to_contain_text("one_word_without_end_")
        await expect(rows.nth(2)).to_contain_text("a <b>first</b> one")
        await expect(rows.nth(2)).to_contain_text("replaced")
        await expect(panel.locator("#counters")).to_contain_text(NOTIFY)
        assert await phone.evaluate("document.documentElement.scrollWidth") == 360
        assert await panel.evaluate("panel => panel.scrollWidth <= panel.clientWidth")
        await phone.keyboard.press("Escape")
        await expect(panel).to_be_hidden()
        await expect(phone.get_by_role("button", name="Portal", exact=True)).to_be_focused()
        await phone.close()
    assert problems == []


async def test_a_bridges_application_is_installed_expired_and_removed_on_the_page(
    browser: Browser,
) -> None:
    portal, application, page = SandboxPortal(), Application(), await browser.new_page()
    problems = watch_for_problems(page)
    async with (
        serve_application(application) as install_url,
        serve("127.0.0.1:0", portal, install_url=install_url) as url,
    ):
        panel = await open_panel(page, url)
        doings = panel.get_by_role("region", name="The bridge’s application")
        await expect(doings).to_contain_text(install_url)
        for button, told in (
            ("Install it", "It is installed."),
            ("Let its tokens expire", "Its tokens have expired"),
            ("Remove it", "It is removed."),
        ):
            await doings.get_by_role("button", name=button).click()
            await expect(doings.get_by_role("status")).to_contain_text(told)
        assert [told["event"] for told in application.received] == [
            "ONAPPINSTALL",
            "ONAPPUNINSTALL",
        ]
        await page.close()
    assert problems == []


async def test_without_a_bridge_the_page_offers_no_installation(browser: Browser) -> None:
    page = await browser.new_page()
    async with serve("127.0.0.1:0", SandboxPortal()) as url:
        panel = await open_panel(page, url)
        await expect(panel.get_by_text("Nothing yet.")).to_be_visible()
        await expect(panel.get_by_role("button", name="Install it")).to_be_hidden()
        await page.close()
