"""Believes that our application was installed in a portal, or is gone from it, when it is proved.

Sources: https://apidocs.bitrix24.com/settings/app-installation/local-apps/installation-callback.html
and https://apidocs.bitrix24.com/api-reference/events/safe-event-handlers.html
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from adapters.bitrix24.grant import Grant
from adapters.bitrix24.oauth import CLAIM_SECONDS, POLL_SECONDS
from bridge.credential import PortalKind
from bridge.errors import Rejected

if TYPE_CHECKING:
    from collections.abc import Callable

    from adapters.bitrix24.token_endpoint import TokenEndpoint
    from bridge.credential import StoredCredential
    from bridge.installation import Installation
    from bridge.people.identity import PortalId
    from bridge.ports import Clock, Connections, Credentials

UNINSTALLED: Final = "APP_UNINSTALLED"
"""The hold of a portal that has removed our application."""

log = logging.getLogger(__name__)


class Installer:
    """Connects portals and disconnects them, one after the other.

    Args:
        endpoint: proves tokens.
        credentials: what is kept of portals.
        connections: where portals come and go.
        clock: the time.
        on_change: called when one has.
    """

    def __init__(
        self,
        endpoint: TokenEndpoint,
        credentials: Credentials,
        connections: Connections,
        clock: Clock,
        *,
        on_change: Callable[[], None],
    ) -> None:
        self._on_change = on_change
        self._endpoint = endpoint
        self._credentials = credentials
        self._connections = connections
        self._clock = clock
        self._one_at_a_time = asyncio.Lock()

    async def install(self, claimed: Installation) -> str:
        """Connect a portal; said again, it changes nothing. Returns the portal's address.

        The refresh token is exchanged with our client secret, and whom the new tokens belong to is
        asked: what a portal sends in the name of the bridge, an administrator must have agreed to.

        Raises:
            PortalError: it is not proved; nothing was changed.
        """
        async with self._one_at_a_time:
            fingerprint = hashlib.sha256(claimed.refresh_token.encode()).hexdigest()
            known = await self._find(claimed.member_id)
            if known and hmac.compare_digest(known[2].installed_with, fingerprint):
                return await self._note_again(*known, claimed)
            grant = await self._prove(claimed)
            before = known[2].application_token if known else ""
            grant = replace(
                grant,
                application_token=claimed.application_token or before,
                installed_with=fingerprint,
            )
            await self._connections.connect(
                grant.member_id, grant.key, PortalKind.OAUTH, grant.encode()
            )
            log.info("The application was installed in %s", grant.key)
            self._on_change()
            return grant.client_endpoint

    async def uninstall(self, member_id: str, application_token: str) -> None:
        """Disconnect a portal that its own token proves; what is queued for it is held.

        Raises:
            Rejected: it is not proved; nothing was changed.
        """
        async with self._one_at_a_time:
            portal, _, grant = await self._known(member_id, application_token)
            await self._connections.disconnect(portal, UNINSTALLED)
            log.warning("The application was removed from %s", grant.key)
            self._on_change()

    async def check_event(self, member_id: str, application_token: str) -> None:
        """Prove that an event is from a portal that we know.

        Raises:
            Rejected: it is not proved.
        """
        await self._known(member_id, application_token)

    async def _known(
        self, member_id: str, application_token: str
    ) -> tuple[PortalId, StoredCredential, Grant]:
        known = await self._find(member_id)
        if known is None:
            raise Rejected("UNKNOWN_PORTAL", "the application is not installed there")
        right = known[2].application_token.encode()
        # A portal that has told us no token cannot prove anything by an empty one.
        if not right or not hmac.compare_digest(right, application_token.encode()):
            raise Rejected("WRONG_APPLICATION_TOKEN", known[2].key)
        return known

    async def _find(self, member_id: str) -> tuple[PortalId, StoredCredential, Grant] | None:
        portal = await self._connections.find(member_id)
        kept = await self._credentials.read(portal) if portal is not None else None
        if portal is None or kept is None:
            return None
        try:
            return portal, kept, Grant.decode(kept.secret)
        except ValueError:  # the portal of this name is reached by a webhook
            raise Rejected("UNKNOWN_PORTAL", "it is reached by a webhook") from None

    async def _note_again(
        self, portal: PortalId, kept: StoredCredential, grant: Grant, claimed: Installation
    ) -> str:
        """Take the token that only the second of page and event may tell."""
        told = claimed.application_token
        # Under a claim, so that tokens which are being renewed meanwhile are not written over.
        while told and not grant.application_token:
            until = self._clock.now() + timedelta(seconds=CLAIM_SECONDS)
            if await self._credentials.claim(portal, kept.version, until):
                grant = replace(grant, application_token=told)
                await self._credentials.replace(portal, kept.version, grant.encode())
                break
            await asyncio.sleep(POLL_SECONDS)
            known = await self._find(claimed.member_id)
            if known is None:
                raise Rejected("UNKNOWN_PORTAL", "it was removed meanwhile")
            portal, kept, grant = known
        return grant.client_endpoint

    async def _prove(self, claimed: Installation) -> Grant:
        grant = await self._endpoint.exchange(claimed.refresh_token, claimed.server_endpoint)
        if grant.member_id != claimed.member_id:
            raise Rejected("FOREIGN_MEMBER", f"the tokens are those of {grant.key}")
        if not await self._endpoint.is_of_administrator(grant):
            raise Rejected("NOT_ADMINISTRATOR", f"somebody else has installed it in {grant.key}")
        return grant
