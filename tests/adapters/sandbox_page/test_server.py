from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from adapters.sandbox.server import serve
from bridge.errors import ConfigError

if TYPE_CHECKING:
    import httpx

    from adapters.sandbox.portal import SandboxPortal


async def test_the_page_and_all_it_names_are_there(client: httpx.AsyncClient) -> None:
    page = await client.get("/")
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    names = re.findall(r'(?:href|src)="(/static/[^"]+)"', page.text)
    assert len(names) >= 3
    for name in names:
        assert (await client.get(name)).status_code == 200


async def test_all_modules_of_the_script_are_there(client: httpx.AsyncClient) -> None:
    script = (await client.get("/static/app.js")).text
    for name in re.findall(r'from "\./([a-z]+\.js)"', script):
        answer = await client.get(f"/static/{name}")
        assert answer.headers["Content-Type"] == "text/javascript; charset=utf-8"


async def test_the_page_needs_nothing_from_elsewhere(client: httpx.AsyncClient) -> None:
    page = (await client.get("/")).text
    assert re.findall(r'(?:href|src)="(?!/static/|#)[^"]*"', page) == []
    assert re.search(r"<script(?![^>]*src=)|\sstyle=|\son[a-z]+=", page) is None


@pytest.mark.parametrize("path", ["/", "/static/app.js", "/static/style.css", "/nothing"])
async def test_every_answer_forbids_foreign_scripts(client: httpx.AsyncClient, path: str) -> None:
    headers = (await client.get(path)).headers
    assert headers["Content-Security-Policy"].startswith("default-src 'self';")
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("path", ["/", "/static/app.js"])
async def test_a_browser_asks_again_and_is_spared_what_it_has(
    client: httpx.AsyncClient, path: str
) -> None:
    first = await client.get(path)
    assert first.headers["Cache-Control"] == "no-cache"
    again = await client.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304


@pytest.mark.parametrize(
    "name",
    ["..%2fserver.py", "%2e%2e%2fserver.py", "nothing.js", ".css", "%00.js", "..%2fpage%2fapp.js"],
)
async def test_nothing_but_the_pages_own_files_is_served(
    client: httpx.AsyncClient, name: str
) -> None:
    assert (await client.get(f"/static/{name}")).status_code == 404


async def test_the_portals_own_paths_are_there(
    client: httpx.AsyncClient, portal: SandboxPortal
) -> None:
    answer = await client.post(_add_to(portal), json={"USER_ID": 5, "MESSAGE": "hi"})
    assert answer.status_code == 200
    assert [one.message for one in portal.notifications] == ["hi"]


@pytest.mark.parametrize(
    "header",
    [
        {"Host": "evil.example"},
        {"Origin": "https://evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
    ],
)
async def test_no_foreign_site_rings_a_bell(
    client: httpx.AsyncClient, portal: SandboxPortal, header: dict[str, str]
) -> None:
    answer = await client.post(
        _add_to(portal), data={"USER_ID": "5", "MESSAGE": "hi"}, headers=header
    )
    assert answer.status_code == 403
    assert portal.notifications == []


def _add_to(portal: SandboxPortal) -> str:
    return f"/rest/{portal.owner_id}/{portal.webhook_code}/im.notify.personal.add.json"


@pytest.mark.parametrize("listen", ["", "8024", "127.0.0.1", "127.0.0.1:http", "[::1", "h:99999"])
async def test_an_address_that_is_none_is_told(portal: SandboxPortal, listen: str) -> None:
    with pytest.raises(ConfigError, match="must be host and port"):
        async with serve(listen, portal):
            pass


async def test_a_port_in_use_is_told(client: httpx.AsyncClient, portal: SandboxPortal) -> None:
    with pytest.raises(ConfigError, match="already in use"):
        async with serve(f"127.0.0.1:{client.base_url.port}", portal):
            pass


async def test_a_page_on_all_addresses_is_reached_on_loopback(portal: SandboxPortal) -> None:
    async with serve("0.0.0.0:0", portal) as url:
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+", url)
