"""What a portal sends to a local application when it is installed and when it is removed.

Sources: https://apidocs.bitrix24.com/api-reference/common/events/on-app-install.html
https://apidocs.bitrix24.com/api-reference/common/events/on-app-uninstall.html
https://apidocs.bitrix24.com/settings/oauth/simple-way.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import aiohttp

from adapters.sandbox.token_endpoint import describe

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from adapters.sandbox.oauth import Application
    from adapters.sandbox.portal import SandboxPortal


async def install(portal: SandboxPortal, url: str, application: Application | None = None) -> int:
    """Install an application and tell it its tokens: the event ``ONAPPINSTALL``.

    Args:
        portal: where it is installed; it must be served, since its address is told.
        url: the address that the application gave for its installation.
        application: None for the portal's own.

    Returns:
        The HTTP status that the application answered with.
    """
    grant = portal.oauth.grant(application or portal.application)
    auth = describe(portal, grant) | {
        "application_token": grant.application.application_token,
    }
    data = {"VERSION": "1", "ACTIVE": "Y", "INSTALLED": "Y", "LANGUAGE_ID": "en"}
    return await _send_event(portal, url, "ONAPPINSTALL", {"data": data, "auth": auth})


async def open_install_page(
    portal: SandboxPortal, url: str, application: Application | None = None
) -> int:
    """Open an application's page for its installation, with tokens; return the HTTP status.

    The arguments are as for ``install``.
    """
    grant = portal.oauth.grant(application or portal.application)
    address = {
        "DOMAIN": portal.domain,
        "PROTOCOL": "1" if urlsplit(portal.address).scheme == "https" else "0",
        "LANG": "en",
        "APP_SID": "sandbox-session",
    }
    body = {
        "AUTH_ID": grant.access_token,
        "AUTH_EXPIRES": int(grant.lifetime.total_seconds()),
        "REFRESH_ID": grant.refresh_token,
        "SERVER_ENDPOINT": f"{portal.address}/rest/",
        "APPLICATION_TOKEN": grant.application.application_token,
        "APPLICATION_SCOPE": ",".join(sorted(grant.application.scope)),
        "member_id": portal.member_id,
        "status": "L",
        "PLACEMENT": "DEFAULT",
    }
    return await _post(url, body, address)


async def uninstall(portal: SandboxPortal, url: str, application: Application | None = None) -> int:
    """Remove an application and tell it: ``ONAPPUNINSTALL``; return the HTTP status.

    The arguments are as for ``install``. Its tokens are worth nothing any more.
    """
    gone = application or portal.application
    portal.oauth.remove(gone)
    auth = {
        "domain": portal.domain,
        "server_endpoint": f"{portal.address}/rest/",
        "client_endpoint": f"{portal.address}/rest/",
        "member_id": portal.member_id,
        "application_token": gone.application_token,
    }
    data = {"LANGUAGE_ID": "en", "CLEAN": "1"}
    return await _send_event(portal, url, "ONAPPUNINSTALL", {"data": data, "auth": auth})


async def _send_event(
    portal: SandboxPortal, url: str, event: str, body: Mapping[str, object]
) -> int:
    sent_at = int(portal.clock.now().timestamp())
    return await _post(url, {"event": event, "event_handler_id": 1, **body, "ts": sent_at})


async def _post(
    url: str, body: Mapping[str, object], query: Mapping[str, str] | None = None
) -> int:
    async with (
        aiohttp.ClientSession() as session,
        session.post(
            url, data=dict(_fields(body)), params=query, allow_redirects=False
        ) as response,
    ):
        return response.status


def _fields(values: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """List the fields of a form, nested ones as PHP writes them: ``auth[domain]``."""
    for name, value in values.items():
        if isinstance(value, dict):
            yield from ((f"{name}[{key}]", str(item)) for key, item in value.items())
        else:
            yield name, str(value)
