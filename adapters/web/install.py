"""``POST /bitrix24/install``: where a portal tells that our application was installed or removed.

The same address is the page that an administrator's browser opens within the portal and the handler
of the portal's events. Nothing that is sent here is believed before it is proved.

Sources: https://apidocs.bitrix24.com/settings/app-installation/local-apps/index.html,
https://apidocs.bitrix24.com/api-reference/common/events/on-app-install.html and
https://apidocs.bitrix24.com/sdk/bx24-js-sdk/system-functions/bx24-install-finish.html
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import logging
import re
from typing import TYPE_CHECKING, Final, Protocol
from urllib.parse import parse_qsl, urlsplit

from aiohttp import web

from bridge.errors import BridgeError, PortalError, TryLater
from bridge.installation import Installation

if TYPE_CHECKING:
    from collections.abc import Mapping

    Form = Mapping[str, str]

PATH: Final = "/bitrix24/install"
MOST_AT_ONCE: Final = 4
"""Each one that is not proved yet has us ask an authorization server."""

_BODY_SECONDS: Final = 10.0
_MOST_FIELDS: Final = 100
_NAME: Final = re.compile(r"[A-Za-z0-9]{1,64}")
_TOKEN: Final = re.compile(r"[!-~]{1,512}")
_LIBRARY: Final = "https://api.bitrix24.com/api/v1/"
_SCRIPT: Final = "BX24.init(function () { BX24.installFinish(); });"
_PAGE: Final = f"""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>b24bridge</title>
<script src="{_LIBRARY}"></script>
<script>{_SCRIPT}</script>
<p>b24bridge is installed. You can close this page.</p>
</html>
"""
_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_HASH: Final = base64.b64encode(hashlib.sha256(_SCRIPT.encode()).digest()).decode()

log = logging.getLogger(__name__)


class Installing(Protocol):
    """What proves installations and remembers them; every method raises ``PortalError``."""

    async def install(self, claimed: Installation) -> str:
        """Connect a portal; returns its address."""
        ...

    async def uninstall(self, member_id: str, application_token: str) -> None:
        """Disconnect a portal."""
        ...

    async def check_event(self, member_id: str, application_token: str) -> None:
        """Prove that an event is from a portal that is connected."""
        ...


class InstallEndpoint:
    """Answers with a short 4xx whatever is not proved, and says why in the log alone."""

    def __init__(self, installing: Installing) -> None:
        self._installing = installing
        self._under_way = 0

    async def handle(self, request: web.Request) -> web.Response:
        """Answer the page or an event."""
        try:
            return await self._prove(await _read_form(request))
        except (ValueError, BridgeError) as error:
            log.warning("%s from %s was refused: %s", PATH, request.remote, error)
            return _refusal(error)

    async def _prove(self, form: Form) -> web.Response:
        if self._under_way >= MOST_AT_ONCE:
            return _say(429, "Too many at once. Please try again.")
        self._under_way += 1
        try:
            return await self._answer(form)
        finally:
            self._under_way -= 1

    async def _answer(self, form: Form) -> web.Response:
        event = form.get("event")
        if event is None:
            return _page_for(await self._installing.install(_installation_of_page(form)))
        member_id = _read(_NAME, form, "auth[member_id]")
        token = _read(_TOKEN, form, "auth[application_token]")
        match event.upper():
            case "ONAPPINSTALL":
                await self._installing.install(_installation_of_event(form, member_id, token))
            case "ONAPPUNINSTALL":
                await self._installing.uninstall(member_id, token)
            case _:
                await self._installing.check_event(member_id, token)
        return _say(200, "Noted.")


def _installation_of_page(form: Form) -> Installation:
    told = "APPLICATION_TOKEN"
    return Installation(
        member_id=_read(_NAME, form, "member_id"),
        refresh_token=_read(_TOKEN, form, "REFRESH_ID"),
        server_endpoint=_read(_TOKEN, form, "SERVER_ENDPOINT"),
        application_token=_read(_TOKEN, form, told) if form.get(told) else "",
    )


def _installation_of_event(form: Form, member_id: str, token: str) -> Installation:
    return Installation(
        member_id=member_id,
        refresh_token=_read(_TOKEN, form, "auth[refresh_token]"),
        server_endpoint=_read(_TOKEN, form, "auth[server_endpoint]"),
        application_token=token,
    )


def _read(pattern: re.Pattern[str], form: Form, name: str) -> str:
    if not pattern.fullmatch(form.get(name, "")):
        raise ValueError(f"{name} is missing or malformed")
    return form[name]


async def _read_form(request: web.Request) -> Form:
    if request.content_type != "application/x-www-form-urlencoded":
        raise ValueError("it is no form")
    try:
        async with asyncio.timeout(_BODY_SECONDS):
            body = await request.read()
        fields = parse_qsl(
            body.decode(), keep_blank_values=True, max_num_fields=_MOST_FIELDS, errors="strict"
        )
    except (OSError, ValueError, web.RequestPayloadError):
        raise ValueError("its form cannot be read") from None
    return dict(fields)


def _page_for(address: str) -> web.Response:
    portal = urlsplit(address)
    policy = (
        f"default-src 'none'; script-src {_LIBRARY} 'sha256-{_HASH}'; base-uri 'none'; "
        f"form-action 'none'; frame-ancestors {portal.scheme}://{portal.netloc}"
    )
    headers = {"Content-Security-Policy": policy, **_HEADERS}
    return web.Response(text=_PAGE, content_type="text/html", charset="utf-8", headers=headers)


def _refusal(error: Exception) -> web.Response:
    if isinstance(error, ValueError):
        return _say(400, "This is no installation.")
    if isinstance(error, PortalError) and not isinstance(error, TryLater):
        return _say(403, "This installation is not proved.")
    return _say(503, "Please try again later.")


def _say(status: int, text: str) -> web.Response:
    return web.Response(text=f"{text}\n", status=status, headers=_HEADERS)
